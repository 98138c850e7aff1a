/**
 * How a consensus group's log lies in records: the entries of each write are
 * packed into one record, named by the index of its first entry. Together the
 * records cover first … last without a gap and without an overlap; what lies before
 * is in a checkpoint.
 */
import { assert } from '../wire/assertion.ts';
import { StorageLostError } from '../wire/errors.ts';
import type { LogIndex, OrderId } from '../wire/identifiers.ts';
import { asLogIndex } from '../wire/identifiers.ts';
import { decodeLogRecord, encodeLogRecord } from '../wire/records/record-codec.ts';
import type { LogRecord } from '../wire/records/records.ts';
import type { RecordChange, RecordKey, Records } from './contract.ts';
import { groupLogKey, groupLogPrefix, parseGroupLogKey } from './keys.ts';

/** One record that lies (or will, once the changes handed out are written) in the database. */
interface Piece {
  readonly firstIndex: LogIndex;
  readonly lastIndex: LogIndex;
  /** Of all records that were ever added in front of it. */
  readonly bytesBefore: number;
  readonly bytes: number;
  /** Kept while the record may yet be cut in two; undefined once it is settled. */
  entries: readonly Uint8Array[] | undefined;
}

/** What a group's log is at start. */
export interface LoadedGroupLog {
  readonly log: GroupLog;
  /** Of the first entry; where there is none, what it would be. */
  readonly firstIndex: LogIndex;
  readonly entries: readonly Uint8Array[];
}

const BEGINNING = asLogIndex(0);

/**
 * Which record of one order's log starts where. Its changes belong into the very
 * batches they were asked for, in the same order; after a failed write it is
 * discarded with all else, and loaded anew.
 */
export class GroupLog {
  readonly #order: OrderId;
  #pieces: Piece[] = [];
  /** Of the entry before the first. */
  #base = BEGINNING;
  #settled = BEGINNING;
  /** How many pieces at the front have let their entries go. */
  #releasedPieces = 0;

  private constructor(order: OrderId) {
    this.#order = order;
  }

  /** The log of an order that this radiant is born into. */
  static empty(order: OrderId): GroupLog {
    return new GroupLog(order);
  }

  /**
   * Reads an order's log out of what the database held.
   * @param checkpoint index of the durable checkpoint; 0: there is none. The log may begin anywhere at or before the
   *   entry that follows it
   * @throws {StorageLostError} `STORAGE_LOST` where an entry is missing, is there twice, or cannot be read
   */
  static load(order: OrderId, records: Records, checkpoint: LogIndex = BEGINNING): LoadedGroupLog {
    const log = new GroupLog(order);
    const entries: Uint8Array[] = [];
    for (const key of logKeysOf(order, records)) {
      const value = records.get(key);
      const record = readLogRecord(order, key, value);
      if (log.#pieces.length === 0) log.#base = asLogIndex(Math.min(record.firstIndex - 1, checkpoint));
      if (record.firstIndex !== log.lastIndex + 1) {
        throw new StorageLostError(
          `the log of order ${order} is damaged: entry ${log.lastIndex + 1} should begin the record "${key}"`,
        );
      }
      log.#append(record, value?.length ?? 0);
      for (const entry of record.entries) entries.push(entry);
    }
    if (log.#pieces.length === 0) log.#base = checkpoint;
    if (log.lastIndex < checkpoint) {
      throw new StorageLostError(`the log of order ${order} is damaged: it ends before its checkpoint`);
    }
    log.settle(checkpoint);
    return { log, firstIndex: asLogIndex(log.#base + 1), entries };
  }

  /** Of the entry that the log begins with, or would. */
  get firstIndex(): LogIndex {
    return asLogIndex(this.#base + 1);
  }

  /** One less than the first: empty. */
  get lastIndex(): LogIndex {
    return this.#pieces.at(-1)?.lastIndex ?? this.#base;
  }

  /** How many records the log lies in. */
  get recordCount(): number {
    return this.#pieces.length;
  }

  /** Of all its records. */
  get bytes(): number {
    return this.bytesBehind(this.#base);
  }

  /** Of the records that hold any entry behind `index`. */
  bytesBehind(index: LogIndex): number {
    const first = this.#pieces[this.#piecesThrough(index)];
    const last = this.#pieces.at(-1);
    return first === undefined || last === undefined ? 0 : last.bytesBefore + last.bytes - first.bytesBefore;
  }

  /** Of the entry before those at and before `index` that lie in whole records of `bytes` together, at the most. */
  beforeTail(index: LogIndex, bytes: number): LogIndex {
    let count = this.#piecesThrough(index);
    for (let left = bytes; ; count--) {
      const piece = this.#pieces[count - 1];
      if (piece === undefined) return this.#base;
      left -= piece.bytes;
      if (left < 0) return piece.lastIndex;
    }
  }

  /**
   * Replaces the log from `firstIndex` on, as `Persist.log` says: what lies at or
   * behind it goes, `entries` follow. Their bytes are kept, not copied.
   * @returns what to write, in one batch
   * @throws {InvariantError} `INVARIANT_BROKEN` where it would leave a gap, or cut off settled entries
   */
  replaceFrom(firstIndex: LogIndex, entries: readonly Uint8Array[]): RecordChange[] {
    assert(firstIndex > this.#base && firstIndex <= this.lastIndex + 1, 'a log grows at its end: no gap');
    assert(firstIndex > this.#settled, 'settled entries stay');
    const changes = this.#cutFrom(firstIndex);
    if (entries.length > 0) changes.push(this.#put({ firstIndex, entries }));
    return changes;
  }

  /**
   * Promises that entries up to `index` are never replaced (they are committed, by an
   * algorithm that keeps to it): the memory that a later cut would need is let go.
   */
  settle(index: LogIndex): void {
    assert(index <= this.lastIndex, 'only what is in the log settles');
    this.#settled = asLogIndex(Math.max(this.#settled, index));
    for (;;) {
      const piece = this.#pieces[this.#releasedPieces];
      if (piece === undefined || piece.lastIndex > this.#settled) return;
      piece.entries = undefined;
      this.#releasedPieces += 1;
    }
  }

  /**
   * Entries up to `index` are in a durable checkpoint and not wanted any more. Only whole records go: the log may
   * still begin before the entry that follows `index`.
   * @returns what to write, any time later
   * @throws {InvariantError} `INVARIANT_BROKEN` for entries that are not settled
   */
  forgetThrough(index: LogIndex): RecordChange[] {
    assert(index <= this.#settled, 'only settled entries are forgotten');
    return this.#dropFirst(this.#piecesThrough(index));
  }

  /**
   * A snapshot replaces the whole log: the next entry is the one behind `index`.
   * @returns what to write, in the very batch that makes the snapshot this replica's state
   */
  restartBehind(index: LogIndex): RecordChange[] {
    assert(index > this.#settled, 'a snapshot holds more than what has settled');
    const changes = this.#dropFirst(this.#pieces.length);
    this.#base = index;
    this.#settled = index;
    return changes;
  }

  #put(record: LogRecord): RecordChange {
    const value = encodeLogRecord(record);
    this.#append(record, value.length);
    return { kind: 'put', key: groupLogKey(this.#order, record.firstIndex), value };
  }

  #append({ firstIndex, entries }: LogRecord, bytes: number): void {
    const last = this.#pieces.at(-1);
    const bytesBefore = last === undefined ? 0 : last.bytesBefore + last.bytes;
    const lastIndex = asLogIndex(firstIndex + entries.length - 1);
    this.#pieces.push({ firstIndex, lastIndex, bytesBefore, bytes, entries });
  }

  /** How many records at the front hold nothing behind `index`. */
  #piecesThrough(index: LogIndex): number {
    let low = 0;
    let high = this.#pieces.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#pieces[middle]?.lastIndex ?? 0) <= index) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #dropFirst(count: number): RecordChange[] {
    const dropped = this.#pieces.slice(0, count);
    this.#pieces = this.#pieces.slice(count);
    this.#base = dropped.at(-1)?.lastIndex ?? this.#base;
    this.#releasedPieces = Math.max(0, this.#releasedPieces - count);
    return dropped.map(({ firstIndex }) => ({ kind: 'delete', key: groupLogKey(this.#order, firstIndex) }));
  }

  /** Records at or behind the cut go; the one that it goes through is written again, shorter. */
  #cutFrom(firstIndex: LogIndex): RecordChange[] {
    const changes: RecordChange[] = [];
    for (
      let piece = this.#pieces.at(-1);
      piece !== undefined && piece.lastIndex >= firstIndex;
      piece = this.#pieces.at(-1)
    ) {
      this.#pieces.pop();
      if (piece.firstIndex >= firstIndex) {
        changes.push({ kind: 'delete', key: groupLogKey(this.#order, piece.firstIndex) });
      } else {
        assert(piece.entries !== undefined, 'a record with unsettled entries keeps them');
        const entries = piece.entries.slice(0, firstIndex - piece.firstIndex);
        changes.push(this.#put({ firstIndex: piece.firstIndex, entries }));
      }
    }
    return changes;
  }
}

function logKeysOf(order: OrderId, records: Records): RecordKey[] {
  const prefix = groupLogPrefix(order);
  return [...records.keys()].filter((key) => key.startsWith(prefix)).sort();
}

function readLogRecord(order: OrderId, key: RecordKey, value: Uint8Array | undefined): LogRecord {
  const record = value === undefined ? undefined : decodeOrLose(key, value);
  if (record === undefined || record.entries.length === 0 || record.firstIndex !== parseGroupLogKey(order, key)) {
    throw new StorageLostError(`the log record "${key}" is damaged: it does not hold what its key says`);
  }
  return record;
}

function decodeOrLose(key: RecordKey, value: Uint8Array): LogRecord {
  try {
    return decodeLogRecord(value);
  } catch (error) {
    throw new StorageLostError(`the log record "${key}" is damaged`, { cause: error });
  }
}
