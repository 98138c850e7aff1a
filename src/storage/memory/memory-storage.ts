import type { StorageLostError } from '../../wire/errors.ts';
import type { BootId, DeviceId, RadiantId } from '../../wire/identifiers.ts';
import type { Database, NewIdentity, Records, Storage, WriteBatch } from '../contract.ts';
import type { Flush } from './flush.ts';
import type { MemoryConnection } from './memory-connection.ts';
import { MemoryDisk } from './memory-disk.ts';

/** Storage for private mode and for Node. Its data lives in the disk object. */
export class MemoryStorage implements Storage {
  readonly durable: boolean;
  readonly #disk: MemoryDisk;
  /** Radiants whose transactions hang. `recover` resolves `recovery`, which ends the hang. */
  readonly #hung = new Map<RadiantId, { readonly recovery: Promise<void>; readonly recover: () => void }>();

  /** @param durable whether the disk outlives its radiants. Default: false, so no radiant on the disk may vote */
  constructor(disk: MemoryDisk = new MemoryDisk(), durable = false) {
    this.#disk = disk;
    this.durable = durable;
  }

  async create(identity: NewIdentity, firstRecords: WriteBatch): Promise<Database> {
    return new MemoryDatabase(await this.#finished(this.#disk.create(identity, firstRecords)), (flush) =>
      this.#finished(flush),
    );
  }

  async reopen(radiant: RadiantId, boot: BootId): Promise<Database> {
    return new MemoryDatabase(await this.#finished(this.#disk.reopen(radiant, boot)), (flush) => this.#finished(flush));
  }

  async remove(radiant: RadiantId): Promise<void> {
    this.#disk.wipe(radiant);
  }

  /** Blocks every transaction of the radiant until `recover`. */
  hang(radiant: RadiantId): void {
    if (this.#hung.has(radiant)) return;
    let recover: () => void = () => undefined;
    const recovery = new Promise<void>((resolve) => {
      recover = resolve;
    });
    this.#hung.set(radiant, { recovery, recover });
  }

  recover(radiant: RadiantId): void {
    this.#hung.get(radiant)?.recover();
    this.#hung.delete(radiant);
  }

  /** Completes the flush in a later microtask, so that a crash in between loses it. */
  async #finished<Result>(flush: Flush<Result>): Promise<Result> {
    await Promise.resolve();
    await this.#hung.get(flush.radiant)?.recovery;
    return flush.complete();
  }
}

class MemoryDatabase implements Database {
  readonly radiant: RadiantId;
  readonly boot: BootId;
  readonly startCounter: number;
  readonly device: DeviceId;
  readonly lost: Promise<StorageLostError | undefined>;
  readonly #connection: MemoryConnection;
  readonly #finish: (flush: Flush<void>) => Promise<void>;

  /** @param finish completes a flush at the time that the storage chooses */
  constructor(connection: MemoryConnection, finish: (flush: Flush<void>) => Promise<void>) {
    this.#finish = finish;
    this.#connection = connection;
    this.radiant = connection.radiant;
    this.boot = connection.boot;
    this.startCounter = connection.startCounter;
    this.device = connection.device;
    this.lost = new Promise((resolve) => connection.onLost(resolve));
  }

  takeRecords(): Records {
    return this.#connection.takeRecords();
  }

  async write(batch: WriteBatch): Promise<void> {
    await this.#finish(this.#connection.beginWrite(batch));
  }

  async close(): Promise<void> {
    this.#connection.close();
  }
}
