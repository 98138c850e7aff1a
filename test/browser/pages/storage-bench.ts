import type { Database, NewIdentity } from '../../../src/storage/contract.ts';
import { DeviceRegistry, type KnownCluster, type KnownIdentity } from '../../../src/storage/indexeddb/device.ts';
import { IndexedDbStorage } from '../../../src/storage/indexeddb/indexeddb-storage.ts';
import { radiantDatabaseName } from '../../../src/storage/indexeddb/names.ts';
import { type BootId, idFromBytes, parseId, type RadiantId } from '../../../src/wire/identifiers.ts';
import { newIdentity, outcomeOf, put, STORAGE_CHECKS } from '../../storage/suite.ts';
import { completionOf, deleteRaw, openRaw, tamper } from './raw-database.ts';
import { type SeenTransaction, transactionsSeen } from './transactions-seen.ts';

/** Durations of strict writes in milliseconds, through the product and by a plain put. */
export interface WriteLatencies {
  readonly write: readonly number[];
  readonly barePut: readonly number[];
}

const randomBytes = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));

/** Functions that a test calls in the worker that runs storage. */
export class StorageBench {
  readonly #storage = new IndexedDbStorage();
  readonly #registry = new DeviceRegistry(randomBytes);
  #identity: NewIdentity = newIdentity();
  #database: Database | undefined;

  async runCheck(name: string): Promise<void> {
    const check = STORAGE_CHECKS.find((one) => one.name === name);
    if (check === undefined) throw new Error(`there is no check "${name}"`);
    await check.run({
      storage: this.#storage,
      tamper,
      wipe: (radiant) => deleteRaw(radiantDatabaseName(radiant)),
    });
  }

  /** Creates a database and keeps it open. */
  async create(): Promise<RadiantId> {
    this.#identity = newIdentity();
    this.#database = await this.#storage.create(this.#identity, [put('founding', 'first')]);
    return this.#identity.radiant;
  }

  /** Reopens the database of a radiant. Default: the radiant created last. */
  async reopen(radiant: string = this.#identity.radiant): Promise<string> {
    await this.#database?.close();
    return await outcomeOf(
      this.#storage.reopen(parseId<RadiantId>(radiant), idFromBytes<BootId>(randomBytes(16))).then((database) => {
        this.#database = database;
      }),
    );
  }

  async write(bytes: number): Promise<string> {
    const value = randomBytes(Math.min(bytes, 65_536));
    const values = Array.from({ length: Math.ceil(bytes / 65_536) }, (_, at) => ({
      kind: 'put' as const,
      key: `group/${at}`,
      value,
    }));
    return await outcomeOf(this.#open().write(values));
  }

  /** Writes two records, while the browser refuses the second put because the record cannot be copied. */
  async writeWithRefusedPut(): Promise<string> {
    // oxlint-disable-next-line typescript/unbound-method -- called on its own store
    const original = IDBObjectStore.prototype.put;
    let puts = 0;
    IDBObjectStore.prototype.put = function refusing(this: IDBObjectStore, value: unknown, key) {
      if (++puts === 2) throw new DOMException('out of memory', 'DataCloneError');
      return original.call(this, value, key);
    };
    try {
      return await this.write(2 * 65_536);
    } finally {
      IDBObjectStore.prototype.put = original;
    }
  }

  /** Resolves once the open database is lost, to the error code if there is one. */
  async lost(): Promise<string | undefined> {
    return (await this.#open().lost)?.code;
  }

  async recordKeys(): Promise<string[]> {
    return [...this.#open().takeRecords().keys()];
  }

  async databaseNames(): Promise<string[]> {
    return (await indexedDB.databases()).flatMap(({ name }) => name ?? []);
  }

  /** Rewrites the data of the open radiant in the format of a newer build. */
  async upgradeDatabase(): Promise<void> {
    (await openRaw(radiantDatabaseName(this.#identity.radiant), 1_000)).close();
  }

  /** Deletes the open database and creates an empty one under its name. */
  async replaceByEmpty(): Promise<void> {
    const name = radiantDatabaseName(this.#identity.radiant);
    await deleteRaw(name);
    (await openRaw(name)).close();
  }

  /** Removes IndexedDB, as a browser in private mode does. */
  async withoutIndexedDb(): Promise<string> {
    Reflect.defineProperty(globalThis, 'indexedDB', { value: undefined, configurable: true });
    try {
      return await outcomeOf(this.#storage.create(newIdentity(), []));
    } finally {
      Reflect.deleteProperty(globalThis, 'indexedDB');
    }
  }

  /** Removes a database while an unresponsive connection is open. Then closes that connection. */
  async removeWhileHeld(): Promise<string> {
    const held = await openRaw(radiantDatabaseName(this.#identity.radiant));
    let blocked = false;
    held.addEventListener('versionchange', () => {
      blocked = true;
      queueMicrotask(() => held.close());
    });
    const outcome = await outcomeOf(this.#storage.remove(this.#identity.radiant));
    return `${outcome}, held: ${blocked}`;
  }

  transactionsSeen(): readonly SeenTransaction[] {
    return transactionsSeen;
  }

  /** Makes sequential puts of 200 bytes, alternately through the product and by a plain put. */
  async measureWrites(rounds: number): Promise<WriteLatencies> {
    await this.create();
    const bare = await openBare();
    const value = randomBytes(200);
    const latencies = { write: [] as number[], barePut: [] as number[] };
    for (let round = 0; round < rounds; round++) {
      const startMs = performance.now();
      await this.#open().write([{ kind: 'put', key: `group/log/${round}`, value }]);
      const betweenMs = performance.now();
      const transaction = bare.transaction('values', 'readwrite', { durability: 'strict' });
      transaction.objectStore('values').put(value, `group/log/${round}`);
      await completionOf(transaction);
      latencies.write.push(betweenMs - startMs);
      latencies.barePut.push(performance.now() - betweenMs);
    }
    bare.close();
    return latencies;
  }

  /** Writes a large log in records of this size, and measures the time to load it in milliseconds. */
  async measureLoading(records: number, recordBytes: number): Promise<{ readonly loadMs: number }> {
    await this.create();
    const value = randomBytes(Math.min(recordBytes, 65_536));
    for (let at = 0; at < records; at += 100) {
      const batch = Array.from({ length: 100 }, (_, offset) => ({
        kind: 'put' as const,
        key: `group/${at + offset}`,
        value,
      }));
      await this.#open().write(batch);
    }
    await this.#open().close();
    const startMs = performance.now();
    await this.reopen();
    return { loadMs: performance.now() - startMs };
  }

  /** Writes records, one in each batch, and deletes them once they fill a MiB. */
  async writeAndDelete(count: number, recordBytes: number): Promise<void> {
    const value = randomBytes(recordBytes);
    let written: string[] = [];
    for (let number = 0; number < count; number++) {
      const key = `group/log/${number}`;
      written.push(key);
      await this.#open().write([{ kind: 'put', key, value }]);
      if (written.length * recordBytes < 2 ** 20) continue;
      await this.#open().write(written.map((gone) => ({ kind: 'delete', key: gone })));
      written = [];
    }
  }

  deviceId(): Promise<string> {
    return this.#registry.deviceId();
  }

  lastCluster(application = ''): Promise<KnownCluster | undefined> {
    return this.#registry.lastCluster(application);
  }

  rememberCluster(room: string, founded: boolean, application = ''): Promise<void> {
    return this.#registry.rememberCluster({ room, secret: `secret of ${room}`, founded, application });
  }

  async addIdentity(room: string): Promise<RadiantId> {
    const { radiant } = newIdentity();
    await this.#registry.addIdentity(radiant, room);
    return radiant;
  }

  markVoter(radiant: string): Promise<void> {
    return this.#registry.markVoter(parseId<RadiantId>(radiant));
  }

  retireIdentity(radiant: string): Promise<void> {
    return this.#registry.retireIdentity(parseId<RadiantId>(radiant));
  }

  identities(room: string): Promise<KnownIdentity[]> {
    return this.#registry.identities(room);
  }

  forgetEverything(): Promise<void> {
    return this.#registry.forgetEverything();
  }

  #open(): Database {
    if (this.#database === undefined) throw new Error('no database is open');
    return this.#database;
  }
}

function openBare(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(`bare-${Math.random()}`, 1);
    request.addEventListener('upgradeneeded', () => request.result.createObjectStore('values'));
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error ?? new Error('not opened')));
  });
}
