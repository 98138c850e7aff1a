/** Encodes, decodes and checks the chunks of an order's state. */
import { checkRange } from '../configuration/order-checks.ts';
import { bounded, boundedBytes, boundedText, malformed } from '../decoding.ts';
import { checkLockRange, keyWriteFromMessage } from '../entries/transaction-codec.ts';
import { parseErrorCode } from '../errors.ts';
import { FieldWriter } from '../field-writer.ts';
import { decodeMessage } from '../field-reader.ts';
import { readStateChunk, type StateItem as ItemMessage, writeStateItem } from '../generated/shardbearer.ts';
import { LIMITS } from '../limits.ts';
import type { StateItem } from './state-chunk.ts';
import { STATE_SCHEMA_VERSION } from '../versions.ts';

/** Number of the field `items` in the schema of `StateChunk`. */
const ITEMS_FIELD = 1;
const DIGEST_CHARACTERS = 16;

/** Packs items into chunks. The caller decides when a chunk is full and takes it. */
export class StateChunkWriter {
  readonly #writer = new FieldWriter();

  /** Bytes written since the last `take`. */
  get bytes(): number {
    return this.#writer.size;
  }

  add(item: StateItem): void {
    this.#writer.nested(ITEMS_FIELD, writeStateItem, itemToMessage(item));
  }

  /** Returns a chunk of all items that were added since the last call. */
  take(): Uint8Array {
    return this.#writer.take();
  }
}

/**
 * Decodes one chunk. Keys and values are views of `bytes`.
 * @throws {ShardbearerError} `VERSION_UNSUPPORTED` for a state of a newer build; `FRAME_MALFORMED`, `FRAME_TOO_LARGE`
 */
export function decodeStateChunk(bytes: Uint8Array): StateItem[] {
  const { items } = decodeMessage('StateChunk', bytes, LIMITS.snapshots.snapshotChunkMaximumBytes, readStateChunk);
  return items.map(itemFromMessage);
}

function itemToMessage(item: StateItem): ItemMessage {
  if (item.kind !== 'head' && item.kind !== 'start') return item;
  return { ...item, schemaVersion: STATE_SCHEMA_VERSION };
}

function itemFromMessage(item: ItemMessage): StateItem {
  switch (item.kind) {
    case 'head': {
      const { kind, generation, appliedIndex, logTimeMs, latestFreeze } = item;
      return { kind, generation, appliedIndex, logTimeMs, latestFreeze };
    }
    case 'start': {
      const { kind, generation, shard, logTimeMs } = item;
      checkRange(shard);
      return { kind, generation, shard, logTimeMs };
    }
    case 'refused': {
      const code = parseErrorCode(item.code);
      if (code === undefined) throw malformed('an outcome with an unknown code');
      boundedText(item.message, LIMITS.messages.refusalCharacters, 'a refusal');
      return { ...item, code };
    }
    case 'locked-write':
      return { kind: 'locked-write', write: keyWriteFromMessage(item.write) };
    default:
      checkItem(item);
      return item;
  }
}

function checkItem(item: Exclude<ItemMessage, { kind: 'head' | 'start' | 'refused' | 'locked-write' }>): void {
  switch (item.kind) {
    case 'range-lock':
      return checkLockRange(item);
    case 'lock':
      bounded(item.checked, LIMITS.transactions.keys, 'checked keys');
      for (const key of item.checked) boundedBytes(key, 1, LIMITS.messages.keyBytes, 'a key');
      return;
    case 'commit':
      bounded(item.participants, LIMITS.transactions.keys, 'participants');
      return;
    case 'transacted':
      bounded(item.conflicts, 2 * LIMITS.transactions.keys, 'conflicts');
      return;
    case 'value':
      boundedBytes(item.key, 1, LIMITS.messages.keyBytes, 'a key');
      boundedBytes(item.value, 0, LIMITS.messages.valueBytes, 'a value');
      return;
    case 'change':
      boundedBytes(item.key, 1, LIMITS.messages.keyBytes, 'a key');
      boundedBytes(item.value, 0, item.type === 'put' ? LIMITS.messages.valueBytes : 0, 'a value');
      return;
    case 'written':
      boundedBytes(item.reply ?? NO_BYTES, 0, LIMITS.machines.commandReplyBytes, 'a reply');
      return;
    case 'origin':
      return checkRange(item);
    case 'shard':
    case 'departed':
    case 'frozen':
    case 'incoming':
      return checkRange(item.shard);
    case 'end':
      boundedText(item.digest, DIGEST_CHARACTERS, 'a digest');
      return;
    default:
  }
}

const NO_BYTES: Uint8Array = new Uint8Array(0);
