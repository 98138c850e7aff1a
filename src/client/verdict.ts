/** What an answer means for the call that it answers. */
import type { ErrorCode } from '../wire/errors.ts';
import type { Answer } from '../wire/frames/frame.ts';
import { asSentence } from '../wire/sentence.ts';
import type { Attempts, Refusal } from './attempts.ts';
import type { Call, CallOutcome } from './contract.ts';
import { type Reason, reasonOf } from './reason.ts';

export type Verdict =
  | { readonly kind: 'settled'; readonly outcome: CallOutcome }
  /** Every sending of this call fails so, without effect. */
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string }
  /** No further sending can succeed. An earlier one may have taken effect. */
  | { readonly kind: 'given-up'; readonly reason: Reason }
  /** The order that was asked does not know the session of this command. */
  | { readonly kind: 'unknown-session' }
  /** It may be otherwise in a moment, at another herald or at another order. */
  | { readonly kind: 'refused' }
  /** No answer to this question. */
  | { readonly kind: 'nonsense' };

/** Which answers end which call. */
const FITTING: Readonly<Record<Call['kind'], readonly Answer['kind'][]>> = {
  write: ['written'],
  get: ['value', 'missing'],
  administer: ['configuration'],
  query: ['configuration'],
};

/** The order remembers these like an outcome. */
const SETTLED_BY_ORDER: ReadonlySet<ErrorCode> = new Set(['INVALID_ARGUMENT', 'KEY_TOO_LARGE', 'VALUE_TOO_LARGE']);

/** As the configuration is, this cannot be: someone has to decide what to do about it. */
const SETTLED_BY_BONDSMITH: ReadonlySet<ErrorCode> = new Set([
  'INVALID_ARGUMENT',
  'CONFIGURATION_COMPACTED',
  'UNKNOWN_CONFIGURATION',
  'UNKNOWN_ORDER',
  'SHARD_MOVING',
  'SHARDS_APART',
  'LAST_RADIANT',
  'CONFIGURATION_FULL',
  'NOT_GOVERNED',
  'STORAGE_FULL',
]);

export function verdictOn(call: Call, answer: Answer): Verdict {
  if (answer.kind === 'refusal') return verdictOnRefusal(call, answer);
  if (!FITTING[call.kind].includes(answer.kind) || answer.kind === 'session-opened') return { kind: 'nonsense' };
  return { kind: 'settled', outcome: answer };
}

/** Why a call has no result at its deadline. */
export function verdictOnLate(call: Call, attempts: Attempts): Reason {
  const advice = 'Try again.';
  const unavailable = (why: string): Reason => ({ code: 'UNAVAILABLE', why, advice });
  const silent = unavailable(
    attempts.unanswered.size > 0 ? 'No answer came in time.' : 'No herald accepted the call in time.',
  );
  // A bondsmith's refusal says why; the refusal of any other radiant only names the bondsmith.
  if (isOfBondsmith(call)) return attempts.latestReason === undefined ? silent : reasonOf(attempts.latestReason);
  switch (attempts.latestRefusal?.code) {
    case 'OVERLOADED':
      return {
        code: 'OVERLOADED',
        why: 'The order has too many calls under way.',
        advice: 'Make fewer calls at once.',
      };
    case 'WRONG_SHARD':
      return unavailable('The shard of the key is moving to another order.');
    default:
      return silent;
  }
}

function isOfBondsmith({ kind }: Call): boolean {
  return kind === 'administer' || kind === 'query';
}

function verdictOnRefusal(call: Call, refusal: Refusal): Verdict {
  const { code, message } = refusal;
  if (isOfBondsmith(call)) {
    return SETTLED_BY_BONDSMITH.has(code) ? { kind: 'given-up', reason: reasonOf(refusal) } : { kind: 'refused' };
  }
  if (SETTLED_BY_ORDER.has(code)) return { kind: 'failed', code, message: asSentence(message) };
  if (code === 'STALE_REQUEST' || code === 'STORAGE_FULL') return { kind: 'given-up', reason: reasonOf(refusal) };
  return code === 'UNKNOWN_SESSION' ? { kind: 'unknown-session' } : { kind: 'refused' };
}
