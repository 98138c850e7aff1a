/**
 * Stores an order's log in records. The entries of one write form one record, keyed by the index of its first entry.
 *
 * Invariant: the records cover all entries from the first to the last, without a gap and without an overlap. A
 * checkpoint covers all entries before the first.
 */
import { assert } from '../wire/assertion.ts';
import { StorageLostError } from '../wire/errors.ts';
import type { LogIndex, OrderId } from '../wire/identifiers.ts';
import { asLogIndex } from '../wire/identifiers.ts';
import { decodeLogRecord, encodeLogRecord } from '../wire/records/record-codec.ts';
import type { LogRecord } from '../wire/records/records.ts';
import type { RecordChange, RecordKey, Records } from './contract.ts';
import { groupLogKey, groupLogPrefix, parseGroupLogKey } from './keys.ts';

/** One record that is in the database, or will be once the returned changes are written. */
interface Piece {
  readonly firstIndex: LogIndex;
  readonly lastIndex: LogIndex;
  /**
   * Sum of the sizes of earlier records. Its origin is arbitrary, so only the difference between two records counts.
   */
  readonly bytesBefore: number;
  readonly bytes: number;
  /** The record's entries, kept while the record may still be divided. Undefined once all entries are committed. */
  entries: readonly Uint8Array[] | undefined;
}

export interface LoadedGroupLog {
  readonly log: GroupLog;
  /** Index of the first entry, or of the next one if the log is empty. */
  readonly firstIndex: LogIndex;
  readonly entries: readonly Uint8Array[];
}

const BEGINNING = asLogIndex(0);

/**
 * Tracks which record holds which entries of one order's log. Write the returned changes in the order of the calls.
 * After a failed write, discard this object and load it again.
 */
export class GroupLog {
  /** Index of the last entry. One less than `firstIndex` if the log is empty. Only this class writes the field. */
  lastIndex = BEGINNING;
  /** Size of all records. Only this class writes the field. */
  bytes = 0;
  readonly #order: OrderId;
  #pieces: Piece[] = [];
  /** Index of the entry before the first entry of the log. */
  #base = BEGINNING;
  #committedIndex = BEGINNING;
  /** Number of records at the front of the log whose entries were released from memory. */
  #releasedPieces = 0;

  private constructor(order: OrderId) {
    this.#order = order;
  }

  static empty(order: OrderId): GroupLog {
    return new GroupLog(order);
  }

  /**
   * Reads the stored log of an order.
   * @param checkpoint index of the durable checkpoint; 0 without one. The log begins at the next entry, or earlier
   * @throws {StorageLostError} `STORAGE_LOST` if an entry is missing, duplicated or unreadable
   */
  static load(order: OrderId, records: Records, checkpoint: LogIndex = BEGINNING): LoadedGroupLog {
    const log = new GroupLog(order);
    const entries: Uint8Array[] = [];
    for (const key of logKeysOf(order, records)) {
      const value = records.get(key);
      const record = readLogRecord(order, key, value);
      if (log.#pieces.length === 0) log.#beginBehind(asLogIndex(Math.min(record.firstIndex - 1, checkpoint)));
      if (record.firstIndex !== log.lastIndex + 1) {
        throw new StorageLostError(
          `The log of order ${order} is damaged: entry ${log.lastIndex + 1} should begin record "${key}".`,
        );
      }
      log.#append(record, value?.length ?? 0);
      for (const entry of record.entries) entries.push(entry);
    }
    if (log.#pieces.length === 0) log.#beginBehind(checkpoint);
    if (log.lastIndex < checkpoint) {
      throw new StorageLostError(`The log of order ${order} is damaged: it ends before its checkpoint.`);
    }
    log.commitThrough(checkpoint);
    return { log, firstIndex: asLogIndex(log.#base + 1), entries };
  }

  /** Index of the first entry, or of the next one if the log is empty. */
  get firstIndex(): LogIndex {
    return asLogIndex(this.#base + 1);
  }

  get recordCount(): number {
    return this.#pieces.length;
  }

  /** Size of the records that contain entries after `index`. */
  bytesBehind(index: LogIndex): number {
    if (index >= this.lastIndex) return 0;
    if (index <= this.#base) return this.bytes;
    const first = this.#pieces[this.#piecesThrough(index)];
    const last = this.#pieces.at(-1);
    return first === undefined || last === undefined ? 0 : last.bytesBefore + last.bytes - first.bytesBefore;
  }

  /** The index before the longest run of whole records that ends at or before `index` and has at most `bytes` bytes. */
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
   * Replaces the log from `firstIndex` on by `entries`, as `Persist.log` describes. Keeps references to the given
   * bytes, so do not modify them.
   * @returns the changes to write, in one batch
   * @throws {InvariantError} `INVARIANT_BROKEN` for a gap, or a cut into committed entries
   */
  replaceFrom(firstIndex: LogIndex, entries: readonly Uint8Array[]): RecordChange[] {
    assert(firstIndex > this.#base && firstIndex <= this.lastIndex + 1, 'a log has no gap');
    assert(firstIndex > this.#committedIndex, 'committed entries stay');
    const changes = firstIndex <= this.lastIndex ? this.#cutFrom(firstIndex) : [];
    if (entries.length > 0) changes.push(this.#put({ firstIndex, entries }));
    return changes;
  }

  /**
   * Declares entries up to `index` committed. Committed entries are never replaced, so their bytes are released from
   * memory.
   */
  commitThrough(index: LogIndex): void {
    assert(index <= this.lastIndex, 'only entries of the log are committed');
    this.#committedIndex = asLogIndex(Math.max(this.#committedIndex, index));
    for (;;) {
      const piece = this.#pieces[this.#releasedPieces];
      if (piece === undefined || piece.lastIndex > this.#committedIndex) return;
      piece.entries = undefined;
      this.#releasedPieces += 1;
    }
  }

  /**
   * Removes the records that contain only entries up to `index`. A durable checkpoint must cover these entries.
   * @returns the changes to write, at any later time
   * @throws {InvariantError} `INVARIANT_BROKEN` for entries that are not committed
   */
  forgetThrough(index: LogIndex): RecordChange[] {
    assert(index <= this.#committedIndex, 'only committed entries are removed');
    return this.#dropFirst(this.#piecesThrough(index));
  }

  /**
   * Replaces the whole log by a snapshot of the state at `index`.
   * @returns the changes to write, in the same batch that makes the snapshot the state of this replica
   */
  restartBehind(index: LogIndex): RecordChange[] {
    assert(index > this.#committedIndex, 'a snapshot covers more entries than are committed');
    const changes = this.#dropFirst(this.#pieces.length);
    this.#beginBehind(index);
    this.#committedIndex = index;
    return changes;
  }

  /** Makes the log empty. Its next entry gets the index after `index`. */
  #beginBehind(index: LogIndex): void {
    this.#base = index;
    this.lastIndex = index;
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
    this.lastIndex = lastIndex;
    this.bytes += bytes;
  }

  /** Number of leading records that contain no entry after `index`. */
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
    for (const { bytes } of dropped) this.bytes -= bytes;
    this.#releasedPieces = Math.max(0, this.#releasedPieces - count);
    return dropped.map(({ firstIndex }) => ({ kind: 'delete', key: groupLogKey(this.#order, firstIndex) }));
  }

  /** Removes the records at or after the cut. Rewrites the record that the cut divides. */
  #cutFrom(firstIndex: LogIndex): RecordChange[] {
    const changes: RecordChange[] = [];
    for (
      let piece = this.#pieces.at(-1);
      piece !== undefined && piece.lastIndex >= firstIndex;
      piece = this.#pieces.at(-1)
    ) {
      this.#pieces.pop();
      this.bytes -= piece.bytes;
      this.lastIndex = asLogIndex(piece.firstIndex - 1);
      if (piece.firstIndex >= firstIndex) {
        changes.push({ kind: 'delete', key: groupLogKey(this.#order, piece.firstIndex) });
      } else {
        assert(piece.entries !== undefined, 'a record with uncommitted entries keeps them');
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
    throw new StorageLostError(`Log record "${key}" is damaged: its entries do not match its key.`);
  }
  return record;
}

function decodeOrLose(key: RecordKey, value: Uint8Array): LogRecord {
  try {
    return decodeLogRecord(value);
  } catch (error) {
    throw new StorageLostError(`Log record "${key}" is damaged: it cannot be decoded.`, { cause: error });
  }
}
