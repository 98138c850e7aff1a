import { type DBSchema, deleteDB, type IDBPDatabase, openDB, type StoreNames } from 'idb';
import { ShardbearerError } from '../../wire/errors.ts';
import { INTERVALS } from '../../wire/limits.ts';
import { platformError } from '../../wire/platform-error.ts';
import { openFailure, storageHung, storageUnavailable } from './storage-failure.ts';

/** Why a connection ended without `close()`. */
export type ConnectionLoss =
  /** Site data is cleared, or `deleteDatabase` was called elsewhere: what was in it is gone. */
  | 'deleted'
  /** Another tab runs newer code and waits for this connection to end. */
  | 'upgraded'
  /** The browser broke it off; what was in it may be there. */
  | 'broken';

export interface DatabaseOpening<Schema extends DBSchema> {
  readonly name: string;
  readonly version: number;
  /**
   * Brings the stores from `oldVersion` (0: it was not there) to `version`.
   * An error it returns is what opening throws: nothing of the database is left then.
   */
  readonly upgrade: (database: IDBPDatabase<Schema>, oldVersion: number) => ShardbearerError | undefined;
  /** The connection is closed already; at most once. */
  readonly onLoss: (loss: ConnectionLoss) => void;
}

/**
 * Opens a database within a bounded time, and lets go of it at once when another tab
 * wants to delete or upgrade it: a tab that holds on would block that one for ever.
 * @throws {ShardbearerError} `STORAGE_UNAVAILABLE`, `STORAGE_TOO_NEW`, `STORAGE_FULL`, `STORAGE_FAILED`, `STORAGE_HUNG`
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
          // Opening fails where this transaction does, and tells why: nobody waits for `done`.
          transaction.done.catch(() => undefined);
          refusal = opening.upgrade(upgraded, oldVersion);
          // Aborted at version 0, the database that opening has just made is gone again.
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
 * Deletes a database; one that is not there is no error. Other tabs' connections are asked to close.
 * @throws {ShardbearerError} `STORAGE_UNAVAILABLE`, `STORAGE_HUNG`, `STORAGE_FAILED` (a tab that does not answer still holds it)
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
 * Begins a transaction whose completion means: flushed. Without that, a promise could not be kept.
 * @throws {ShardbearerError} `STORAGE_UNAVAILABLE` where the browser does not know the option
 */
export function strictTransaction<Schema extends DBSchema, Stores extends StoreNames<Schema>[]>(
  database: IDBPDatabase<Schema>,
  stores: Stores,
) {
  const transaction = database.transaction(stores, 'readwrite', { durability: 'strict' });
  if (transaction.durability === 'strict') return transaction;
  transaction.done.catch(() => undefined);
  transaction.abort();
  throw storageUnavailable(new Error('this browser has no strict durability; update it'));
}

/** Wraps what decides over a transaction while it is under way: if it throws, nothing of the transaction happens. */
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
  // Reading the property alone can throw (an opaque origin); some browsers leave it out in private mode.
  try {
    if (typeof globalThis.indexedDB !== 'undefined') return;
  } catch (error) {
    throw openFailure(error);
  }
  throw storageUnavailable();
}

/**
 * Settles within the patience of this library, also where the browser never answers.
 * @param isBlocked whether another tab holds the database: one that is frozen with an open connection never lets go
 * @param onLate gets a result that comes after all
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
 * Settles within the patience of this library. A transaction that hangs is aborted if it still can be: IndexedDB runs
 * those of one database one after another, so it would block the next one.
 * @throws {ShardbearerError} `STORAGE_HUNG`; or what `result` rejects with
 */
export async function orAbortLate<Result>(transaction: { abort(): void }, result: Promise<Result>): Promise<Result> {
  return await before(result, () => {
    abortIfRunning(transaction);
    return storageHung();
  });
}

/** A transaction that has ended, or is about to, cannot be aborted. */
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
    timer = setTimeout(() => reject(onTimeout()), INTERVALS.storagePatienceMs);
  });
  // It may reject after the time-out, when nobody listens any more.
  result.catch(() => undefined);
  try {
    return await Promise.race([result, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

function heldElsewhere(): ShardbearerError {
  return new ShardbearerError('STORAGE_FAILED', 'another tab of this site holds the database; close other tabs');
}
