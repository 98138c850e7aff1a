/**
 * The storage contract: one database for each radiant, records under text keys, and atomic batches that are durable when
 * their promise resolves.
 */
import type { StorageLostError } from '../wire/errors.ts';
import type { BootId, DeviceId, RadiantId } from '../wire/identifiers.ts';

/** Path of a record: parts joined by `/`, ordered bytewise. */
export type RecordKey = string;

export type RecordChange =
  | { readonly kind: 'put'; readonly key: RecordKey; readonly value: Uint8Array }
  | { readonly kind: 'delete'; readonly key: RecordKey };

/** Becomes durable as a whole or not at all. Changes apply in order. */
export type WriteBatch = readonly RecordChange[];

/** The contents of a database when it was opened, with checksums verified and stripped. */
export type Records = ReadonlyMap<RecordKey, Uint8Array>;

/** A radiant's database, opened by one boot. */
export interface Database {
  readonly radiant: RadiantId;
  readonly boot: BootId;
  readonly startCounter: number;
  readonly device: DeviceId;
  /** All records as of the opening. Callable once, so that the caller can free them. */
  takeRecords(): Records;
  /**
   * Writes one batch. The batch is flushed to disk when the promise resolves. One write at a time.
   * Every write first checks that the database still belongs to this boot (design, rule 3).
   * After a failure, open the database again before the next write. `STORAGE_FULL` is the exception: it changes nothing,
   * and the same batch can be written again once there is room.
   * @throws {ShardbearerError} `STORAGE_LOST`, `STORAGE_FAILED`, `STORAGE_FULL` or `IDENTITY_TAKEN`
   */
  write(batch: WriteBatch): Promise<void>;
  /**
   * Resolves when the connection ends without `close()`. The value is an error if the data is gone as well; it is
   * undefined if only reopening can tell. A write in flight fails.
   */
  readonly lost: Promise<StorageLostError | undefined>;
  /**
   * @param write `aborted` aborts the write in flight if the storage still can. IndexedDB runs transactions one after
   *   another, so a hanging one would block the next boot. Default: `finished`
   */
  close(write?: 'finished' | 'aborted'): Promise<void>;
}

/** All databases of one device. Creating and reopening are different calls (design, rule 2). */
export interface Storage {
  /** False if the data ends with this process (private mode). A radiant on such a storage never votes (design, rule 14). */
  readonly durable: boolean;
  /**
   * Creates the database of a new identity with its first records, in one durable transaction.
   * @throws {ShardbearerError} `STORAGE_UNAVAILABLE`, `STORAGE_FULL`, `STORAGE_FAILED`; `INVARIANT_BROKEN` if it exists
   */
  create(identity: NewIdentity, firstRecords: WriteBatch): Promise<Database>;
  /**
   * Opens the database of an existing identity: writes the new boot id and increments the start counter, durably.
   * From then on every write of an earlier boot fails with `IDENTITY_TAKEN`.
   * @throws {ShardbearerError} `STORAGE_LOST` if the database is missing or a checksum fails; `STORAGE_TOO_NEW`;
   * `STORAGE_UNAVAILABLE`; `STORAGE_FULL`; `STORAGE_FAILED` (try again)
   */
  reopen(radiant: RadiantId, boot: BootId): Promise<Database>;
  /** Removes the database of a retired identity. A damaged or missing database is no error. @throws {ShardbearerError} `STORAGE_FAILED`, `STORAGE_UNAVAILABLE` */
  remove(radiant: RadiantId): Promise<void>;
}

export interface NewIdentity {
  readonly radiant: RadiantId;
  readonly device: DeviceId;
  readonly boot: BootId;
}
