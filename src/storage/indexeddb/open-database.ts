import { type DBSchema, deleteDB, type IDBPDatabase, openDB, type StoreNames } from 'idb';
import { ShardbearerError } from '../../wire/errors.ts';
import { TIMES } from '../../wire/times.ts';
import { platformError } from '../../wire/platform-error.ts';
import { openFailure, storageHung, storageUnavailable } from './storage-failure.ts';

/** The reason why a connection ended without `close()`. */
export type ConnectionLoss =
  /** Site data was cleared or another tab called `deleteDatabase`. The data is gone. */
  | 'deleted'
  /** Another tab runs newer code and waits for this connection to close. */
  | 'upgraded'
  /** The browser ended the connection. The data may still exist. */
  | 'broken';

interface DatabaseOpening<Schema extends DBSchema> {
  readonly name: string;
  readonly version: number;
  /**
   * Upgrades the stores from `oldVersion` to `version`. An `oldVersion` of 0 means a new database. A returned error
   * undoes the upgrade, and opening throws it.
   */
  readonly upgrade: (database: IDBPDatabase<Schema>, oldVersion: number) => ShardbearerError | undefined;
  /** Called at most once, after the connection has closed. */
  readonly onLoss: (loss: ConnectionLoss) => void;
}

/**
 * Opens a database within `storagePatienceMs`. Closes the connection at once when another tab wants to delete or
 * upgrade the database, since an open connection would block that tab forever.
 * @throws {ShardbearerError} `STORAGE_UNAVAILABLE`, `STORAGE_TOO_NEW`, `STORAGE_FULL`, `STORAGE_LOST`,
 * `STORAGE_FAILED`, `STORAGE_HUNG`, or the error of `upgrade`
 */
export async function openDatabase<Schema extends DBSchema>(
  opening: DatabaseOpening<Schema>,
): Promise<IDBPDatabase<Schema>> {
  requireIndexedDb();
  let refusal: ShardbearerError | undefined;
  let database: IDBPDatabase<Schema> | undefined;
  let isBlocked = false;
  const loseBy = (loss: ConnectionLoss): void => {
    database?.close();
    opening.onLoss(loss);
  };
  try {
    database = await withinPatience(
      openDB<Schema>(opening.name, opening.version, {
        upgrade(upgraded, oldVersion, _newVersion, transaction) {
          // Opening reports a failure of this transaction, so `done` needs no handler of its own.
          transaction.done.catch(() => undefined);
          refusal = opening.upgrade(upgraded, oldVersion);
          // If this is a new database, the abort removes the database again.
          if (refusal !== undefined) transaction.abort();
        },
        blocking: (_currentVersion, blockedVersion) => loseBy(blockedVersion === null ? 'deleted' : 'upgraded'),
        blocked: () => {
          isBlocked = true;
        },
        terminated: () => loseBy('broken'),
      }),
      () => isBlocked,
      (late) => late.close(),
    );
    return database;
  } catch (error) {
    throw refusal ?? openFailure(error);
  }
}

/**
 * Deletes a database. A missing database is no error. The browser asks other tabs to close their connections.
 * @throws {ShardbearerError} `STORAGE_UNAVAILABLE`, `STORAGE_HUNG`; `STORAGE_FAILED` if a tab that does not answer
 * keeps the database open
 */
export async function deleteDatabase(name: string): Promise<void> {
  requireIndexedDb();
  try {
    let isBlocked = false;
    const deleted = deleteDB(name, {
      blocked: () => {
        isBlocked = true;
      },
    });
    await withinPatience(
      deleted,
      () => isBlocked,
      () => undefined,
    );
  } catch (error) {
    throw platformError('indexedDB.deleteDatabase', error);
  }
}

/**
 * Names of all databases of this site.
 * @throws {ShardbearerError} `STORAGE_UNAVAILABLE`, `STORAGE_FAILED`
 */
export async function databaseNames(): Promise<string[]> {
  requireIndexedDb();
  try {
    return (await globalThis.indexedDB.databases()).flatMap(({ name }) => name ?? []);
  } catch (error) {
    throw platformError('indexedDB.databases', error);
  }
}

/**
 * Begins a transaction that is flushed to disk before its promise `done` resolves (promise 1 of the design).
 * @throws {ShardbearerError} `STORAGE_UNAVAILABLE` if the browser does not support strict durability
 */
export function strictTransaction<Schema extends DBSchema, Stores extends StoreNames<Schema>[]>(
  database: IDBPDatabase<Schema>,
  stores: Stores,
) {
  const transaction = database.transaction(stores, 'readwrite', { durability: 'strict' });
  if (transaction.durability === 'strict') return transaction;
  transaction.done.catch(() => undefined);
  transaction.abort();
  throw storageUnavailable(new Error('This browser does not support strict durability. Update the browser.'));
}

/** Wraps a decision about a running transaction. If the decision throws, the transaction aborts. */
export function orAbort<Found, Result>(
  transaction: { abort(): void },
  decide: (found: Found) => Result,
): (found: Found) => Result {
  return (found) => {
    try {
      return decide(found);
    } catch (error) {
      transaction.abort();
      throw error;
    }
  };
}

function requireIndexedDb(): void {
  // Reading the property can throw in an opaque origin. Some browsers omit the property in private mode.
  try {
    if (typeof globalThis.indexedDB !== 'undefined') return;
  } catch (error) {
    throw openFailure(error);
  }
  throw storageUnavailable();
}

/**
 * Returns the result of a request that opens or deletes a database. Fails after `storagePatienceMs` without a result.
 * @param isBlocked whether another tab holds the database; a frozen tab never closes its connection
 * @param onLate called with a result that arrives after the timeout
 */
async function withinPatience<Result>(
  request: Promise<Result>,
  isBlocked: () => boolean,
  onLate: (result: Result) => void,
): Promise<Result> {
  let isLate = false;
  request.then(
    (result) => (isLate ? onLate(result) : undefined),
    () => undefined,
  );
  return await before(request, () => {
    isLate = true;
    return isBlocked() ? heldElsewhere() : storageHung();
  });
}

/**
 * Returns `result`. After `storagePatienceMs`, fails and aborts the transaction if possible. IndexedDB runs the
 * transactions of one database one after another, so a hanging transaction would block the next.
 * @throws {ShardbearerError} `STORAGE_HUNG`, or the rejection of `result`
 */
export async function orAbortLate<Result>(transaction: { abort(): void }, result: Promise<Result>): Promise<Result> {
  return await before(result, () => {
    abortIfRunning(transaction);
    return storageHung();
  });
}

/** Aborts a transaction. Does nothing if the transaction has ended or is about to end. */
export function abortIfRunning(transaction: { abort(): void }): void {
  try {
    transaction.abort();
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
}

async function before<Result>(result: Promise<Result>, onTimeout: () => ShardbearerError): Promise<Result> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(onTimeout()), TIMES.storage.storagePatienceMs);
  });
  // After the timeout, no code handles a rejection of `result`. This handler keeps the rejection from being reported.
  result.catch(() => undefined);
  try {
    return await Promise.race([result, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

function heldElsewhere(): ShardbearerError {
  return new ShardbearerError(
    'STORAGE_FAILED',
    'Another tab of this site holds the database open. Close other tabs of this site.',
  );
}
