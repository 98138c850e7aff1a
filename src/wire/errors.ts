/**
 * Every error that a caller can meet. The `code` is stable: programs compare
 * it, never the message. The message says what happened and what to do.
 */

/**
 * Whether a request that failed with this code may have taken effect, or one of the steps that it takes. `store.leave()` is
 * the exception: with `LAST_RADIANT` and `NOT_GOVERNED` the tab stays, and what others took over before that they keep.
 */
export type Effect = 'none' | 'unknown';

/** Every code, what it means, and whether the failed request may have had an effect. */
export const ERROR_CODES = {
  INVALID_ARGUMENT: { effect: 'none', meaning: 'A value handed to the API is not of the form it takes.' },
  KEY_TOO_LARGE: { effect: 'none', meaning: 'The key is longer than the limit.' },
  VALUE_TOO_LARGE: {
    effect: 'none',
    meaning: 'The value, or what an append would make of it, is longer than the limit.',
  },
  NOT_FORMED: { effect: 'none', meaning: 'The cluster has too few radiants to form its first order.' },
  NO_QUORUM: { effect: 'none', meaning: 'Too few voters of the order can be reached; nothing was changed.' },
  UNAVAILABLE: { effect: 'none', meaning: 'It could not be done in time, and had no effect; try again.' },
  OVERLOADED: { effect: 'none', meaning: 'A queue is full; slow down and try again.' },
  NOT_HERALD: { effect: 'none', meaning: 'The radiant that was asked does not lead the order.' },
  WRONG_SHARD: { effect: 'none', meaning: 'The order that was asked does not serve this slot at this epoch.' },
  CONFIGURATION_COMPACTED: { effect: 'none', meaning: 'The configuration is too old: it is not kept any more.' },
  UNKNOWN_CONFIGURATION: { effect: 'none', meaning: 'There is no configuration of this number yet.' },
  UNKNOWN_ORDER: { effect: 'none', meaning: 'The configuration has no such order.' },
  SHARD_MOVING: {
    effect: 'none',
    meaning: 'The shard is on its way from one order to another; try again when it is there.',
  },
  SHARDS_APART: { effect: 'none', meaning: 'The two shards belong to different orders; move one of them first.' },
  LEAVE_TIMED_OUT: {
    effect: 'unknown',
    meaning: 'Others have not taken over in time all that this tab holds: it stays in the cluster.',
  },
  LAST_RADIANT: { effect: 'none', meaning: 'Without this radiant nobody would hold the data any more.' },
  CONFIGURATION_FULL: {
    effect: 'none',
    meaning: 'The configuration holds as many radiants, orders or shards as it can.',
  },
  NOT_GOVERNED: {
    effect: 'none',
    meaning: 'This cluster has no bondsmith: its configuration stays as it was founded.',
  },
  UNKNOWN_SESSION: { effect: 'none', meaning: 'The order does not know this client session.' },
  STALE_REQUEST: {
    effect: 'none',
    meaning: 'The sequence number lies at or below what the client said it has finished.',
  },
  OUTCOME_UNKNOWN: { effect: 'unknown', meaning: 'The request may or may not have taken effect; read to find out.' },
  ABORTED: { effect: 'unknown', meaning: 'The caller gave up waiting; a write may still take effect.' },
  CLOSED: { effect: 'unknown', meaning: 'This store was closed; a write under way may still take effect.' },
  STORAGE_LOST: {
    effect: 'none',
    meaning: "This radiant's data is missing, damaged or older than what others saw of it; its identity was retired.",
  },
  STORAGE_FAILED: { effect: 'unknown', meaning: 'The disk refused a write; the radiant stepped down and starts anew.' },
  STORAGE_FULL: { effect: 'unknown', meaning: 'The quota of this site is used up; free space on this device.' },
  STORAGE_TOO_NEW: {
    effect: 'none',
    meaning: 'The data on this device was written by a newer version; reload the page.',
  },
  STORAGE_UNAVAILABLE: { effect: 'none', meaning: 'This browser gives the page no durable storage (private mode?).' },
  IDENTITY_TAKEN: { effect: 'none', meaning: 'Another tab took this identity up.' },
  INSECURE_CONTEXT: { effect: 'none', meaning: 'The page must be opened over HTTPS or on localhost.' },
  INVALID_INVITE: { effect: 'none', meaning: 'The invite link is damaged; copy it again, whole.' },
  SIGNALING_UNREACHABLE: {
    effect: 'none',
    meaning: 'The signaling server does not answer; tabs already linked go on.',
  },
  FRAME_MALFORMED: { effect: 'none', meaning: 'A frame could not be read.' },
  FRAME_TOO_LARGE: { effect: 'none', meaning: 'A frame is larger than the limit.' },
  FRAME_OF_OTHER_CLUSTER: { effect: 'none', meaning: 'A frame belongs to another cluster.' },
  FRAME_MISDIRECTED: {
    effect: 'none',
    meaning: 'A frame came on a way that it cannot have come, or was meant for another boot.',
  },
  FOUNDED_TWICE: {
    effect: 'none',
    meaning: 'Radiants of two foundings of this cluster have met: each keeps its data, and none has that of the other.',
  },
  VERSION_UNSUPPORTED: { effect: 'none', meaning: 'The two ends share no protocol version; reload the older one.' },
  LINK_FAILED: { effect: 'none', meaning: 'A link to a neighbour could not be made or broke.' },
  WORKER_DIED: { effect: 'unknown', meaning: 'The worker of this tab ended; it is started anew.' },
  ROOM_FULL: { effect: 'none', meaning: 'The signaling room has as many members as it takes.' },
  INVARIANT_BROKEN: {
    effect: 'unknown',
    meaning: 'A bug in Shardbearer: the radiant stopped before it could do harm. Please report it.',
  },
} as const satisfies Record<string, { effect: Effect; meaning: string }>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** The base of all errors of this library. */
export class ShardbearerError<Code extends ErrorCode = ErrorCode> extends Error {
  // Written out: a minifier renames classes, and people read this.
  override readonly name: string = 'ShardbearerError';
  readonly code: Code;

  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Narrows what was caught. */
export function isShardbearerError(error: unknown): error is ShardbearerError {
  return error instanceof ShardbearerError;
}

/** Something handed in from outside is not of the form it must have. */
export class InvalidArgumentError extends ShardbearerError<'INVALID_ARGUMENT'> {
  override readonly name = 'InvalidArgumentError';

  constructor(message: string, options?: ErrorOptions) {
    super('INVALID_ARGUMENT', message, options);
  }
}

/** An invariant does not hold: a bug, never a fault of the surroundings. */
export class InvariantError extends ShardbearerError<'INVARIANT_BROKEN'> {
  override readonly name = 'InvariantError';

  constructor(message: string, options?: ErrorOptions) {
    super('INVARIANT_BROKEN', message, options);
  }
}

/** The request may or may not have taken effect. */
export class OutcomeUnknownError extends ShardbearerError<'OUTCOME_UNKNOWN'> {
  override readonly name = 'OutcomeUnknownError';

  constructor(message: string, options?: ErrorOptions) {
    super('OUTCOME_UNKNOWN', message, options);
  }
}

/** This identity's storage is gone, damaged or older than what others saw of it. */
export class StorageLostError extends ShardbearerError<'STORAGE_LOST'> {
  override readonly name = 'StorageLostError';

  constructor(message: string, options?: ErrorOptions) {
    super('STORAGE_LOST', message, options);
  }
}

/** Reads a code that came from outside: an unknown one (of a newer build) is `undefined`. */
export function parseErrorCode(text: string): ErrorCode | undefined {
  return isErrorCode(text) ? text : undefined;
}

function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERROR_CODES, text);
}
