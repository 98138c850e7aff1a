/** The errors of calls that end without a result. Each tells whether a sending of its call may have taken effect. */
import { errorOf, OutcomeUnknownError, ShardbearerError } from '../wire/errors.ts';
import type { PendingCall } from './pending-call.ts';
import { mayHaveEffect } from './pending-call.ts';
import { adviceOnUnknown, type Reason } from './reason.ts';

/** No further sending can succeed. */
export function givenUpError(call: PendingCall, { code, why, advice }: Reason): ShardbearerError {
  if (mayHaveEffect(call)) return new OutcomeUnknownError(`${why} ${adviceOnUnknown(call.call)}`);
  return errorOf(code, advice === '' ? why : `${why} ${advice}`, { effect: 'none' });
}

/** The call ends before its answer: by its caller or with its store. */
export function stoppedError(call: PendingCall, code: 'ABORTED' | 'CLOSED', why: string): ShardbearerError {
  if (!mayHaveEffect(call)) return errorOf(code, `${why} Nothing was changed.`, { effect: 'none' });
  return new ShardbearerError(code, `${why} ${adviceOnUnknown(call.call)}`, { effect: 'unknown' });
}
