/**
 * The registry of a device, which all its tabs share. It holds the device id, the known clusters, and the identities
 * with a local database.
 */
import type { DBSchema, IDBPDatabase, IDBPTransaction } from 'idb';
import { type ShardbearerError, StorageLostError } from '../../wire/errors.ts';
import { type DeviceId, idFromBytes, ID_BYTES, parseId, type RadiantId } from '../../wire/identifiers.ts';
import { STORAGE_FORMAT_VERSION } from '../../wire/versions.ts';
import { DEVICE_DATABASE_NAME, isRadiantDatabaseName } from './names.ts';
import {
  abortIfRunning,
  databaseNames,
  deleteDatabase,
  openDatabase,
  orAbortLate,
  strictTransaction,
} from './open-database.ts';
import { writeFailure } from './storage-failure.ts';

export interface KnownCluster {
  readonly room: string;
  readonly secret: string;
  /** Whether this device created the secret. Only such a device may found the cluster (design, rule 12). */
  readonly founded: boolean;
  /** Name of the application that used the cluster. Empty without a name. */
  readonly application: string;
}

export interface KnownIdentity {
  readonly radiant: RadiantId;
  readonly room: string;
  /** Whether the radiant is a voter. Another tab adopts a voter whose own tab has closed (design, rule 4). */
  readonly voter: boolean;
  /** Whether the radiant's data was lost. A retired identity is never opened again (design, rule 2). */
  readonly retired: boolean;
}

/**
 * A cluster as stored. Each application has its own record. In the record of an application without a name, the field
 * `application` is missing.
 */
interface StoredCluster extends Omit<KnownCluster, 'application'> {
  readonly application?: string;
  /** Grows with every use of any cluster. The highest value marks the cluster used last. */
  readonly use: number;
}

interface DeviceSchema extends DBSchema {
  readonly device: { readonly key: string; readonly value: string };
  readonly clusters: { readonly key: string; readonly value: StoredCluster };
  readonly identities: { readonly key: string; readonly value: KnownIdentity };
}

type DeviceStore = 'device' | 'clusters' | 'identities';

const STORES: DeviceStore[] = ['device', 'clusters', 'identities'];
const DEVICE_ID_KEY = 'id';

type DeviceTransaction = IDBPTransaction<DeviceSchema, DeviceStore[], 'readwrite'>;

/**
 * Reads and writes the registry. Each call is one strict transaction on its own connection. Tabs may call at the same
 * time, and no open connection blocks a deletion of the database. Every call can throw `STORAGE_UNAVAILABLE`,
 * `STORAGE_TOO_NEW`, `STORAGE_FULL`, `STORAGE_FAILED`, `STORAGE_HUNG`, or `STORAGE_LOST` for a damaged registry.
 */
export class DeviceRegistry {
  readonly #randomBytes: (length: number) => Uint8Array;

  /** @param randomBytes returns unpredictable bytes for the device id */
  constructor(randomBytes: (length: number) => Uint8Array) {
    this.#randomBytes = randomBytes;
  }

  /** Returns the id of this browser profile. The first call creates it. */
  deviceId(): Promise<DeviceId> {
    return this.#transact(async (transaction) => {
      const store = transaction.objectStore('device');
      const known = await store.get(DEVICE_ID_KEY);
      if (known !== undefined) return parseStoredId<DeviceId>(known);
      const made = idFromBytes<DeviceId>(this.#randomBytes(ID_BYTES));
      await store.put(made, DEVICE_ID_KEY);
      return made;
    });
  }

  /** Returns the cluster that the application used last on this device. */
  lastCluster(application: string): Promise<KnownCluster | undefined> {
    return this.#transact(async (transaction) => {
      const all = await transaction.objectStore('clusters').getAll();
      return latest(all.filter((known) => (known.application ?? '') === application));
    });
  }

  /** Records the use of a cluster. `founded` stays true once set. */
  async rememberCluster({ room, secret, founded, application }: KnownCluster): Promise<void> {
    await this.#transact(async (transaction) => {
      const store = transaction.objectStore('clusters');
      const all = await store.getAll();
      const foundedBefore = all.some((known) => known.room === room && known.founded);
      const use = 1 + Math.max(0, ...all.map((known) => known.use));
      const record = { room, secret, founded: founded || foundedBefore, use };
      if (application === '') await store.put(record, room);
      else await store.put({ ...record, application }, `${room} ${application}`);
    });
  }

  identities(room: string): Promise<KnownIdentity[]> {
    return this.#transact(async (transaction) => {
      const all = await transaction.objectStore('identities').getAll();
      return all.filter((identity) => identity.room === room).map(checkedIdentity);
    });
  }

  /**
   * Registers a new identity. Call this before creating the identity's database. A start detects an entry without a
   * database, but not a database without an entry.
   */
  async addIdentity(radiant: RadiantId, room: string): Promise<void> {
    await this.#transact((transaction) =>
      transaction.objectStore('identities').add({ radiant, room, voter: false, retired: false }, radiant),
    );
  }

  markVoter(radiant: RadiantId): Promise<void> {
    return this.#changeIdentity(radiant, { voter: true });
  }

  /** Marks the identity as no longer a voter, so that no tab adopts it. */
  unmarkVoter(radiant: RadiantId): Promise<void> {
    return this.#changeIdentity(radiant, { voter: false });
  }

  retireIdentity(radiant: RadiantId): Promise<void> {
    return this.#changeIdentity(radiant, { retired: true });
  }

  async forgetEverything(): Promise<void> {
    // Finds the databases by name, because the registry may be damaged or too new.
    const names = (await databaseNames()).filter(isRadiantDatabaseName);
    await Promise.all(names.map(deleteDatabase));
    await deleteDatabase(DEVICE_DATABASE_NAME);
  }

  #changeIdentity(radiant: RadiantId, change: Partial<Pick<KnownIdentity, 'voter' | 'retired'>>): Promise<void> {
    return this.#transact(async (transaction) => {
      const store = transaction.objectStore('identities');
      const known = await store.get(radiant);
      // The entry is missing only if another tab has deleted the registry.
      if (known === undefined) return;
      const changed = { ...known, ...change };
      if (changed.voter === known.voter && changed.retired === known.retired) return;
      await store.put(changed, radiant);
    });
  }

  async #transact<Result>(body: (transaction: DeviceTransaction) => Promise<Result>): Promise<Result> {
    const database = await openRegistry();
    try {
      const transaction = strictTransaction(database, STORES);
      const result = body(transaction).catch((error: unknown) => {
        abortIfRunning(transaction);
        throw error;
      });
      const [value] = await orAbortLate(transaction, Promise.all([result, transaction.done]));
      return value;
    } catch (error) {
      throw writeFailure(error);
    } finally {
      database.close();
    }
  }
}

function openRegistry(): Promise<IDBPDatabase<DeviceSchema>> {
  return openDatabase<DeviceSchema>({
    name: DEVICE_DATABASE_NAME,
    version: STORAGE_FORMAT_VERSION,
    upgrade(database, oldVersion) {
      if (oldVersion === 0) for (const store of STORES) database.createObjectStore(store);
      return undefined;
    },
    // Each connection serves one transaction, which reports the loss by its failure.
    onLoss: () => undefined,
  });
}

function latest(clusters: readonly StoredCluster[]): KnownCluster | undefined {
  return publicPart(clusters.toSorted((left, right) => right.use - left.use)[0]);
}

function publicPart(stored: StoredCluster | undefined): KnownCluster | undefined {
  if (stored === undefined) return undefined;
  const { room, secret, founded, application = '' } = stored;
  if (typeof room !== 'string' || typeof secret !== 'string' || typeof founded !== 'boolean') throw damaged();
  return { room, secret, founded, application };
}

function checkedIdentity(stored: KnownIdentity): KnownIdentity {
  const { room, voter, retired } = stored;
  if (typeof room !== 'string' || typeof voter !== 'boolean' || typeof retired !== 'boolean') throw damaged();
  return { radiant: parseStoredId<RadiantId>(stored.radiant), room, voter, retired };
}

function parseStoredId<Id extends DeviceId | RadiantId>(text: string): Id {
  try {
    return parseId<Id>(text);
  } catch (error) {
    throw damaged(error);
  }
}

function damaged(cause?: unknown): ShardbearerError {
  return new StorageLostError('The registry of clusters on this device is damaged. Start over on this device.', {
    cause,
  });
}
