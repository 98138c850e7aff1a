import type { StorageLostError } from '../../wire/errors.ts';
import type { BootId, DeviceId, RadiantId } from '../../wire/identifiers.ts';
import type { Database, NewIdentity, Records, Storage, WriteBatch } from '../contract.ts';
import type { Flush } from './flush.ts';
import type { MemoryConnection } from './memory-connection.ts';
import { MemoryDisk } from './memory-disk.ts';

/**
 * Storage for where there is no other (private mode), and for Node. What it keeps
 * lives as long as its disk object.
 */
export class MemoryStorage implements Storage {
  readonly durable: boolean;
  readonly #disk: MemoryDisk;
  /** Whose transactions do not complete, and what lets them go on. */
  readonly #hung = new Map<RadiantId, { readonly recovery: Promise<void>; readonly recover: () => void }>();

  /** @param durable whether the disk outlives the radiants on it; default: it does not, and none of them may vote */
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

  /** No transaction of this radiant completes until `recover`. */
  hang(radiant: RadiantId): void {
    if (this.#hung.has(radiant)) return;
    let recover: () => void = () => undefined;
    const recovery = new Promise<void>((resolve) => {
      recover = resolve;
    });
    this.#hung.set(radiant, { recovery, recover });
  }

  /** What hung completes now, in order. */
  recover(radiant: RadiantId): void {
    this.#hung.get(radiant)?.recover();
    this.#hung.delete(radiant);
  }

  /** The flush ends later than it begins: a crash in between loses it. */
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

  /** @param finish completes a flush as soon as the disk is through with it */
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
