/** What the failures of IndexedDB mean to a radiant. */
import { ShardbearerError, StorageLostError } from '../../wire/errors.ts';
import { storageTooNew } from '../identity.ts';

/** A transaction failed, or a connection broke: its outcome is not known, unless the error says so. */
export function writeFailure(error: unknown): ShardbearerError {
  return (
    knownFailure(error) ??
    new ShardbearerError('STORAGE_FAILED', 'the disk refused a write; start anew', { cause: error })
  );
}

/** A database could not be opened or deleted. */
export function openFailure(error: unknown): ShardbearerError {
  const known = knownFailure(error);
  if (known !== undefined) return known;
  // What browsers say where storage is switched off: private mode, blocked cookies, opaque origins.
  if (error instanceof DOMException && UNAVAILABLE.has(error.name)) return storageUnavailable(error);
  return new ShardbearerError('STORAGE_FAILED', 'the database could not be opened; try again', { cause: error });
}

export function storageUnavailable(cause?: unknown): ShardbearerError {
  return new ShardbearerError(
    'STORAGE_UNAVAILABLE',
    'this browser gives the page no durable storage; allow site data, or leave private mode',
    { cause },
  );
}

const UNAVAILABLE = new Set(['SecurityError', 'InvalidStateError', 'NotSupportedError', 'NotAllowedError']);

function knownFailure(error: unknown): ShardbearerError | undefined {
  if (error instanceof ShardbearerError) return error;
  if (!(error instanceof DOMException)) return undefined;
  if (error.name === 'QuotaExceededError') {
    return new ShardbearerError('STORAGE_FULL', 'the quota of this site is used up; free space on this device', {
      cause: error,
    });
  }
  // For good: a large value lies in a file of its own, and that is gone. What may pass is an UnknownError.
  if (error.name === 'NotReadableError') {
    return new StorageLostError('a part of the database is missing: its file was deleted', { cause: error });
  }
  return error.name === 'VersionError' ? storageTooNew() : undefined;
}
