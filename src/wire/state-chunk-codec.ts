/**
 * Chunks of a state: as the schema's `StateChunk`, but written and read field by field, since there is an item for
 * every key.
 */
import { boundedBytes, boundedText, malformed } from './decoding.ts';
import { parseErrorCode, ShardbearerError } from './errors.ts';
import {
  bytesFieldSize,
  decodeFields,
  type FieldReader,
  FieldWriter,
  messageFieldSize,
  numberFieldSize,
} from './field-codec.ts';
import { asLogIndex, asSequenceNumber, asSlot, idFromBytes, idToBytes } from './identifiers.ts';
import { LIMITS } from './limits.ts';
import type { StateItem } from './state-chunk.ts';
import { STATE_SCHEMA_VERSION } from './versions.ts';

/** Of a `StateItem` in the schema's order: a field's place is its number, its value says whether it is a number or bytes. */
type Fields = readonly (number | Uint8Array)[];

const ITEMS_FIELD = 1;
const KINDS = [
  'head',
  'shard',
  'session',
  'slot',
  'value',
  'written',
  'refused',
] as const satisfies StateItem['kind'][];
type Kind = (typeof KINDS)[number];

const text = new TextEncoder();
const reading = new TextDecoder('utf-8', { fatal: true });

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
    const size = messageFieldSize(inner);
    this.#writer.message(ITEMS_FIELD, size);
    this.#writer.message(kind, inner);
    let field = 0;
    for (const value of fields) {
      field += 1;
      if (typeof value === 'number') this.#writer.number(field, value);
      else this.#writer.bytes(field, value);
    }
    this.#bytes += messageFieldSize(size);
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

function fieldsOf(item: StateItem): Fields {
  switch (item.kind) {
    case 'head':
      return [STATE_SCHEMA_VERSION, item.generation, item.appliedIndex, item.logTimeMs];
    case 'shard':
      return [item.shard.first, item.shard.last, item.shard.epoch];
    case 'session':
      return [idToBytes(item.client), item.lastUsedMs, item.finishedThrough];
    case 'slot':
      return [item.slot, item.revision];
    case 'value':
      return [item.key, item.value, item.versionstamp.generation, item.versionstamp.revision];
    case 'written': {
      const { generation, revision } = item.versionstamp;
      return [item.session, item.sequence, generation, revision, item.existed ? 1 : 0];
    }
    case 'refused':
      return [item.session, item.sequence, text.encode(item.code), text.encode(item.message)];
  }
}

/** The types of an item's fields, by number from 1. */
const SHAPES: Record<Kind, readonly ('number' | 'bytes')[]> = {
  head: ['number', 'number', 'number', 'number'],
  shard: ['number', 'number', 'number'],
  session: ['bytes', 'number', 'number'],
  slot: ['number', 'number'],
  value: ['bytes', 'bytes', 'number', 'number'],
  written: ['number', 'number', 'number', 'number', 'number'],
  refused: ['number', 'number', 'bytes', 'bytes'],
};

function readItem(reader: FieldReader): StateItem {
  const kind = KINDS[reader.next() - 1];
  if (kind === undefined) throw malformed('an item of a state that is of no kind');
  const item = reader.message((inner) => itemOf(kind, readFields(inner, SHAPES[kind])));
  if (reader.next() !== 0) throw malformed('an item of a state that is of two kinds');
  return item;
}

/** What was read of one item, by the numbers of its fields; what is absent is 0 or empty. */
interface FoundFields {
  readonly number: (field: number) => number;
  readonly bytes: (field: number) => Uint8Array;
}

function readFields(reader: FieldReader, shape: readonly ('number' | 'bytes')[]): FoundFields {
  const found: (number | Uint8Array)[] = [];
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    const type = shape[field - 1];
    if (type === undefined) reader.skip();
    else found[field] = type === 'number' ? reader.number() : reader.view();
  }
  return {
    number: (field) => {
      const value = found[field];
      return typeof value === 'number' ? value : 0;
    },
    bytes: (field) => {
      const value = found[field];
      return value instanceof Uint8Array ? value : NO_BYTES;
    },
  };
}

function itemOf(kind: Kind, { number, bytes }: FoundFields): StateItem {
  switch (kind) {
    case 'head':
      checkVersion(number(1));
      return { kind, generation: number(2), appliedIndex: asLogIndex(number(3)), logTimeMs: number(4) };
    case 'shard':
      return { kind, shard: { first: asSlot(number(1)), last: asSlot(number(2)), epoch: number(3) } };
    case 'session':
      return {
        kind,
        client: idFromBytes(bytes(1)),
        lastUsedMs: number(2),
        finishedThrough: asSequenceNumber(number(3)),
      };
    case 'slot':
      return { kind, slot: asSlot(number(1)), revision: number(2) };
    case 'value':
      return {
        kind,
        key: boundedBytes(bytes(1), 1, LIMITS.keyBytes, 'a key'),
        value: boundedBytes(bytes(2), 0, LIMITS.valueBytes, 'a value'),
        versionstamp: { generation: number(3), revision: number(4) },
      };
    case 'written':
      return {
        kind,
        session: number(1),
        sequence: asSequenceNumber(number(2)),
        versionstamp: { generation: number(3), revision: number(4) },
        existed: number(5) !== 0,
      };
    case 'refused': {
      const code = parseErrorCode(textOf(bytes(3)));
      if (code === undefined) throw malformed('an outcome with an unknown code');
      const message = boundedText(textOf(bytes(4)), LIMITS.refusalCharacters, 'a refusal');
      return { kind, session: number(1), sequence: asSequenceNumber(number(2)), code, message };
    }
  }
}

function textOf(bytes: Uint8Array): string {
  return reading.decode(bytes);
}

function checkVersion(version: number): void {
  if (version === 0) throw malformed('a state without a schema version');
  if (version <= STATE_SCHEMA_VERSION) return;
  throw new ShardbearerError(
    'VERSION_UNSUPPORTED',
    `a state has schema version ${version}, this build reads up to ${STATE_SCHEMA_VERSION}: reload`,
  );
}

const NO_BYTES: Uint8Array = new Uint8Array(0);
