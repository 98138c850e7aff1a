/**
 * Storage in memory with the failures of a disk. All calls are synchronous. The driver, which is the simulator or
 * `MemoryStorage`, decides when a flush completes.
 */
import { assert } from '../../wire/assertion.ts';
import { InvariantError, ShardbearerError, StorageLostError } from '../../wire/errors.ts';
import type { BootId, RadiantId } from '../../wire/identifiers.ts';
import type { NewIdentity, RecordKey, Records, WriteBatch } from '../contract.ts';
import type { Claim, SealedBatch } from '../sealed-records.ts';
import { firstClaim, recordsOf, refusalOf, sealBatch, takeUp } from '../sealed-records.ts';
import { IDENTITY_KEY } from '../keys.ts';
import { Flush } from './flush.ts';
import { MemoryConnection } from './memory-connection.ts';

/** The durable records of one radiant by key, with their checksums. */
type DatabaseFile = Map<RecordKey, Uint8Array>;

export interface DiskCopy {
  readonly files: ReadonlyMap<RadiantId, ReadonlyMap<RecordKey, Uint8Array>>;
}

/** The disk of one device, with a database for each radiant. A crash loses the data that is not flushed. */
export class MemoryDisk {
  #files = new Map<RadiantId, DatabaseFile>();
  readonly #connections = new Set<MemoryConnection>();
  readonly #flushes = new Set<Flush<unknown>>();
  readonly #nextFailures: ShardbearerError[] = [];
  /** Whether the quota is used up. A batch with a put then fails, and a batch with only deletes succeeds. */
  isFull = false;

  /**
   * Begins to create the database of a new identity. The database exists once the flush completes. Completing throws
   * `INVARIANT_BROKEN` if the database exists already, and `STORAGE_FULL`.
   */
  create(identity: NewIdentity, firstRecords: WriteBatch): Flush<MemoryConnection> {
    const claim = firstClaim(identity);
    const sealed = sealBatch(firstRecords);
    const records = recordsOf(firstRecords);
    return this.#begin(identity.radiant, () => {
      if (this.#files.has(identity.radiant))
        throw new InvariantError(`The database of radiant ${identity.radiant} exists already.`);
      this.#failIfAskedTo(PUTS);
      const file: DatabaseFile = new Map();
      this.#files.set(identity.radiant, file);
      write(file, [[IDENTITY_KEY, claim.sealedIdentity], ...sealed]);
      return this.#connect(file, claim, records);
    });
  }

  /**
   * Begins to open the database of an existing identity. The boot owns the database once the flush completes.
   * Completing throws `STORAGE_LOST`, `STORAGE_TOO_NEW` or `STORAGE_FULL`.
   */
  reopen(radiant: RadiantId, boot: BootId): Flush<MemoryConnection> {
    return this.#begin(radiant, () => {
      const file = this.#files.get(radiant);
      if (file === undefined) throw new StorageLostError(`This device has no database of radiant ${radiant}.`);
      const { claim, records } = takeUp(radiant, boot, file);
      this.#failIfAskedTo(PUTS);
      write(file, [[IDENTITY_KEY, claim.sealedIdentity]]);
      return this.#connect(file, claim, records);
    });
  }

  /**
   * Kills the process of one radiant, or of all radiants. Loses the transactions in flight, except those marked by
   * `Flush.orphan`.
   */
  crash(radiant?: RadiantId): void {
    const error = new ShardbearerError('STORAGE_FAILED', 'The connection to the disk was lost.');
    this.#loseFlushes(radiant, error, 'but orphans');
    this.#loseConnections(radiant, error);
  }

  /** Deletes the database of one radiant, or of all radiants, even during a running boot. */
  wipe(radiant?: RadiantId): void {
    if (radiant === undefined) this.#files.clear();
    else this.#files.delete(radiant);
    const error = new StorageLostError('The database was deleted while it was in use.');
    this.#loseFlushes(radiant, error, 'all');
    this.#loseConnections(radiant, error);
  }

  copy(): DiskCopy {
    return { files: cloneFiles(this.#files) };
  }

  /** Restores an earlier copy, as when a person restores a backup of the browser profile. All running boots crash. */
  rollBack(copy: DiskCopy): void {
    this.crash();
    this.#loseFlushes(undefined, new StorageLostError('The disk was restored from an older copy.'), 'all');
    this.#files = cloneFiles(copy.files);
  }

  /** Makes the next flush of any database fail with `error` and change nothing. Several failures queue up. */
  failNextWrite(error: ShardbearerError): void {
    this.#nextFailures.push(error);
  }

  /**
   * Flips one bit of a record.
   * @param at byte offset into the stored form, checksum included
   */
  corrupt(radiant: RadiantId, key: RecordKey, at = 0): void {
    this.tamper(radiant, key, (sealed) => {
      assert(sealed !== undefined && at < sealed.length, 'only an existing byte can be damaged');
      return sealed.with(at, (sealed[at] ?? 0) ^ 1);
    });
  }

  /** Changes the stored form of a record without any check. Undefined means that the record does not exist. */
  tamper(radiant: RadiantId, key: RecordKey, change: (sealed: Uint8Array | undefined) => Uint8Array | undefined): void {
    const file = this.#files.get(radiant);
    assert(file !== undefined, 'only an existing database can be damaged');
    write(file, [[key, change(file.get(key)?.slice())]]);
  }

  radiants(): RadiantId[] {
    return [...this.#files.keys()];
  }

  #begin<Result>(radiant: RadiantId, apply: () => Result): Flush<Result> {
    const flush: Flush<Result> = new Flush(radiant, () => {
      this.#flushes.delete(flush);
      return apply();
    });
    this.#flushes.add(flush);
    return flush;
  }

  #connect(file: DatabaseFile, claim: Claim, records: Records): MemoryConnection {
    const connection = new MemoryConnection(
      {
        beginFlush: (batch) => this.#begin(connection.radiant, () => this.#write(connection, file, batch)),
        disconnect: () => this.#connections.delete(connection),
      },
      claim,
      records,
    );
    this.#connections.add(connection);
    return connection;
  }

  /** Checks the claim, then applies the whole batch or nothing. */
  #write(connection: MemoryConnection, file: DatabaseFile, batch: SealedBatch): void {
    try {
      const refusal = refusalOf(connection.claim, file.get(IDENTITY_KEY));
      if (refusal !== undefined) throw refusal;
      this.#failIfAskedTo(batch.some(([, sealed]) => sealed !== undefined));
      write(file, batch);
      connection.writeEnded();
    } catch (error) {
      connection.writeEnded(error instanceof ShardbearerError ? error : undefined);
      throw error;
    }
  }

  #loseFlushes(radiant: RadiantId | undefined, error: ShardbearerError, which: 'all' | 'but orphans'): void {
    for (const flush of this.#flushes) {
      const isSpared = flush.isOrphan && which === 'but orphans';
      if (isSpared || (radiant !== undefined && flush.radiant !== radiant)) continue;
      this.#flushes.delete(flush);
      flush.lose(error);
    }
  }

  #loseConnections(radiant: RadiantId | undefined, error: ShardbearerError): void {
    for (const connection of this.#connections) {
      if (radiant !== undefined && connection.radiant !== radiant) continue;
      this.#connections.delete(connection);
      connection.lose(error);
    }
  }

  #failIfAskedTo(puts: boolean): void {
    const failure = this.#nextFailures.shift();
    if (failure !== undefined) throw failure;
    if (this.isFull && puts) throw new ShardbearerError('STORAGE_FULL', 'The disk is full.');
  }
}

/** Creating and opening a database both write a record, so both fail on a full disk. */
const PUTS = true;

function write(file: DatabaseFile, batch: SealedBatch): void {
  for (const [key, sealed] of batch) {
    if (sealed === undefined) file.delete(key);
    else file.set(key, sealed);
  }
}

function cloneFiles(files: DiskCopy['files']): Map<RadiantId, DatabaseFile> {
  return new Map(
    [...files].map(([radiant, file]) => [radiant, new Map([...file].map(([key, sealed]) => [key, sealed.slice()]))]),
  );
}
