/**
 * How a replica's applied state lies in records: chunks, and one manifest that makes a set of them the replica's
 * state. Another set lies beside it while it is being written, or fetched from another replica; one batch with a new
 * manifest makes it the state, and deletes the one before.
 */
import { assert } from '../wire/assertion.ts';
import { asLogIndex, type LogIndex, type OrderId } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
import { encodeCheckpointRecord, encodeIncomingRecord } from '../wire/records/record-codec.ts';
import type { ChunkOrigin, IncomingRecord } from '../wire/records/records.ts';
import type { RecordChange, Records } from './contract.ts';
import { type FoundCheckpoint, type FoundIncoming, readCheckpoints } from './found-checkpoint.ts';
import { groupCheckpointKey, groupChunkKey, groupIncomingKey } from './keys.ts';

/** What a replica finds of its state at start. */
export interface LoadedCheckpoints {
  readonly checkpoints: Checkpoints;
  /** Undefined: the state is that of the log from entry 1 on. */
  readonly current: FoundCheckpoint | undefined;
  /** A snapshot of which a part may have come. */
  readonly incoming: FoundIncoming | undefined;
  /** Deletes what interrupted writes left behind: to be written before any other change. */
  readonly garbage: readonly RecordChange[];
}

/** Chunks 0 … count - 1 under one index. */
interface ChunkSet {
  readonly origin: ChunkOrigin;
  readonly index: LogIndex;
  count: number;
}

type IncomingSet = ChunkSet & { readonly description: Uint8Array };

/**
 * Which chunks of one order lie in the database. Its changes belong into the very batches they were asked for, in
 * the same order; after a failed write it is discarded with all else, and loaded anew. Each method asserts that it is
 * called in its turn. Writing this replica's state and fetching another's do not touch one another.
 */
export class Checkpoints {
  readonly #order: OrderId;
  #current: ChunkSet | undefined;
  #written: ChunkSet | undefined;
  #incoming: IncomingSet | undefined;

  private constructor(order: OrderId) {
    this.#order = order;
  }

  /** Of an order that this radiant is born into. */
  static empty(order: OrderId): Checkpoints {
    return new Checkpoints(order);
  }

  /**
   * Reads what the database held of an order's state.
   * @throws {StorageLostError} `STORAGE_LOST` where a record is missing, or cannot be read
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

  /** Of the state that the latest manifest names; 0: there is none. */
  get index(): LogIndex {
    return this.#current?.index ?? asLogIndex(0);
  }

  /** This replica's state as of `index` is going to be written. One that was begun before is thrown away. */
  begin(index: LogIndex): RecordChange[] {
    assert(index > this.index, 'a checkpoint holds more than the one before');
    const changes = this.drop();
    this.#written = { origin: 'own', index, count: 0 };
    return changes;
  }

  /** Its next chunk. */
  put(chunk: Uint8Array): RecordChange[] {
    assert(this.#written !== undefined, 'a checkpoint is begun before its chunks are written');
    return [this.#putInto(this.#written, chunk)];
  }

  /** All its chunks were written: it is this replica's state from the batch with these changes on. */
  complete(mark: Uint8Array, description: Uint8Array): RecordChange[] {
    const written = this.#written;
    assert(written !== undefined, 'a checkpoint is begun before it is complete');
    this.#written = undefined;
    return this.#switchTo(written, mark, description);
  }

  /** The state that is being written, if there is one, is of no use. */
  drop(): RecordChange[] {
    const written = this.#written;
    this.#written = undefined;
    return written === undefined ? [] : this.#deletesOf(written);
  }

  /** A snapshot is going to be fetched. Another one that was begun is thrown away. */
  beginIncoming({ index, description }: IncomingRecord): RecordChange[] {
    assert(index > this.index, 'a snapshot holds more than what is here');
    const changes = this.dropIncoming();
    this.#incoming = { origin: 'fetched', index, description, count: 0 };
    const value = encodeIncomingRecord({ index, description });
    return [...changes, { kind: 'put', key: groupIncomingKey(this.#order), value }];
  }

  /** Its next chunk. */
  putIncoming(chunk: Uint8Array): RecordChange[] {
    assert(this.#incoming !== undefined, 'a snapshot is begun before its chunks are written');
    return [this.#putInto(this.#incoming, chunk)];
  }

  /**
   * All its chunks were written, and checked: it is this replica's state from the batch with these changes on, which
   * also replaces the log. A checkpoint that is being written is thrown away: it holds less.
   */
  install(mark: Uint8Array): RecordChange[] {
    const incoming = this.#incoming;
    assert(incoming !== undefined, 'a snapshot is begun before it is installed');
    this.#incoming = undefined;
    const dropped: RecordChange[] = [{ kind: 'delete', key: groupIncomingKey(this.#order) }, ...this.drop()];
    return [...this.#switchTo(incoming, mark, incoming.description), ...dropped];
  }

  /** The snapshot that is being fetched, if there is one, is of no use. */
  dropIncoming(): RecordChange[] {
    const incoming = this.#incoming;
    if (incoming === undefined) return [];
    this.#incoming = undefined;
    return [{ kind: 'delete', key: groupIncomingKey(this.#order) }, ...this.#deletesOf(incoming)];
  }

  #switchTo({ origin, index, count }: ChunkSet, mark: Uint8Array, description: Uint8Array): RecordChange[] {
    assert(count > 0, 'a state has at least one chunk');
    assert(index > this.index, 'a state never goes back');
    const before = this.#current;
    this.#current = { origin, index, count };
    const value = encodeCheckpointRecord({ index, mark, description, chunkCount: count, origin });
    const deletes = before === undefined ? [] : this.#deletesOf(before);
    return [{ kind: 'put', key: groupCheckpointKey(this.#order), value }, ...deletes];
  }

  #putInto(set: ChunkSet, value: Uint8Array): RecordChange {
    const { origin, index, count: number } = set;
    assert(number < LIMITS.snapshotPieces, 'a state has a bounded number of chunks');
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
