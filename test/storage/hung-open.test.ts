import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { deleteDatabase, openDatabase } from '../../src/storage/indexeddb/open-database.ts';
import { TIMES } from '../../src/wire/times.ts';

/** A database request that the test settles itself, because no browser can be made to hang on demand. */
class SilentRequest extends EventTarget {
  result: unknown;
}

class SilentDatabase extends EventTarget {
  isClosed = false;

  close(): void {
    this.isClosed = true;
  }
}

let request: SilentRequest;

beforeEach(() => {
  vi.useFakeTimers();
  request = new SilentRequest();
  vi.stubGlobal('indexedDB', { open: () => request, deleteDatabase: () => request });
  vi.stubGlobal('IDBRequest', SilentRequest);
  vi.stubGlobal('IDBDatabase', SilentDatabase);
  for (const name of ['IDBObjectStore', 'IDBIndex', 'IDBCursor', 'IDBTransaction']) {
    vi.stubGlobal(name, class {});
  }
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function open(): Promise<unknown> {
  return openDatabase({ name: 'some', version: 1, upgrade: () => undefined, onLoss: () => undefined });
}

/** The error with which an attempt fails after its timeout. */
async function failureOf(attempt: Promise<unknown>, meanwhile: () => void = () => undefined): Promise<unknown> {
  const failure = attempt.then(
    () => undefined,
    (error: unknown) => error,
  );
  meanwhile();
  await vi.advanceTimersByTimeAsync(TIMES.storage.storagePatienceMs);
  return await failure;
}

test('an open that the browser never answers fails with STORAGE_HUNG and advice', async () => {
  const failure = await failureOf(open());
  expect(failure).toMatchObject({ code: 'STORAGE_HUNG', effect: 'none' });
  expect(String(failure)).toContain('did not answer within 10 s. Reload the tab, or restart the browser.');
});

test('a deletion that the browser never answers fails with STORAGE_HUNG', async () => {
  expect(await failureOf(deleteDatabase('some'))).toMatchObject({ code: 'STORAGE_HUNG' });
});

test('the error names another tab only if the browser reports a blocked request', async () => {
  const blocked = () => request.dispatchEvent(new Event('blocked'));
  expect(await failureOf(open(), blocked)).toMatchObject({ code: 'STORAGE_FAILED' });
  expect(await failureOf(deleteDatabase('some'), blocked)).toMatchObject({ code: 'STORAGE_FAILED' });
});

test('a database that opens after the timeout is closed, since another attempt may need it', async () => {
  await failureOf(open());
  const database = new SilentDatabase();
  request.result = database;
  request.dispatchEvent(new Event('success'));
  await vi.advanceTimersByTimeAsync(0);
  expect(database.isClosed).toBe(true);
});
