import { assert } from '../../wire/assertion.ts';
import { ShardbearerError, StorageLostError } from '../../wire/errors.ts';
import type { BootId, DeviceId, RadiantId } from '../../wire/identifiers.ts';
import type { Records, WriteBatch } from '../contract.ts';
import type { Claim, SealedBatch } from '../sealed-records.ts';
import { sealBatch } from '../sealed-records.ts';
import { StartRecords } from '../start-records.ts';
import type { Flush } from './flush.ts';

interface DiskSide {
  beginFlush(batch: SealedBatch): Flush<void>;
  disconnect(): void;
}

/** A connection to a database of a `MemoryDisk`, like `Database` but synchronous. */
export class MemoryConnection {
  readonly radiant: RadiantId;
  readonly boot: BootId;
  readonly startCounter: number;
  readonly device: DeviceId;
  readonly claim: Claim;
  readonly #disk: DiskSide;
  readonly #records: StartRecords;
  #flush: Flush<void> | undefined;
  #end: ShardbearerError | undefined;
  readonly #lostListeners: ((error: StorageLostError | undefined) => void)[] = [];

  constructor(disk: DiskSide, claim: Claim, records: Records) {
    this.#disk = disk;
    this.claim = claim;
    this.#records = new StartRecords(records);
    this.radiant = claim.identity.radiant;
    this.boot = claim.identity.boot;
    this.startCounter = claim.identity.startCounter;
    this.device = claim.identity.device;
  }

  /** Returns all records as of the opening. Callable once. */
  takeRecords(): Records {
    return this.#records.take();
  }

  /**
   * Begins to write a batch. The batch is durable once its flush completes. Only one write may be in flight.
   * @throws {ShardbearerError} the reason why this connection ended
   */
  beginWrite(batch: WriteBatch): Flush<void> {
    if (this.#end !== undefined) throw this.#end;
    assert(this.#flush === undefined, 'one write at a time');
    this.#flush = this.#disk.beginFlush(sealBatch(batch));
    return this.#flush;
  }

  /**
   * Registers a listener, which is called at most once. The call happens when the connection ends without `close()`.
   */
  onLost(listener: (error: StorageLostError | undefined) => void): void {
    this.#lostListeners.push(listener);
  }

  /** Closes the connection. A write in flight may still reach the disk. */
  close(): void {
    this.#end ??= new ShardbearerError('CLOSED', 'The database is closed.');
    this.#disk.disconnect();
  }

  /**
   * Called by the disk when a write ends. After any error except `STORAGE_FULL`, the connection accepts no further
   * write.
   */
  writeEnded(error?: ShardbearerError): void {
    this.#flush = undefined;
    if (error?.code !== 'STORAGE_FULL') this.#end ??= error;
  }

  /**
   * Called by the disk when the connection is lost. The write in flight is lost as well, unless it is marked by
   * `Flush.orphan`.
   */
  lose(error: ShardbearerError): void {
    if (this.#flush?.isOrphan === false) this.#flush.lose(error);
    this.#flush = undefined;
    if (this.#end !== undefined) return;
    this.#end = error;
    for (const listener of this.#lostListeners) listener(error instanceof StorageLostError ? error : undefined);
  }
}
