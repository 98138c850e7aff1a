/** Reads and checks the checkpoint records of an order after a start. */
import { StorageLostError } from '../wire/errors.ts';
import { asLogIndex, type LogIndex, type OrderId } from '../wire/identifiers.ts';
import { decodeCheckpointRecord, decodeIncomingRecord } from '../wire/records/record-codec.ts';
import type { CheckpointRecord, ChunkOrigin, IncomingRecord } from '../wire/records/records.ts';
import type { RecordKey, Records } from './contract.ts';
import {
  type ChunkPlace,
  groupCheckpointKey,
  groupChunkKey,
  groupChunkPrefix,
  groupIncomingKey,
  parseGroupChunkKey,
} from './keys.ts';

export interface FoundCheckpoint {
  readonly record: CheckpointRecord;
  readonly chunks: readonly Uint8Array[];
}

export interface FoundIncoming {
  readonly record: IncomingRecord;
  /** The chunks of the snapshot from number 0 on, without a gap. */
  readonly chunks: readonly Uint8Array[];
}

interface FoundCheckpoints {
  readonly current: FoundCheckpoint | undefined;
  readonly incoming: FoundIncoming | undefined;
  readonly garbage: readonly RecordKey[];
}

/** @throws {StorageLostError} `STORAGE_LOST` if a record is missing or unreadable */
export function readCheckpoints(order: OrderId, records: Records): FoundCheckpoints {
  const chunks = new FoundChunks(order, records);
  const current = readCurrent(order, records, chunks);
  const incoming = readIncoming(order, records, chunks, current?.record.index ?? asLogIndex(0));
  const key = groupIncomingKey(order);
  const uselessKeys = incoming === undefined && records.has(key) ? [key] : [];
  return { current, incoming, garbage: [...uselessKeys, ...chunks.rest()] };
}

/** The stored chunks of an order. All chunks that are not taken are garbage. */
class FoundChunks {
  readonly #order: OrderId;
  readonly #records: Records;
  readonly #places = new Map<RecordKey, ChunkPlace>();

  constructor(order: OrderId, records: Records) {
    this.#order = order;
    this.#records = records;
    const prefix = groupChunkPrefix(order);
    for (const key of records.keys()) {
      if (!key.startsWith(prefix)) continue;
      const place = parseGroupChunkKey(order, key);
      if (place === undefined) throw damaged(key);
      this.#places.set(key, place);
    }
  }

  /**
   * Removes and returns a chunk.
   * @returns undefined if the chunk is missing
   */
  take(place: ChunkPlace): Uint8Array | undefined {
    const key = groupChunkKey(this.#order, place);
    this.#places.delete(key);
    return this.#records.get(key);
  }

  hasAny(origin: ChunkOrigin, index: LogIndex): boolean {
    return [...this.#places.values()].some((place) => place.origin === origin && place.index === index);
  }

  rest(): readonly RecordKey[] {
    return [...this.#places.keys()];
  }
}

function readCurrent(order: OrderId, records: Records, found: FoundChunks): FoundCheckpoint | undefined {
  const value = records.get(groupCheckpointKey(order));
  if (value === undefined) return undefined;
  const record = decodeCheckpointRecord(value);
  const { origin, index, chunkCount } = record;
  const chunks: Uint8Array[] = [];
  while (chunks.length < chunkCount) {
    const place = { origin, index, number: chunks.length };
    const chunk = found.take(place);
    if (chunk === undefined) throw damaged(groupChunkKey(order, place));
    chunks.push(chunk);
  }
  return { record, chunks };
}

/** @param checkpoint index of the own checkpoint; a snapshot up to that index is obsolete */
function readIncoming(
  order: OrderId,
  records: Records,
  found: FoundChunks,
  checkpoint: LogIndex,
): FoundIncoming | undefined {
  const value = records.get(groupIncomingKey(order));
  if (value === undefined) return undefined;
  const record = decodeIncomingRecord(value);
  const { index } = record;
  if (index <= checkpoint) return undefined;
  const chunks: Uint8Array[] = [];
  for (;;) {
    const place = { origin: 'fetched', index, number: chunks.length } as const;
    const chunk = found.take(place);
    if (chunk !== undefined) {
      chunks.push(chunk);
      continue;
    }
    // Chunks are written in order. A chunk with a higher number therefore proves that this chunk was lost.
    if (found.hasAny('fetched', index)) throw damaged(groupChunkKey(order, place));
    return { record, chunks };
  }
}

function damaged(key: RecordKey): StorageLostError {
  return new StorageLostError(`The state of an order is damaged: record "${key}" is missing or out of place.`);
}
