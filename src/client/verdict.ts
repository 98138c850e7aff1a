/** What an answer means for the call that it answers. */
import type { ErrorCode } from '../wire/errors.ts';
import type { Answer } from '../wire/frames/frame.ts';
import type { Attempts, Refusal } from './attempts.ts';
import type { Call, CallOutcome } from './contract.ts';

export type Verdict =
  | { readonly kind: 'settled'; readonly outcome: CallOutcome }
  /** So it is for every sending of this call. */
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string }
  /** No further sending can succeed; what an earlier one did is not known. */
  | { readonly kind: 'given-up'; readonly code: ErrorCode; readonly message: string }
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
]);

export function verdictOn(call: Call, answer: Answer): Verdict {
  if (answer.kind === 'refusal') return verdictOnRefusal(call, answer);
  if (!FITTING[call.kind].includes(answer.kind) || answer.kind === 'session-opened') return { kind: 'nonsense' };
  return { kind: 'settled', outcome: answer };
}

/** Its time is over. */
export function verdictOnLate(call: Call, attempts: Attempts): Pick<Refusal, 'code' | 'message'> {
  const nothingTold = {
    code: 'UNAVAILABLE',
    message: `${attempts.unanswered.size > 0 ? 'no answer came' : 'no herald took it up'} in time; try again`,
  } as const;
  // A bondsmith knows why it cannot be so now; whoever is none only knows that.
  if (isOfBondsmith(call)) return attempts.latestReason ?? nothingTold;
  const latest = attempts.latestRefusal;
  if (latest?.code === 'OVERLOADED') {
    return { code: 'OVERLOADED', message: 'too much was asked at once; slow down and try again' };
  }
  if (latest?.code === 'WRONG_SHARD') {
    return { code: 'UNAVAILABLE', message: 'its shard is on its way to another order; try again in a while' };
  }
  return nothingTold;
}

function isOfBondsmith({ kind }: Call): boolean {
  return kind === 'administer' || kind === 'query';
}

function verdictOnRefusal(call: Call, { code, message }: Refusal): Verdict {
  if (isOfBondsmith(call)) {
    return SETTLED_BY_BONDSMITH.has(code) ? { kind: 'given-up', code, message } : { kind: 'refused' };
  }
  if (SETTLED_BY_ORDER.has(code)) return { kind: 'failed', code, message };
  if (code === 'STALE_REQUEST') return { kind: 'given-up', code, message };
  return code === 'UNKNOWN_SESSION' ? { kind: 'unknown-session' } : { kind: 'refused' };
}
