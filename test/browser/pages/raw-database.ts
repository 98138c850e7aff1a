/** Direct access to IndexedDB, to damage the product's data. */
import type { RecordKey } from '../../../src/storage/contract.ts';
import { radiantDatabaseName } from '../../../src/storage/indexeddb/names.ts';
import type { RadiantId } from '../../../src/wire/identifiers.ts';
import type { RecordDamage } from '../../storage/suite.ts';
import { beginUnseen } from './transactions-seen.ts';

export function openRaw(name: string, version?: number): Promise<IDBDatabase> {
  const request = indexedDB.open(name, version);
  return resultOf(request);
}

export async function deleteRaw(name: string): Promise<void> {
  await resultOf(indexedDB.deleteDatabase(name));
}

export async function tamper(radiant: RadiantId, key: RecordKey, change: RecordDamage): Promise<void> {
  const database = await openRaw(radiantDatabaseName(radiant));
  try {
    const transaction = beginUnseen(database, 'records', 'readwrite');
    const store = transaction.objectStore('records');
    const found: unknown = await resultOf(store.get(key));
    const changed = change(found instanceof Uint8Array ? found.slice() : undefined);
    if (changed === undefined) store.delete(key);
    else store.put(changed, key);
    await completionOf(transaction);
  } finally {
    database.close();
  }
}

export function resultOf<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error ?? new Error('the request failed')));
  });
}

export function completionOf(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.addEventListener('complete', () => resolve());
    transaction.addEventListener('abort', () => reject(transaction.error ?? new Error('the transaction was aborted')));
  });
}
