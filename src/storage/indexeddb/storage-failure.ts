/** Maps IndexedDB exceptions to errors of this library. */
import { ShardbearerError } from '../../wire/errors.ts';
import { TIMES } from '../../wire/times.ts';
import { platformError } from '../../wire/platform-error.ts';

/**
 * The error of a failed transaction or a broken connection. After `STORAGE_FAILED`, the outcome of the transaction is
 * unknown.
 */
export function writeFailure(error: unknown): ShardbearerError {
  return platformError('IDBDatabase.transaction', error);
}

export function openFailure(error: unknown): ShardbearerError {
  return platformError('indexedDB.open', error);
}

/** The error of a browser that does not answer within `storagePatienceMs`. */
export function storageHung(): ShardbearerError {
  return new ShardbearerError(
    'STORAGE_HUNG',
    `The disk of this device did not answer within ${TIMES.storage.storagePatienceMs / 1_000} s. ` +
      'Reload the tab, or restart the browser.',
  );
}

export function storageUnavailable(cause?: unknown): ShardbearerError {
  return new ShardbearerError(
    'STORAGE_UNAVAILABLE',
    'This browser gives the page no durable storage. Allow site data, or leave private mode.',
    { cause },
  );
}
