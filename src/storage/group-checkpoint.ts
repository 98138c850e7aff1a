/**
 * Stores the applied state of a replica as chunks and one manifest. The manifest names the set of chunks that forms the
 * state. A new set of chunks exists while a checkpoint is written or a snapshot is fetched. One batch then writes the
 * new manifest and deletes the old set.
 */
import { assert } from '../wire/assertion.ts';
import { asLogIndex, type LogIndex, type OrderId } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
import { encodeCheckpointRecord, encodeIncomingRecord } from '../wire/records/record-codec.ts';
import type { ChunkOrigin, IncomingRecord } from '../wire/records/records.ts';
import type { RecordChange, Records } from './contract.ts';
import { type FoundCheckpoint, type FoundIncoming, readCheckpoints } from './found-checkpoint.ts';
import { groupCheckpointKey, groupChunkKey, groupIncomingKey } from './keys.ts';

export interface LoadedCheckpoints {
  readonly checkpoints: Checkpoints;
  /** The current checkpoint. Undefined if no checkpoint exists. The log then holds all entries from index 1 on. */
  readonly current: FoundCheckpoint | undefined;
  readonly incoming: FoundIncoming | undefined;
  /** Changes that delete the remains of interrupted writes. Write them before any other change. */
  readonly garbage: readonly RecordChange[];
}

/** Chunks 0 to `count` - 1 of one checkpoint or snapshot. */
interface ChunkSet {
  readonly origin: ChunkOrigin;
  readonly index: LogIndex;
  count: number;
}

type IncomingSet = ChunkSet & { readonly description: Uint8Array };

/**
 * Tracks which chunks of one order are in the database. Write the returned changes in the order of the calls. After a
 * failed write, discard this object and load it again. An own checkpoint and a fetched snapshot can be written at the
 * same time.
 */
export class Checkpoints {
  readonly #order: OrderId;
  #current: ChunkSet | undefined;
  #written: ChunkSet | undefined;
  #incoming: IncomingSet | undefined;

  private constructor(order: OrderId) {
    this.#order = order;
  }

  static empty(order: OrderId): Checkpoints {
    return new Checkpoints(order);
  }

  /**
   * Reads the stored state of an order.
   * @throws {StorageLostError} `STORAGE_LOST` if a record is missing or unreadable
   */
  static load(order: OrderId, records: Records): LoadedCheckpoints {
    const checkpoints = new Checkpoints(order);
    const { current, incoming, garbage } = readCheckpoints(order, records);
    if (current !== undefined) {
      const { origin, index, chunkCount } = current.record;
      checkpoints.#current = { origin, index, count: chunkCount };
    }
    if (incoming !== undefined) {
      checkpoints.#incoming = { ...incoming.record, origin: 'fetched', count: incoming.chunks.length };
    }
    return { checkpoints, current, incoming, garbage: garbage.map((key) => ({ kind: 'delete', key })) };
  }

  /** Log index of the current checkpoint. 0 if no checkpoint exists. */
  get index(): LogIndex {
    return this.#current?.index ?? asLogIndex(0);
  }

  /** Begins a checkpoint of the state at `index`. Drops an unfinished checkpoint. */
  begin(index: LogIndex): RecordChange[] {
    assert(index > this.index, 'a checkpoint covers more entries than the previous one');
    const changes = this.drop();
    this.#written = { origin: 'own', index, count: 0 };
    return changes;
  }

  put(chunk: Uint8Array): RecordChange[] {
    assert(this.#written !== undefined, 'a checkpoint is begun before its chunks are written');
    return [this.#putInto(this.#written, chunk)];
  }

  /**
   * Makes the written chunks the current checkpoint. The switch takes effect with the batch that contains the returned
   * changes.
   */
  complete(compactionPoint: Uint8Array, description: Uint8Array): RecordChange[] {
    const written = this.#written;
    assert(written !== undefined, 'a checkpoint is begun before it is complete');
    this.#written = undefined;
    return this.#switchTo(written, compactionPoint, description);
  }

  drop(): RecordChange[] {
    const written = this.#written;
    this.#written = undefined;
    return written === undefined ? [] : this.#deletesOf(written);
  }

  /** Begins to store a fetched snapshot. Drops an unfinished snapshot. */
  beginIncoming({ index, description }: IncomingRecord): RecordChange[] {
    assert(index > this.index, 'a snapshot covers more entries than the checkpoint');
    const changes = this.dropIncoming();
    this.#incoming = { origin: 'fetched', index, description, count: 0 };
    const value = encodeIncomingRecord({ index, description });
    return [...changes, { kind: 'put', key: groupIncomingKey(this.#order), value }];
  }

  putIncoming(chunk: Uint8Array): RecordChange[] {
    assert(this.#incoming !== undefined, 'a snapshot is begun before its chunks are written');
    return [this.#putInto(this.#incoming, chunk)];
  }

  /**
   * Makes the fetched and verified snapshot the current checkpoint. The batch with the returned changes must also
   * replace the log. Drops an unfinished checkpoint, since it covers fewer entries than the snapshot.
   */
  install(compactionPoint: Uint8Array): RecordChange[] {
    const incoming = this.#incoming;
    assert(incoming !== undefined, 'a snapshot is begun before it is installed');
    this.#incoming = undefined;
    const dropped: RecordChange[] = [{ kind: 'delete', key: groupIncomingKey(this.#order) }, ...this.drop()];
    return [...this.#switchTo(incoming, compactionPoint, incoming.description), ...dropped];
  }

  dropIncoming(): RecordChange[] {
    const incoming = this.#incoming;
    if (incoming === undefined) return [];
    this.#incoming = undefined;
    return [{ kind: 'delete', key: groupIncomingKey(this.#order) }, ...this.#deletesOf(incoming)];
  }

  #switchTo({ origin, index, count }: ChunkSet, compactionPoint: Uint8Array, description: Uint8Array): RecordChange[] {
    assert(count > 0, 'a state has at least one chunk');
    assert(index > this.index, 'the state never goes backwards');
    const before = this.#current;
    this.#current = { origin, index, count };
    const value = encodeCheckpointRecord({ index, compactionPoint, description, chunkCount: count, origin });
    const deletes = before === undefined ? [] : this.#deletesOf(before);
    return [{ kind: 'put', key: groupCheckpointKey(this.#order), value }, ...deletes];
  }

  #putInto(set: ChunkSet, value: Uint8Array): RecordChange {
    const { origin, index, count: number } = set;
    assert(number < LIMITS.snapshots.snapshotChunks, 'a state has a bounded number of chunks');
    set.count += 1;
    return { kind: 'put', key: groupChunkKey(this.#order, { origin, index, number }), value };
  }

  #deletesOf({ origin, index, count }: ChunkSet): RecordChange[] {
    return Array.from({ length: count }, (_, number) => ({
      kind: 'delete',
      key: groupChunkKey(this.#order, { origin, index, number }),
    }));
  }
}
