import type { DBSchema, IDBPDatabase } from 'idb';
import { assert } from '../../wire/assertion.ts';
import { ShardbearerError, StorageLostError } from '../../wire/errors.ts';
import type { BootId, DeviceId, RadiantId } from '../../wire/identifiers.ts';
import { LIMITS } from '../../wire/limits.ts';
import type { Database, RecordKey, Records, WriteBatch } from '../contract.ts';
import { type Claim, refusalOf, type SealedBatch, sealBatch } from '../sealed-records.ts';
import { IDENTITY_KEY } from '../keys.ts';
import { StartRecords } from '../start-records.ts';
import { DiskSweep } from './disk-sweep.ts';
import { scratchDatabaseName } from './names.ts';
import { abortIfRunning, type ConnectionLoss, strictTransaction } from './open-database.ts';
import { writeFailure } from './storage-failure.ts';

/** Schema of a radiant's database. One object store holds the records with their checksums by key. */
export interface RecordSchema extends DBSchema {
  readonly records: { readonly key: RecordKey; readonly value: Uint8Array };
}

export const RECORD_STORE = 'records';

export interface Connection {
  readonly database: IDBPDatabase<RecordSchema>;
  readonly loss: Promise<ConnectionLoss>;
}

export class IndexedDbDatabase implements Database {
  readonly radiant: RadiantId;
  readonly boot: BootId;
  readonly startCounter: number;
  readonly device: DeviceId;
  readonly lost: Promise<StorageLostError | undefined>;
  readonly #database: IDBPDatabase<RecordSchema>;
  readonly #claim: Claim;
  readonly #records: StartRecords;
  readonly #sweep: DiskSweep;
  /** Bytes written since a sweep was last due. */
  #unsweptBytes = 0;
  /** Whether records were deleted since a sweep was last due. */
  #hasUnsweptDeletions = false;
  #writing = false;
  /** Aborts the write in flight if that is still possible. */
  #abortWrite: () => void = () => undefined;
  #end: ShardbearerError | undefined;

  constructor(connection: Connection, claim: Claim, records: Records) {
    this.#database = connection.database;
    this.#claim = claim;
    this.#records = new StartRecords(records);
    this.radiant = claim.identity.radiant;
    this.boot = claim.identity.boot;
    this.startCounter = claim.identity.startCounter;
    this.device = claim.identity.device;
    this.#sweep = new DiskSweep(connection.database, scratchDatabaseName(this.radiant));
    this.lost = connection.loss.then((loss) => this.#lose(loss));
  }

  takeRecords(): Records {
    return this.#records.take();
  }

  async write(batch: WriteBatch): Promise<void> {
    this.#throwIfEnded();
    assert(!this.#writing, 'one write at a time');
    this.#writing = true;
    try {
      const sealed = sealBatch(batch);
      // The transaction reads the identity, and issues the writes without waiting for the read. If the identity belongs
      // to another boot, the transaction aborts (design, rule 3).
      const transaction = strictTransaction(this.#database, [RECORD_STORE]);
      this.#abortWrite = () => abortIfRunning(transaction);
      const store = transaction.objectStore(RECORD_STORE);
      const checked = this.#checkClaim(transaction, store.get(IDENTITY_KEY));
      const { requests, bytes, hasDeletions } = requestAll(transaction, store, sealed);
      await Promise.all([checked, ...requests, transaction.done]);
      // The database may have been deleted meanwhile. The deletion waited for this transaction, and then removed its
      // records.
      this.#throwIfEnded();
      this.#unsweptBytes += bytes;
      this.#hasUnsweptDeletions ||= hasDeletions;
      // A sweep waits for a batch without deletions. A checkpoint deletes records in several consecutive batches, and
      // one sweep then serves all of them.
      const isSweepDue = !hasDeletions && this.#hasUnsweptDeletions && this.#unsweptBytes >= LIMITS.storage.sweepBytes;
      if (isSweepDue && !this.#sweep.isUnderWay) this.#startSweep();
    } catch (error) {
      const failure = writeFailure(error);
      // An exceeded quota aborts only this transaction. A later transaction may find free space.
      if (failure.code !== 'STORAGE_FULL') this.#end ??= failure;
      throw this.#end ?? failure;
    } finally {
      this.#writing = false;
    }
  }

  async close(write: 'finished' | 'aborted' = 'finished'): Promise<void> {
    if (write === 'aborted' && this.#writing) this.#abortWrite();
    this.#end ??= new ShardbearerError('CLOSED', 'The database is closed.');
    this.#database.close();
  }

  async #checkClaim(transaction: RecordTransaction, found: Promise<Uint8Array | undefined>): Promise<void> {
    try {
      const refusal = refusalOf(this.#claim, await found);
      if (refusal !== undefined) throw refusal;
      // All requests are issued. Without an explicit commit, the browser would wait for further requests.
      transaction.commit();
    } catch (error) {
      abortIfRunning(transaction);
      throw error;
    }
  }

  #startSweep(): void {
    // Above `sweepBytesAtOnce`, the compaction that LevelDB itself runs in the background is better.
    if (this.#unsweptBytes <= LIMITS.storage.sweepBytesAtOnce) this.#sweep.begin();
    this.#unsweptBytes = 0;
    this.#hasUnsweptDeletions = false;
  }

  #throwIfEnded(): void {
    if (this.#end !== undefined) throw this.#end;
  }

  #lose(loss: ConnectionLoss): StorageLostError | undefined {
    const error = lossError(loss);
    this.#end ??= error;
    return error instanceof StorageLostError ? error : undefined;
  }
}

/** The part of a transaction that the check of the claim uses. */
interface RecordTransaction {
  commit(): void;
  abort(): void;
}

/** Number of written bytes for each extra read of the identity. */
const BYTES_FOR_EACH_READ = 4_096;
/** Size from which Chromium stores a value in its own file. Chromium deletes that file together with the value. */
const OWN_FILE_BYTES = 65_536;

interface WritableRecords {
  get(key: RecordKey): Promise<unknown>;
  put(value: Uint8Array, key: RecordKey): Promise<unknown>;
  delete(key: RecordKey): Promise<void>;
}

interface RequestedBatch {
  /** These promises only report the errors of single requests. The transaction reports the success of the batch. */
  readonly requests: readonly Promise<unknown>[];
  readonly bytes: number;
  readonly hasDeletions: boolean;
}

/**
 * Issues the puts and deletes of a batch in order, and then extra reads of the identity. If the browser refuses one of
 * them, aborts the transaction, which would otherwise commit a part of the batch.
 *
 * Chromium's LevelDB compacts a file early after enough reads that did not find their key in it, one for each 16 KiB.
 * Without the extra reads, a few large writes would let dead data pile up. A test wrote records of 60 KB with 1 MiB of
 * live data. The disk held at most 25 MiB without these reads, and 14 MiB with them. Each read costs 0.04 ms.
 */
export function requestAll(transaction: { abort(): void }, store: WritableRecords, batch: SealedBatch): RequestedBatch {
  const requests: Promise<unknown>[] = [];
  let bytes = 0;
  let unreadBytes = 0;
  let hasDeletions = false;
  try {
    for (const [key, sealed] of batch) {
      if (sealed === undefined) {
        requests.push(store.delete(key));
        hasDeletions = true;
      } else {
        requests.push(store.put(sealed, key));
        bytes += sealed.length;
        if (sealed.length < OWN_FILE_BYTES) unreadBytes += sealed.length;
      }
    }
    for (; unreadBytes >= BYTES_FOR_EACH_READ; unreadBytes -= BYTES_FOR_EACH_READ)
      requests.push(store.get(IDENTITY_KEY));
  } catch (error) {
    abortIfRunning(transaction);
    // The error joins the requests, so that the caller awaits those that were issued before.
    requests.push(Promise.reject(writeFailure(error)));
  }
  return { requests, bytes, hasDeletions };
}

function lossError(loss: ConnectionLoss): ShardbearerError {
  switch (loss) {
    case 'deleted':
      return new StorageLostError('The database was deleted while it was in use.');
    case 'upgraded':
      return new ShardbearerError(
        'STORAGE_FAILED',
        'Another tab upgrades the data to a newer version. Reload the page.',
      );
    case 'broken':
      return new ShardbearerError('STORAGE_FAILED', 'The connection to the database broke. Open the database again.');
  }
}
