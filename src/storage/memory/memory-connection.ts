import { assert } from '../../wire/assertion.ts';
import { ShardbearerError, StorageLostError } from '../../wire/errors.ts';
import type { BootId, DeviceId, RadiantId } from '../../wire/identifiers.ts';
import type { Records, WriteBatch } from '../contract.ts';
import type { Claim, SealedBatch } from '../identity.ts';
import { sealBatch } from '../identity.ts';
import { StartRecords } from '../start-records.ts';
import type { Flush } from './flush.ts';

/** What a connection asks of its disk. */
export interface DiskSide {
  /** The transaction that checks the claim and applies the batch. */
  beginFlush(batch: SealedBatch): Flush<void>;
  disconnect(): void;
}

/** One boot's hold on its database: the synchronous form of `Database`. */
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

  /** Everything in it, as of the taking-up. Once. */
  takeRecords(): Records {
    return this.#records.take();
  }

  /**
   * Begins to write a batch; it is durable when its flush completes, not before. One at a time.
   * @throws {ShardbearerError} why this connection came to its end
   */
  beginWrite(batch: WriteBatch): Flush<void> {
    if (this.#end !== undefined) throw this.#end;
    assert(this.#flush === undefined, 'one write at a time');
    this.#flush = this.#disk.beginFlush(sealBatch(batch));
    return this.#flush;
  }

  /** Called back, at most once, when the connection is gone for a reason that is not `close()`. */
  onLost(listener: (error: StorageLostError | undefined) => void): void {
    this.#lostListeners.push(listener);
  }

  /** A write under way may still reach the disk. */
  close(): void {
    this.#end ??= new ShardbearerError('CLOSED', 'the database was closed');
    this.#disk.disconnect();
  }

  /** For the disk: the write under way is over. With an error, no other may follow, unless the disk was full. */
  writeEnded(error?: ShardbearerError): void {
    this.#flush = undefined;
    if (error?.code !== 'STORAGE_FULL') this.#end ??= error;
  }

  /** For the disk: the connection is gone, with what was under way. */
  lose(error: ShardbearerError): void {
    if (this.#flush?.isOrphan === false) this.#flush.lose(error);
    this.#flush = undefined;
    if (this.#end !== undefined) return;
    this.#end = error;
    for (const listener of this.#lostListeners) listener(error instanceof StorageLostError ? error : undefined);
  }
}
