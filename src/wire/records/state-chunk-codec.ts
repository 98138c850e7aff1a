/**
 * Chunks of a state: as the schema's `StateChunk`, but written and read field by field, since there is an item for
 * every key.
 */
import { bytesFieldSize, decodeFields, FieldWriter, messageFieldSize, numberFieldSize } from '../field-codec.ts';
import { LIMITS } from '../limits.ts';
import type { StateItem } from './state-chunk.ts';
import { fieldsOf, KINDS, readItem } from './state-item-codec.ts';

const ITEMS_FIELD = 1;

/** Packs items into chunks, each as soon as it is full. */
export class StateChunkWriter {
  readonly #writer = new FieldWriter();
  #bytes = 0;

  /** Bytes written since `take`. */
  get bytes(): number {
    return this.#bytes;
  }

  add(item: StateItem): void {
    const fields = fieldsOf(item);
    const kind = KINDS.indexOf(item.kind) + 1;
    let inner = 0;
    for (const value of fields) inner += fieldSize(value);
    const size = messageFieldSize(kind, inner);
    this.#writer.message(ITEMS_FIELD, size);
    this.#writer.message(kind, inner);
    let field = 0;
    for (const value of fields) {
      field += 1;
      if (typeof value === 'number') this.#writer.number(field, value);
      else this.#writer.bytes(field, value);
    }
    this.#bytes += messageFieldSize(ITEMS_FIELD, size);
  }

  /** A chunk of what was added since the last call. */
  take(): Uint8Array {
    this.#bytes = 0;
    return this.#writer.take();
  }
}

/**
 * Keys and values are views of `bytes`.
 * @throws {ShardbearerError} `VERSION_UNSUPPORTED` for a state that a newer build wrote; `FRAME_MALFORMED`,
 * `FRAME_TOO_LARGE`
 */
export function decodeStateChunk(bytes: Uint8Array): StateItem[] {
  return decodeFields('StateChunk', bytes, LIMITS.snapshotPieceBytes, (reader) => {
    const items: StateItem[] = [];
    for (let field = reader.next(); field !== 0; field = reader.next()) {
      if (field === ITEMS_FIELD) items.push(reader.message(readItem));
      else reader.skip();
    }
    return items;
  });
}

function fieldSize(value: number | Uint8Array): number {
  return typeof value === 'number' ? numberFieldSize(value) : bytesFieldSize(value);
}
