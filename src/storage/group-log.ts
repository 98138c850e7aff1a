/**
 * How a consensus group's log lies in records: the entries of each write are
 * packed into one record, named by the index of its first entry. Together the
 * records cover 1 … last without a gap and without an overlap.
 */
import { assert } from '../wire/assertion.ts';
import { StorageLostError } from '../wire/errors.ts';
import type { LogIndex, OrderId } from '../wire/identifiers.ts';
import { asLogIndex } from '../wire/identifiers.ts';
import { decodeLogRecord, encodeLogRecord } from '../wire/record-codec.ts';
import type { LogRecord } from '../wire/records.ts';
import type { RecordChange, RecordKey, Records } from './contract.ts';
import { groupLogKey, groupLogPrefix, parseGroupLogKey } from './keys.ts';

/** One record that lies (or will, once the changes handed out are written) in the database. */
interface Piece {
  readonly firstIndex: LogIndex;
  readonly lastIndex: LogIndex;
  /** Kept while the record may yet be cut in two; undefined once it is settled. */
  entries: readonly Uint8Array[] | undefined;
}

/** What a group's log is at start. */
export interface LoadedGroupLog {
  readonly log: GroupLog;
  /** All entries from index 1 on. */
  readonly entries: readonly Uint8Array[];
}

/**
 * Which record of one order's log starts where. Its changes belong into the very
 * batches they were asked for, in the same order; after a failed write it is
 * discarded with all else, and loaded anew.
 */
export class GroupLog {
  readonly #order: OrderId;
  readonly #pieces: Piece[] = [];
  #settled = 0;
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
   * @throws {StorageLostError} `STORAGE_LOST` where an entry is missing, is there twice, or cannot be read
   */
  static load(order: OrderId, records: Records): LoadedGroupLog {
    const log = new GroupLog(order);
    const entries: Uint8Array[] = [];
    for (const key of logKeysOf(order, records)) {
      const record = readLogRecord(order, key, records.get(key));
      if (record.firstIndex !== entries.length + 1) {
        throw new StorageLostError(
          `the log of order ${order} is damaged: entry ${entries.length + 1} should begin the record "${key}"`,
        );
      }
      log.#append(record.firstIndex, record.entries);
      for (const entry of record.entries) entries.push(entry);
    }
    return { log, entries };
  }

  /** 0: empty. */
  get lastIndex(): number {
    return this.#pieces.at(-1)?.lastIndex ?? 0;
  }

  /** How many records the log lies in. */
  get recordCount(): number {
    return this.#pieces.length;
  }

  /**
   * Replaces the log from `firstIndex` on, as `Persist.log` says: what lies at or
   * behind it goes, `entries` follow. Their bytes are kept, not copied.
   * @returns what to write, in one batch
   * @throws {InvariantError} `INVARIANT_BROKEN` where it would leave a gap, or cut off settled entries
   */
  replaceFrom(firstIndex: LogIndex, entries: readonly Uint8Array[]): RecordChange[] {
    assert(firstIndex >= 1 && firstIndex <= this.lastIndex + 1, 'a log grows at its end: no gap');
    assert(firstIndex > this.#settled, 'settled entries stay');
    const changes = this.#cutFrom(firstIndex);
    if (entries.length === 0) return changes;
    this.#append(firstIndex, entries);
    changes.push(putOf(this.#order, { firstIndex, entries }));
    return changes;
  }

  /**
   * Promises that entries up to `index` are never replaced (they are committed, by an
   * algorithm that keeps to it): the memory that a later cut would need is let go.
   */
  settle(index: LogIndex): void {
    assert(index <= this.lastIndex, 'only what is in the log settles');
    this.#settled = Math.max(this.#settled, index);
    for (;;) {
      const piece = this.#pieces[this.#releasedPieces];
      if (piece === undefined || piece.lastIndex > this.#settled) return;
      piece.entries = undefined;
      this.#releasedPieces += 1;
    }
  }

  #append(firstIndex: LogIndex, entries: readonly Uint8Array[]): void {
    this.#pieces.push({ firstIndex, lastIndex: asLogIndex(firstIndex + entries.length - 1), entries });
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
        const kept = piece.entries.slice(0, firstIndex - piece.firstIndex);
        this.#append(piece.firstIndex, kept);
        changes.push(putOf(this.#order, { firstIndex: piece.firstIndex, entries: kept }));
      }
    }
    return changes;
  }
}

function putOf(order: OrderId, record: LogRecord): RecordChange {
  return { kind: 'put', key: groupLogKey(order, record.firstIndex), value: encodeLogRecord(record) };
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
