/**
 * Determines the outcome of a call. An answer settles the call, or the call fails with an error that states its effect.
 */
import type { ErrorCode } from '../wire/errors.ts';
import { errorOf, OutcomeUnknownError, ShardbearerError } from '../wire/errors.ts';
import type { Answer } from '../wire/frames/frame.ts';
import { asSentence } from '../wire/sentence.ts';
import type { CallOutcome } from './contract.ts';
import { mayHaveEffect, type PendingCall } from './pending-call.ts';
import type { Attempts, Refusal } from './requests.ts';

/** The reason why a call fails. `why` and `advice` are whole sentences. */
export interface CallFailure {
  readonly code: ErrorCode;
  readonly why: string;
  /** Advice that the error contains if the call had no effect. Empty if `why` suffices. */
  readonly advice: string;
}

/** A call of the application, or a step of a transaction. */
type AnyCall = PendingCall['call'];

type RefusalMeaning =
  /** No further sending can succeed. */
  | { readonly kind: 'settled'; readonly outcome: CallOutcome }
  /** The order does not know the session of this command. */
  | { readonly kind: 'unknown-session' }
  /** A later sending may succeed, possibly at another herald or another order. */
  | { readonly kind: 'retry' };

export const UNKNOWN_SESSION: CallFailure = {
  code: 'UNKNOWN_SESSION',
  why: 'The order does not know the session of this call.',
  advice: 'Try again.',
};

/** The failure of a transaction that met locks of other transactions in every attempt. */
export const MET_LOCKS: CallFailure = {
  code: 'LOCKED',
  why: 'Other transactions held its keys at every attempt.',
  advice: 'Try again.',
};

/** The failure of a call that waited until its deadline, for the send window or for earlier calls on its key. */
export const TOOK_TOO_LONG: CallFailure = {
  code: 'OVERLOADED',
  why: 'Earlier calls took so long that this one was not sent in time.',
  advice: 'Make fewer calls at once.',
};

/** The kinds of answers that settle each kind of call. Any other answer is ignored. */
export const FITTING_ANSWERS: Readonly<Record<PendingCall['call']['kind'], readonly Answer['kind'][]>> = {
  write: ['written', 'conflict'],
  get: ['value', 'missing', 'machine-reply'],
  list: ['page'],
  watch: ['changes'],
  transaction: [],
  'lock-range': ['range-locked'],
  'release-range': ['range-released'],
  prepare: ['transacted'],
  commit: ['transacted'],
  settle: ['settled'],
  administer: ['configuration'],
  query: ['configuration'],
};

/** Codes of refusals that an order stores as the outcome of a command. A retry of the command gets the same refusal. */
const SETTLED_BY_ORDER: ReadonlySet<ErrorCode> = new Set([
  'INVALID_ARGUMENT',
  'KEY_TOO_LARGE',
  'VALUE_TOO_LARGE',
  'COMMAND_REFUSED',
]);

/**
 * Codes of the bondsmith's refusals that a retry does not change. A person or another change of the configuration must
 * first remove the cause.
 */
const SETTLED_BY_BONDSMITH: ReadonlySet<ErrorCode> = new Set([
  'INVALID_ARGUMENT',
  'CONFIGURATION_COMPACTED',
  'UNKNOWN_CONFIGURATION',
  'UNKNOWN_ORDER',
  'SHARD_MOVING',
  'SHARDS_APART',
  'LAST_RADIANT',
  'CONFIGURATION_FULL',
  'STORAGE_FULL',
]);

export function meaningOfRefusal(refusal: Refusal, call: PendingCall): RefusalMeaning {
  const { code, message } = refusal;
  if (isForBondsmith(call.call)) {
    if (!SETTLED_BY_BONDSMITH.has(code)) return { kind: 'retry' };
    return { kind: 'settled', outcome: givenUp(call, failureOf(refusal)) };
  }
  // Every sending of this call fails in the same way, so no earlier sending had an effect.
  if (SETTLED_BY_ORDER.has(code)) {
    return { kind: 'settled', outcome: failed(errorOf(code, asSentence(message), { effect: 'none' })) };
  }
  if (code === 'STALE_REQUEST' || code === 'STORAGE_FULL' || code === 'UNKNOWN_MACHINE') {
    return { kind: 'settled', outcome: givenUp(call, failureOf(refusal)) };
  }
  return code === 'UNKNOWN_SESSION' ? { kind: 'unknown-session' } : { kind: 'retry' };
}

/** Returns the reason why a call without a result fails at its deadline. */
export function failureAtDeadline(call: AnyCall, attempts: Attempts): CallFailure {
  const advice = 'Try again.';
  const unavailable = (why: string): CallFailure => ({ code: 'UNAVAILABLE', why, advice });
  const silent = unavailable(
    attempts.unanswered.size > 0 ? 'No answer came in time.' : 'No herald accepted the call in time.',
  );
  // Only the bondsmith's own refusal gives a reason. Other radiants merely name the bondsmith.
  if (isForBondsmith(call)) return attempts.latestReason === undefined ? silent : failureOf(attempts.latestReason);
  switch (attempts.latestRefusal?.code) {
    case 'OVERLOADED':
      return {
        code: 'OVERLOADED',
        why: 'The order has too many calls under way.',
        advice: 'Make fewer calls at once.',
      };
    case 'LOCKED':
      return { code: 'LOCKED', why: 'A transaction that is not decided yet holds the key.', advice };
    case 'WRONG_SHARD':
      return unavailable('The shard of the key is moving to another order.');
    default:
      return silent;
  }
}

function isForBondsmith({ kind }: AnyCall): boolean {
  return kind === 'administer' || kind === 'query';
}

export function failureOf({ code, message }: Refusal): CallFailure {
  return { code, why: asSentence(message), advice: '' };
}

/**
 * Returns the outcome of a call that is not sent again. If the call may have had an effect, the outcome is
 * `OUTCOME_UNKNOWN`.
 */
export function givenUp(call: PendingCall, { code, why, advice }: CallFailure): CallOutcome {
  if (mayHaveEffect(call)) return failed(new OutcomeUnknownError(`${why} ${adviceOnUnknown(call.call)}`));
  return failed(errorOf(code, advice === '' ? why : `${why} ${advice}`, { effect: 'none' }));
}

/** Returns the outcome of a call that the caller aborted, or that ended because the store was closed. */
export function stopped(call: PendingCall, code: 'ABORTED' | 'CLOSED', why: string): CallOutcome {
  if (!mayHaveEffect(call)) return failed(errorOf(code, `${why} Nothing was changed.`, { effect: 'none' }));
  return failed(new ShardbearerError(code, `${why} ${adviceOnUnknown(call.call)}`, { effect: 'unknown' }));
}

function failed(error: ShardbearerError): CallOutcome {
  return { kind: 'failed', error };
}

/**
 * Returns the advice for a call with an unknown outcome. Repeating a put or a delete is harmless, but repeating an
 * append adds its value twice.
 */
export function adviceOnUnknown(call: AnyCall): string {
  switch (call.kind) {
    case 'transaction':
    case 'commit':
      return 'The transaction may have taken effect, or may still do so. Read its keys before you repeat it.';
    case 'write':
      return UNKNOWN_WRITES[call.operation.kind];
    case 'administer':
      return 'The change may have taken effect, or may still do so. Look at the configuration; the same change twice is safe.';
    case 'get':
    case 'list':
    case 'lock-range':
    case 'release-range':
    case 'watch':
    case 'query':
    case 'prepare':
    case 'settle':
      return 'Try again.';
  }
}

const UNKNOWN_APPEND =
  'The append may have taken effect, or may still do so. ' +
  'Read the key before you append again: a second append adds the value twice.';

const UNKNOWN_WRITES = {
  put: 'The put may have taken effect, or may still do so. Read the key, or put the same value again.',
  append: UNKNOWN_APPEND,
  'append-element': UNKNOWN_APPEND,
  machine:
    'The command may have taken effect, or may still do so. ' +
    'Read the state of the machine before you send it again: a second command takes effect again.',
  delete: 'The delete may have taken effect, or may still do so. Read the key, or delete it again.',
} as const;
