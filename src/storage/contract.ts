/**
 * The storage contract. Each radiant has one database of records under text keys. A batch of changes is atomic and
 * durable once its promise resolves.
 */
import type { StorageLostError } from '../wire/errors.ts';
import type { BootId, DeviceId, RadiantId } from '../wire/identifiers.ts';

/** Path of a record. Its parts are joined by `/`, and keys sort bytewise. */
export type RecordKey = string;

export type RecordChange =
  | { readonly kind: 'put'; readonly key: RecordKey; readonly value: Uint8Array }
  | { readonly kind: 'delete'; readonly key: RecordKey };

/** Changes that become durable together or not at all. They apply in order. */
export type WriteBatch = readonly RecordChange[];

/** The contents of a database when it was opened, by key. Checksums are verified and stripped. */
export type Records = ReadonlyMap<RecordKey, Uint8Array>;

/** A radiant's database, opened by one boot. */
export interface Database {
  readonly radiant: RadiantId;
  readonly boot: BootId;
  readonly startCounter: number;
  readonly device: DeviceId;
  /** Returns all records as of the opening. Callable once, so that the caller can free their memory. */
  takeRecords(): Records;
  /**
   * Writes one batch. The promise resolves after the batch is flushed to disk. Only one write may be in flight. Every
   * write first checks that the database still belongs to this boot (design, rule 3). After `STORAGE_FULL`, nothing has
   * changed, and the same batch can be written again once the disk has space. After any other failure, open the
   * database again before the next write.
   * @throws {ShardbearerError} `STORAGE_LOST`, `STORAGE_FAILED`, `STORAGE_FULL`, `STORAGE_UNAVAILABLE`,
   * `STORAGE_TOO_NEW`, `IDENTITY_TAKEN`; `CLOSED` after `close()`
   */
  write(batch: WriteBatch): Promise<void>;
  /**
   * Resolves when the connection ends without `close()`. The value is an error if the data is gone as well. The value
   * is undefined if only reopening shows whether the data still exists. A write in flight fails.
   */
  readonly lost: Promise<StorageLostError | undefined>;
  /**
   * Closes the connection.
   * @param write whether the write in flight finishes or is aborted. IndexedDB runs transactions one after another, so
   * a hanging write would block the next boot. Default: `finished`
   */
  close(write?: 'finished' | 'aborted'): Promise<void>;
}

/** All databases of one device. Creating and reopening are different calls (design, rule 2). */
export interface Storage {
  /**
   * Whether the data outlives this process. False in private mode, for example. A radiant on such a storage never votes
   * (design, rule 14).
   */
  readonly durable: boolean;
  /**
   * Creates the database of a new identity with its first records, in one durable transaction.
   * @throws {ShardbearerError} `STORAGE_UNAVAILABLE`, `STORAGE_FULL`, `STORAGE_TOO_NEW`, `STORAGE_LOST`,
   * `STORAGE_FAILED`, `STORAGE_HUNG`; `INVARIANT_BROKEN` if the database exists
   */
  create(identity: NewIdentity, firstRecords: WriteBatch): Promise<Database>;
  /**
   * Opens the database of an existing identity. Durably writes the new boot id and increments the start counter. From
   * then on, every write of an earlier boot fails with `IDENTITY_TAKEN`.
   * @throws {ShardbearerError} `STORAGE_LOST` if the database is missing or a checksum fails; `STORAGE_TOO_NEW`;
   * `STORAGE_UNAVAILABLE`; `STORAGE_FULL`; `STORAGE_HUNG`; `STORAGE_FAILED` (try again)
   */
  reopen(radiant: RadiantId, boot: BootId): Promise<Database>;
  /**
   * Removes the database of a retired identity. A damaged or missing database is no error.
   * @throws {ShardbearerError} `STORAGE_FAILED`, `STORAGE_UNAVAILABLE`, `STORAGE_HUNG`
   */
  remove(radiant: RadiantId): Promise<void>;
}

export interface NewIdentity {
  readonly radiant: RadiantId;
  readonly device: DeviceId;
  readonly boot: BootId;
}
