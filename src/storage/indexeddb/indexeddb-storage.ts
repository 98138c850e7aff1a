import type { IDBPDatabase } from 'idb';
import { InvariantError, type ShardbearerError, StorageLostError } from '../../wire/errors.ts';
import type { BootId, RadiantId } from '../../wire/identifiers.ts';
import { STORAGE_FORMAT_VERSION } from '../../wire/versions.ts';
import type { Database, NewIdentity, Records, Storage, WriteBatch } from '../contract.ts';
import {
  type Claim,
  firstClaim,
  recordsOf,
  type SealedBatch,
  type SealedRecord,
  sealBatch,
  takeUp,
} from '../sealed-records.ts';
import { IDENTITY_KEY } from '../keys.ts';
import {
  type Connection,
  IndexedDbDatabase,
  RECORD_STORE,
  type RecordSchema,
  requestAll,
} from './indexeddb-database.ts';
import { radiantDatabaseName, scratchDatabaseName } from './names.ts';
import {
  type ConnectionLoss,
  deleteDatabase,
  openDatabase,
  orAbort,
  orAbortLate,
  strictTransaction,
} from './open-database.ts';
import { writeFailure } from './storage-failure.ts';

/** The IndexedDB databases of this browser profile, for pages and workers. */
export class IndexedDbStorage implements Storage {
  readonly durable = true;

  async create(identity: NewIdentity, firstRecords: WriteBatch): Promise<Database> {
    const claim = firstClaim(identity);
    const batch: SealedBatch = [[IDENTITY_KEY, claim.sealedIdentity], ...sealBatch(firstRecords)];
    const records = recordsOf(firstRecords);
    const connection = await connect(identity.radiant, (database) => {
      database.createObjectStore(RECORD_STORE);
      return undefined;
    });
    return await orClose(connection, async () => {
      await writeFirst(connection.database, identity.radiant, batch);
      return new IndexedDbDatabase(connection, claim, records);
    });
  }

  async reopen(radiant: RadiantId, boot: BootId): Promise<Database> {
    // IndexedDB creates a missing database instead of failing. The error that this callback returns undoes the creation
    // (design, rule 2).
    const connection = await connect(
      radiant,
      () => new StorageLostError(`This device has no database of radiant ${radiant}: its data was deleted.`),
    );
    return await orClose(connection, async () => {
      const { claim, records } = await readAndClaim(connection.database, radiant, boot);
      return new IndexedDbDatabase(connection, claim, records);
    });
  }

  async remove(radiant: RadiantId): Promise<void> {
    await deleteDatabase(radiantDatabaseName(radiant));
    await deleteDatabase(scratchDatabaseName(radiant));
  }
}

/** @param onMissing called for a database that did not exist; a returned error undoes its creation */
async function connect(
  radiant: RadiantId,
  onMissing: (database: IDBPDatabase<RecordSchema>) => ShardbearerError | undefined,
): Promise<Connection> {
  let tellLoss: (loss: ConnectionLoss) => void = () => undefined;
  const loss = new Promise<ConnectionLoss>((resolve) => {
    tellLoss = resolve;
  });
  const database = await openDatabase<RecordSchema>({
    name: radiantDatabaseName(radiant),
    version: STORAGE_FORMAT_VERSION,
    upgrade: (made, oldVersion) => (oldVersion === 0 ? onMissing(made) : undefined),
    onLoss: tellLoss,
  });
  return { database, loss };
}

async function orClose(connection: Connection, take: () => Promise<Database>): Promise<Database> {
  try {
    return await take();
  } catch (error) {
    connection.database.close();
    throw writeFailure(error);
  }
}

async function writeFirst(database: IDBPDatabase<RecordSchema>, radiant: RadiantId, batch: SealedBatch): Promise<void> {
  const transaction = strictTransaction(database, [RECORD_STORE]);
  const store = transaction.objectStore(RECORD_STORE);
  const checked = store.getKey(IDENTITY_KEY).then(
    orAbort(transaction, (found) => {
      if (found !== undefined) throw new InvariantError(`The database of radiant ${radiant} exists already.`);
    }),
  );
  const { requests } = requestAll(transaction, store, batch);
  await orAbortLate(transaction, Promise.all([checked, ...requests, transaction.done]));
}

/** Reads the records and claims the database in one transaction, so that no write of an earlier boot comes between. */
async function readAndClaim(
  database: IDBPDatabase<RecordSchema>,
  radiant: RadiantId,
  boot: BootId,
): Promise<{ claim: Claim; records: Records }> {
  if (!database.objectStoreNames.contains(RECORD_STORE)) {
    throw new StorageLostError(
      `The database of radiant ${radiant} is not the one that was created: its data was deleted.`,
    );
  }
  const transaction = strictTransaction(database, [RECORD_STORE]);
  const store = transaction.objectStore(RECORD_STORE);
  const taken = Promise.all([store.getAllKeys(), store.getAll()]).then(
    orAbort(transaction, ([keys, values]) => {
      const { claim, records } = takeUp(radiant, boot, pairUp(keys, values));
      // A failure of this request also fails the transaction, and the transaction reports the failure.
      store.put(claim.sealedIdentity, IDENTITY_KEY).catch(() => undefined);
      return { claim, records };
    }),
  );
  const [result] = await orAbortLate(transaction, Promise.all([taken, transaction.done]));
  return result;
}

function pairUp(keys: readonly string[], values: readonly unknown[]): SealedRecord[] {
  return keys.map((key, at) => {
    const value = values[at];
    // This library stores only byte arrays. An empty array stands for any other value, because its checksum fails.
    return [key, value instanceof Uint8Array ? value : new Uint8Array()];
  });
}
