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

  /** @param durable whether the disk outlives the radiants on it; default: it does not, and none of them may vote */
  constructor(disk: MemoryDisk = new MemoryDisk(), durable = false) {
    this.#disk = disk;
    this.durable = durable;
  }

  async create(identity: NewIdentity, firstRecords: WriteBatch): Promise<Database> {
    return new MemoryDatabase(await finished(this.#disk.create(identity, firstRecords)));
  }

  async reopen(radiant: RadiantId, boot: BootId): Promise<Database> {
    return new MemoryDatabase(await finished(this.#disk.reopen(radiant, boot)));
  }

  async remove(radiant: RadiantId): Promise<void> {
    this.#disk.wipe(radiant);
  }
}

class MemoryDatabase implements Database {
  readonly radiant: RadiantId;
  readonly boot: BootId;
  readonly startCounter: number;
  readonly device: DeviceId;
  readonly lost: Promise<StorageLostError | undefined>;
  readonly #connection: MemoryConnection;

  constructor(connection: MemoryConnection) {
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
    await finished(this.#connection.beginWrite(batch));
  }

  async close(): Promise<void> {
    this.#connection.close();
  }
}

/** The flush ends later than it begins: a crash in between loses it. */
async function finished<Result>(flush: Flush<Result>): Promise<Result> {
  await Promise.resolve();
  return flush.complete();
}
