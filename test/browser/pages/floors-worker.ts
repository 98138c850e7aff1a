import { expose } from 'comlink';
import { completionOf, deleteRaw } from './raw-database.ts';

const DATABASE = 'floor';
const STORE = 'records';

export class WriteFloor {
  /** Durations in milliseconds of transactions that each write one new record, until they are flushed. */
  async measure(count: number, bytes: number): Promise<readonly number[]> {
    await deleteRaw(DATABASE);
    const database = await create();
    const value = new Uint8Array(bytes);
    const samples: number[] = [];
    for (let at = 0; at < count; at++) {
      const startMs = performance.now();
      const transaction = database.transaction(STORE, 'readwrite', { durability: 'strict' });
      transaction.objectStore(STORE).put(value, at);
      transaction.commit();
      await completionOf(transaction);
      samples.push(performance.now() - startMs);
    }
    database.close();
    return samples;
  }
}

function create(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1);
  request.addEventListener('upgradeneeded', () => request.result.createObjectStore(STORE));
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error ?? new Error('the database was not made')));
  });
}

expose(new WriteFloor());
