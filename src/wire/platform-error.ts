/**
 * The platform calls that can throw, and the error code for each exception. Every module that calls the platform maps
 * its exceptions here, so `INVARIANT_BROKEN` comes from assertions of this library only.
 *
 * The page docs/platform-errors.md shows the same table, and a test compares the two.
 */
import { type ErrorCode, errorOf, isShardbearerError, type ShardbearerError } from './errors.ts';

interface CallExceptions {
  /**
   * Codes by the name of the exception. A key that ends in `(denied)` applies if the message of the exception speaks of
   * permission.
   */
  readonly codes: Readonly<Record<string, ErrorCode>>;
  /** Code of an exception that `codes` does not list. */
  readonly otherwise: ErrorCode;
}

const DENIED_STORAGE = {
  SecurityError: 'STORAGE_UNAVAILABLE',
  NotAllowedError: 'STORAGE_UNAVAILABLE',
  NotSupportedError: 'STORAGE_UNAVAILABLE',
  InvalidStateError: 'STORAGE_UNAVAILABLE',
  'UnknownError (denied)': 'STORAGE_UNAVAILABLE',
  // Both exceptions occur if the browser lacks the interface.
  TypeError: 'STORAGE_UNAVAILABLE',
  ReferenceError: 'STORAGE_UNAVAILABLE',
} as const;

export const PLATFORM_CALLS = {
  'indexedDB.open': {
    codes: {
      ...DENIED_STORAGE,
      VersionError: 'STORAGE_TOO_NEW',
      QuotaExceededError: 'STORAGE_FULL',
      NotReadableError: 'STORAGE_LOST',
      UnknownError: 'STORAGE_FAILED',
      AbortError: 'STORAGE_FAILED',
    },
    otherwise: 'STORAGE_FAILED',
  },
  'indexedDB.deleteDatabase': { codes: DENIED_STORAGE, otherwise: 'STORAGE_FAILED' },
  'indexedDB.databases': { codes: DENIED_STORAGE, otherwise: 'STORAGE_FAILED' },
  // Also covers exceptions of a request in the transaction, and of the database connection.
  'IDBDatabase.transaction': {
    codes: {
      QuotaExceededError: 'STORAGE_FULL',
      NotReadableError: 'STORAGE_LOST',
      VersionError: 'STORAGE_TOO_NEW',
      // The database connection closes or is closed.
      InvalidStateError: 'STORAGE_FAILED',
      UnknownError: 'STORAGE_FAILED',
      AbortError: 'STORAGE_FAILED',
      DataError: 'STORAGE_FAILED',
      DataCloneError: 'STORAGE_FAILED',
      TimeoutError: 'STORAGE_FAILED',
    },
    otherwise: 'STORAGE_FAILED',
  },
  'navigator.locks.request': {
    codes: { ...DENIED_STORAGE, AbortError: 'ABORTED' },
    otherwise: 'PLATFORM_FAILED',
  },
  'navigator.locks.query': { codes: DENIED_STORAGE, otherwise: 'PLATFORM_FAILED' },
  'new Worker': {
    codes: { SecurityError: 'WORKER_DIED', NetworkError: 'WORKER_DIED', SyntaxError: 'WORKER_DIED' },
    otherwise: 'WORKER_DIED',
  },
  postMessage: {
    codes: { DataCloneError: 'PLATFORM_FAILED', TypeError: 'PLATFORM_FAILED' },
    otherwise: 'PLATFORM_FAILED',
  },
  'new RTCPeerConnection': {
    codes: {
      UnknownError: 'LINK_FAILED',
      NotSupportedError: 'LINK_FAILED',
      OperationError: 'LINK_FAILED',
      SyntaxError: 'LINK_FAILED',
      InvalidAccessError: 'LINK_FAILED',
      TypeError: 'LINK_FAILED',
    },
    otherwise: 'LINK_FAILED',
  },
  // Also covers createOffer, createAnswer, setRemoteDescription and addIceCandidate.
  'RTCPeerConnection.setLocalDescription': {
    codes: { InvalidStateError: 'LINK_FAILED', OperationError: 'LINK_FAILED', TypeError: 'LINK_FAILED' },
    otherwise: 'LINK_FAILED',
  },
  'RTCPeerConnection.createDataChannel': {
    codes: { InvalidStateError: 'LINK_FAILED', OperationError: 'LINK_FAILED', TypeError: 'LINK_FAILED' },
    otherwise: 'LINK_FAILED',
  },
  'RTCDataChannel.send': {
    codes: {
      InvalidStateError: 'LINK_FAILED',
      NetworkError: 'LINK_FAILED',
      OperationError: 'LINK_FAILED',
      TypeError: 'LINK_FAILED',
    },
    otherwise: 'LINK_FAILED',
  },
  'new WebSocket': {
    codes: { SecurityError: 'SIGNALING_UNREACHABLE', SyntaxError: 'SIGNALING_UNREACHABLE' },
    otherwise: 'SIGNALING_UNREACHABLE',
  },
  'crypto.subtle': {
    codes: {
      // `crypto.subtle` is missing, because only secure contexts have it.
      TypeError: 'INSECURE_CONTEXT',
      OperationError: 'PLATFORM_FAILED',
      NotSupportedError: 'PLATFORM_FAILED',
      InvalidAccessError: 'PLATFORM_FAILED',
      DataError: 'PLATFORM_FAILED',
    },
    otherwise: 'PLATFORM_FAILED',
  },
} as const satisfies Readonly<Record<string, CallExceptions>>;

export type PlatformCall = keyof typeof PLATFORM_CALLS;

/** Advice for the user by error code. */
const ADVICE: Partial<Record<ErrorCode, string>> = {
  STORAGE_UNAVAILABLE: 'This browser keeps no data for this site. Allow site data, or leave private mode',
  STORAGE_FULL: 'The quota of this site is used up. Free space on this device',
  STORAGE_LOST: 'A part of the database is missing, so this radiant is retired',
  STORAGE_TOO_NEW: 'A newer version of this page wrote the data on this device. Reload the page',
  STORAGE_FAILED: 'The radiant starts again by itself. If this repeats, check the disk',
  INSECURE_CONTEXT: 'Open the page over HTTPS, or as http://localhost',
  LINK_FAILED: 'The link is tried again',
  SIGNALING_UNREACHABLE: 'Check the address of the signaling server and start it',
  WORKER_DIED: 'Check the address of the worker script and the Content-Security-Policy of the page',
  PLATFORM_FAILED: 'Reload the page. If this repeats, report it with this message',
};

/**
 * Converts an exception of a platform call to an error of this library. An error of this library is returned unchanged.
 */
export function platformError(call: PlatformCall, error: unknown): ShardbearerError {
  if (isShardbearerError(error)) return error;
  const { codes, otherwise }: CallExceptions = PLATFORM_CALLS[call];
  const code = codes[deniedNameOf(error)] ?? codes[nameOf(error)] ?? otherwise;
  return errorOf(code, withAdvice(code, `${call} failed (${describeException(error)})`), { cause: error });
}

/** Converts an exception that did not come from a listed platform call. */
export function unexpectedError(error: unknown): ShardbearerError {
  if (isShardbearerError(error)) return error;
  const message = withAdvice(
    'PLATFORM_FAILED',
    `An unexpected exception ended this step (${describeException(error)})`,
  );
  return errorOf('PLATFORM_FAILED', message, { cause: error });
}

/** Formats an exception without a full stop at its end, such as `SecurityError: The request was denied`. */
export function describeException(error: unknown): string {
  const { name, message } = partsOf(error);
  return `${name}: ${message}`.replace(/^:\s*|[\s.:]+$/gu, '');
}

function withAdvice(code: ErrorCode, failure: string): string {
  const advice = ADVICE[code];
  return advice === undefined ? `${failure}.` : `${failure}. ${advice}.`;
}

function nameOf(error: unknown): string {
  return partsOf(error).name;
}

/**
 * Returns the name of the exception, with the suffix `(denied)` if the exception denies access. Chromium throws
 * `UnknownError` for blocked site data and for a failed disk, and only the message differs.
 */
function deniedNameOf(error: unknown): string {
  const { name, message } = partsOf(error);
  return /denied|permission/iu.test(message) ? `${name} (denied)` : '';
}

/** Checks the properties instead of the class, since an exception of another frame of the page has another class. */
function partsOf(error: unknown): { readonly name: string; readonly message: string } {
  if (typeof error === 'object' && error !== null && 'name' in error && 'message' in error) {
    return { name: String(error.name), message: String(error.message) };
  }
  return { name: '', message: textOf(error) };
}

/** Converts any value to text. `String` throws for an object without a prototype. */
function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return `a thrown ${typeof value}`;
  }
}
