/** All errors that a caller can get. Programs compare the stable `code`, and people read the message. */

/**
 * Whether a failed request, or one of its steps, may have taken effect. `none` means that it changed nothing and never
 * will. `unknown` means that it may have taken effect, or may still do so.
 */
export type Effect = 'none' | 'unknown';

/**
 * Every code with its meaning and its usual effect. The property `effect` of an error can differ from the usual effect
 * of its code.
 */
export const ERROR_CODES = {
  INVALID_ARGUMENT: { effect: 'none', meaning: 'A value passed to the API has an invalid form.' },
  KEY_TOO_LARGE: { effect: 'none', meaning: 'The key is longer than the limit.' },
  VALUE_TOO_LARGE: {
    effect: 'none',
    meaning: 'The value, or the result of an append, is longer than the limit.',
  },
  CONFLICT: { effect: 'none', meaning: 'The key had another version than the write expected. Nothing was changed.' },
  COMMAND_REFUSED: {
    effect: 'none',
    meaning: "The application's machine refused the command or the question. Nothing was changed.",
  },
  UNKNOWN_MACHINE: { effect: 'none', meaning: "The herald's tab does not have this machine of the application." },
  NOT_FORMED: { effect: 'none', meaning: 'The cluster has too few radiants to form its first order.' },
  NO_QUORUM: { effect: 'none', meaning: 'Too few voters of the order can be reached. Nothing was changed.' },
  UNAVAILABLE: { effect: 'none', meaning: 'The call got no answer in time. It had no effect.' },
  OVERLOADED: { effect: 'none', meaning: 'A queue is full. Nothing was changed.' },
  NOT_HERALD: { effect: 'none', meaning: 'The radiant that got the request does not lead the order.' },
  WRONG_SHARD: { effect: 'none', meaning: 'The order that got the request does not serve this slot at this epoch.' },
  LOCKED: { effect: 'none', meaning: 'A transaction that is not decided yet holds the key. Try again.' },
  CONFIGURATION_COMPACTED: { effect: 'none', meaning: 'The configuration is too old. It was deleted.' },
  UNKNOWN_CONFIGURATION: { effect: 'none', meaning: 'A configuration with this number does not exist yet.' },
  UNKNOWN_ORDER: { effect: 'none', meaning: 'The configuration has no such order.' },
  SHARD_MOVING: {
    effect: 'none',
    meaning: 'The shard is moving from one order to another. Try again after it has arrived.',
  },
  SHARDS_APART: { effect: 'none', meaning: 'The two shards belong to different orders. Move one of them first.' },
  LEAVE_TIMED_OUT: {
    effect: 'unknown',
    meaning: 'Other tabs did not take over the data of this tab in time. It stays in the cluster.',
  },
  LAST_RADIANT: { effect: 'none', meaning: 'Without this radiant no copy of the data would be left.' },
  CONFIGURATION_FULL: {
    effect: 'none',
    meaning: 'The configuration has no room for more radiants, orders or shards.',
  },
  UNKNOWN_SESSION: { effect: 'none', meaning: 'The order does not know this client session.' },
  STALE_REQUEST: {
    effect: 'none',
    meaning: 'The client has finished this sequence number already.',
  },
  OUTCOME_UNKNOWN: { effect: 'unknown', meaning: 'The request may have taken effect, or may still do so.' },
  ABORTED: { effect: 'unknown', meaning: 'The caller aborted the call by its signal.' },
  CLOSED: { effect: 'unknown', meaning: 'The store is closed.' },
  STORAGE_LOST: {
    effect: 'none',
    meaning: "This radiant's data is missing, damaged or older than others saw it. Its identity was retired.",
  },
  STORAGE_FAILED: {
    effect: 'unknown',
    meaning: 'The disk refused a write. The radiant stepped down and restarts.',
  },
  STORAGE_FULL: {
    effect: 'none',
    meaning: 'The disk of this device, or of too many voters, is full. Nothing was changed.',
  },
  STORAGE_HUNG: {
    effect: 'none',
    meaning: 'The disk of this device does not answer. This tab votes in no order until it does.',
  },
  STORAGE_TOO_NEW: {
    effect: 'none',
    meaning: 'A newer version wrote the data on this device. Reload the page.',
  },
  STORAGE_UNAVAILABLE: { effect: 'none', meaning: 'This browser gives the page no durable storage (private mode?).' },
  IDENTITY_TAKEN: { effect: 'none', meaning: 'Another tab runs this identity.' },
  UNSUPPORTED_PLATFORM: {
    effect: 'none',
    meaning: 'Shardbearer cannot run here. It needs a page in a browser with WebRTC.',
  },
  INSECURE_CONTEXT: { effect: 'none', meaning: 'The page must be opened over HTTPS or on localhost.' },
  INVALID_INVITE: { effect: 'none', meaning: 'The invite link is damaged. Copy the whole link again.' },
  SIGNALING_UNREACHABLE: {
    effect: 'none',
    meaning: 'The signaling server does not answer. Linked tabs continue.',
  },
  FRAME_MALFORMED: { effect: 'none', meaning: 'A frame is malformed.' },
  FRAME_TOO_LARGE: { effect: 'none', meaning: 'A frame is larger than the limit.' },
  FRAME_OF_OTHER_CLUSTER: { effect: 'none', meaning: 'A frame belongs to another cluster.' },
  FRAME_MISDIRECTED: {
    effect: 'none',
    meaning: 'A frame took an impossible route, or was meant for another boot.',
  },
  FOUNDED_TWICE: {
    effect: 'none',
    meaning:
      'Radiants of two foundings of this cluster have met. Each keeps its data and does not have the data of the other.',
  },
  VERSION_UNSUPPORTED: { effect: 'none', meaning: 'The two ends share no protocol version. Reload the older one.' },
  LINK_FAILED: { effect: 'none', meaning: 'A link to a neighbour failed.' },
  NETWORK_SERVICE_DIED: {
    effect: 'none',
    meaning: "The browser's network service ended. This page makes no new links until it is reloaded.",
  },
  WORKER_DIED: { effect: 'unknown', meaning: 'The worker of this tab ended. A new worker starts.' },
  ROOM_FULL: { effect: 'none', meaning: 'The signaling room is full.' },
  PLATFORM_FAILED: {
    effect: 'unknown',
    meaning: 'The browser threw an exception without a code of its own. The cause contains it.',
  },
  INVARIANT_BROKEN: {
    effect: 'unknown',
    meaning: 'The radiant stopped because of a bug in Shardbearer. Please report it.',
  },
} as const satisfies Record<string, { effect: Effect; meaning: string }>;

export type ErrorCode = keyof typeof ERROR_CODES;

interface ErrorDetails {
  readonly cause?: unknown;
  /** The effect of this error. Default: the effect that `ERROR_CODES` gives for the code. */
  readonly effect?: Effect | undefined;
}

/**
 * The base class of all errors of this library. The class has no type parameter for the code. Therefore `code` has the
 * type `ErrorCode` after `instanceof`, and a comparison with a misspelt code does not compile.
 */
export class ShardbearerError extends Error {
  // The name is set explicitly, because a minifier renames the class and people read the name.
  override readonly name: string = 'ShardbearerError';
  readonly code: ErrorCode;
  /**
   * Whether the failed request may have taken effect. Takes precedence over the usual effect of the code in
   * `ERROR_CODES`.
   */
  readonly effect: Effect;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details);
    this.code = code;
    this.effect = details.effect ?? ERROR_CODES[code].effect;
  }
}

export function isShardbearerError(error: unknown): error is ShardbearerError {
  return error instanceof ShardbearerError;
}

export class InvalidArgumentError extends ShardbearerError {
  override readonly name = 'InvalidArgumentError';
  declare readonly code: 'INVALID_ARGUMENT';

  constructor(message: string, details?: ErrorDetails) {
    super('INVALID_ARGUMENT', message, details);
  }
}

/** An invariant does not hold, which means a bug in this library. */
export class InvariantError extends ShardbearerError {
  override readonly name = 'InvariantError';
  declare readonly code: 'INVARIANT_BROKEN';

  constructor(message: string, details?: ErrorDetails) {
    super('INVARIANT_BROKEN', message, details);
  }
}

export class OutcomeUnknownError extends ShardbearerError {
  override readonly name = 'OutcomeUnknownError';
  declare readonly code: 'OUTCOME_UNKNOWN';

  constructor(message: string, details?: ErrorDetails) {
    super('OUTCOME_UNKNOWN', message, details);
  }
}

/** The storage of this identity is missing, damaged, or older than the state that peers saw. */
export class StorageLostError extends ShardbearerError {
  override readonly name = 'StorageLostError';
  declare readonly code: 'STORAGE_LOST';

  constructor(message: string, details?: ErrorDetails) {
    super('STORAGE_LOST', message, details);
  }
}

export function errorOf(code: ErrorCode, message: string, details?: ErrorDetails): ShardbearerError {
  switch (code) {
    case 'INVALID_ARGUMENT':
      return new InvalidArgumentError(message, details);
    case 'INVARIANT_BROKEN':
      return new InvariantError(message, details);
    case 'OUTCOME_UNKNOWN':
      return new OutcomeUnknownError(message, details);
    case 'STORAGE_LOST':
      return new StorageLostError(message, details);
    default:
      return new ShardbearerError(code, message, details);
  }
}

/** Returns a copy of the error with another effect, or `error` itself if it has that effect. */
export function withEffect(error: ShardbearerError, effect: Effect): ShardbearerError {
  if (error.effect === effect) return error;
  return errorOf(error.code, error.message, { ...causeOf(error), effect });
}

function causeOf({ cause }: Error): Pick<ErrorDetails, 'cause'> {
  return cause === undefined ? {} : { cause };
}

/** Reads an error code from a message. Returns undefined for an unknown code, which comes from a newer build. */
export function parseErrorCode(text: string): ErrorCode | undefined {
  return isErrorCode(text) ? text : undefined;
}

function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERROR_CODES, text);
}
