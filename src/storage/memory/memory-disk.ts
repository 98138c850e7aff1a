/**
 * Storage in memory that fails as a disk fails. Synchronous: whoever drives it (a
 * simulator in virtual time, or `MemoryStorage`) says when a flush is through.
 */
import { assert } from '../../wire/assertion.ts';
import { InvariantError, ShardbearerError, StorageLostError } from '../../wire/errors.ts';
import type { BootId, RadiantId } from '../../wire/identifiers.ts';
import type { NewIdentity, RecordKey, Records, WriteBatch } from '../contract.ts';
import type { Claim, SealedBatch } from '../identity.ts';
import { firstClaim, recordsOf, refusalOf, sealBatch, takeUp } from '../identity.ts';
import { IDENTITY_KEY } from '../keys.ts';
import { Flush } from './flush.ts';
import { MemoryConnection } from './memory-connection.ts';

/** One radiant's durable records, sealed. */
type DatabaseFile = Map<RecordKey, Uint8Array>;

/** Everything durable at one instant: a copied profile. */
export interface DiskCopy {
  readonly files: ReadonlyMap<RadiantId, ReadonlyMap<RecordKey, Uint8Array>>;
}

/** The disk of one device: a database for each radiant, of which only what was flushed outlives a crash. */
export class MemoryDisk {
  #files = new Map<RadiantId, DatabaseFile>();
  readonly #connections = new Set<MemoryConnection>();
  readonly #flushes = new Set<Flush<unknown>>();
  readonly #nextFailures: ShardbearerError[] = [];
  /** Its quota is used up: nothing more can be put, but deletes go through. */
  isFull = false;

  /**
   * Begins to make a new identity's database: nothing is there until its flush completes.
   * That throws `INVARIANT_BROKEN` if it exists.
   */
  create(identity: NewIdentity, firstRecords: WriteBatch): Flush<MemoryConnection> {
    const claim = firstClaim(identity);
    const sealed = sealBatch(firstRecords);
    const records = recordsOf(firstRecords);
    return this.#begin(identity.radiant, () => {
      if (this.#files.has(identity.radiant))
        throw new InvariantError(`the database of radiant ${identity.radiant} exists`);
      this.#failIfAskedTo(PUTS);
      const file: DatabaseFile = new Map();
      this.#files.set(identity.radiant, file);
      write(file, [[IDENTITY_KEY, claim.sealedIdentity], ...sealed]);
      return this.#connect(file, claim, records);
    });
  }

  /**
   * Begins to take an identity up again: it is this boot's, and no earlier one's, once the flush
   * completes. That throws `STORAGE_LOST` or `STORAGE_TOO_NEW`.
   */
  reopen(radiant: RadiantId, boot: BootId): Flush<MemoryConnection> {
    return this.#begin(radiant, () => {
      const file = this.#files.get(radiant);
      if (file === undefined) throw new StorageLostError(`there is no database of radiant ${radiant} on this device`);
      const { claim, records } = takeUp(radiant, boot, file);
      this.#failIfAskedTo(PUTS);
      write(file, [[IDENTITY_KEY, claim.sealedIdentity]]);
      return this.#connect(file, claim, records);
    });
  }

  /** The process is killed: what was not flushed is gone. That of one radiant, or of all. */
  crash(radiant?: RadiantId): void {
    const error = new ShardbearerError('STORAGE_FAILED', 'the connection to the disk was lost');
    this.#loseFlushes(radiant, error, 'but orphans');
    this.#loseConnections(radiant, error);
  }

  /** Deletes one radiant's database, or all (site data was cleared), also under a running boot. */
  wipe(radiant?: RadiantId): void {
    if (radiant === undefined) this.#files.clear();
    else this.#files.delete(radiant);
    const error = new StorageLostError('the database was deleted while it was in use');
    this.#loseFlushes(radiant, error, 'all');
    this.#loseConnections(radiant, error);
  }

  /** What would be found after a crash now. */
  copy(): DiskCopy {
    return { files: cloneFiles(this.#files) };
  }

  /** Puts an earlier copy back, as one restores a profile. Whoever ran on it has crashed. */
  rollBack(copy: DiskCopy): void {
    this.crash();
    this.#loseFlushes(undefined, new StorageLostError('the disk was put back to an older copy'), 'all');
    this.#files = cloneFiles(copy.files);
  }

  /** The next flush, of whichever database, fails so and changes nothing. Several queue up. */
  failNextWrite(error: ShardbearerError): void {
    this.#nextFailures.push(error);
  }

  /** Flips one bit of a record; `at` counts its bytes as they lie on the disk, checksum included. */
  corrupt(radiant: RadiantId, key: RecordKey, at = 0): void {
    this.tamper(radiant, key, (sealed) => {
      assert(sealed !== undefined && at < sealed.length, 'only a byte that is there can be damaged');
      return sealed.with(at, (sealed[at] ?? 0) ^ 1);
    });
  }

  /** Changes a record as it lies on the disk, past all checks. Undefined: there is none. */
  tamper(radiant: RadiantId, key: RecordKey, change: (sealed: Uint8Array | undefined) => Uint8Array | undefined): void {
    const file = this.#files.get(radiant);
    assert(file !== undefined, 'only a database that is there can be damaged');
    write(file, [[key, change(file.get(key)?.slice())]]);
  }

  /** Radiants that have a database here. */
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

  /** One transaction: check whose it is, then all of the batch or nothing. */
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
    if (this.isFull && puts) throw new ShardbearerError('STORAGE_FULL', 'the disk is full');
  }
}

/** Every taking-up of an identity writes. */
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
