/**
 * What every storage offers: one database for each radiant, records under text
 * keys, and atomic batches that are durable when their promise resolves.
 */
import type { StorageLostError } from '../wire/errors.ts';
import type { BootId, DeviceId, RadiantId } from '../wire/identifiers.ts';

/** Path of a record, its parts joined by `/`; ordered bytewise. */
export type RecordKey = string;

export type RecordChange =
  | { readonly kind: 'put'; readonly key: RecordKey; readonly value: Uint8Array }
  | { readonly kind: 'delete'; readonly key: RecordKey };

/** All of it is durable or none of it. Its changes follow one another in order. */
export type WriteBatch = readonly RecordChange[];

/** What a database held when it was opened, checksums verified and stripped. */
export type Records = ReadonlyMap<RecordKey, Uint8Array>;

/** A radiant's database, taken up by one boot. */
export interface Database {
  readonly radiant: RadiantId;
  readonly boot: BootId;
  readonly startCounter: number;
  readonly device: DeviceId;
  /** Everything in it, as of the taking-up. Once: from then on it is the caller's to let go. */
  takeRecords(): Records;
  /**
   * Writes one batch: durable (flushed, not only handed to the OS) when it resolves. One at a time.
   * Every write first checks that the database still belongs to this boot (design, rule 3).
   * After a failure nothing more can be written: open it again. The exception is `STORAGE_FULL`, which changes nothing:
   * the same batch can be written again once there is room.
   * @throws {ShardbearerError} `STORAGE_LOST`, `STORAGE_FAILED`, `STORAGE_FULL` or `IDENTITY_TAKEN`
   */
  write(batch: WriteBatch): Promise<void>;
  /**
   * Resolves when the connection is gone for a reason that is not `close()`: with an error where the data
   * is known to be gone too, else with undefined: reopening tells. A write under way fails then.
   */
  readonly lost: Promise<StorageLostError | undefined>;
  /**
   * @param write `aborted`: the write under way is aborted where the storage still can. IndexedDB runs transactions one
   * after another, so one that hangs would keep the next boot from opening. Default `finished`
   */
  close(write?: 'finished' | 'aborted'): Promise<void>;
}

/** All databases of one device. Creating and reopening are different calls (design, rule 2). */
export interface Storage {
  /** False: what it keeps ends with this process (private mode); a radiant on it never votes (design, rule 14). */
  readonly durable: boolean;
  /**
   * Makes the database of a new identity, with the first records, in one durable transaction.
   * @throws {ShardbearerError} `STORAGE_UNAVAILABLE`, `STORAGE_FULL`, `STORAGE_FAILED`; `INVARIANT_BROKEN` if it exists
   */
  create(identity: NewIdentity, firstRecords: WriteBatch): Promise<Database>;
  /**
   * Takes an identity up again: writes the boot id and a start counter one higher, durably.
   * An earlier boot that still runs can write nothing from then on (`IDENTITY_TAKEN`).
   * @throws {ShardbearerError} `STORAGE_LOST` where it finds nothing, or a checksum that fails; `STORAGE_TOO_NEW`;
   * `STORAGE_UNAVAILABLE`; `STORAGE_FULL`; `STORAGE_FAILED` (try again)
   */
  reopen(radiant: RadiantId, boot: BootId): Promise<Database>;
  /** Removes a retired identity's database for good, also one that is damaged or not there. @throws {ShardbearerError} `STORAGE_FAILED`, `STORAGE_UNAVAILABLE` */
  remove(radiant: RadiantId): Promise<void>;
}

export interface NewIdentity {
  readonly radiant: RadiantId;
  readonly device: DeviceId;
  readonly boot: BootId;
}
