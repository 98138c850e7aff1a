/** Errors of calls whose answer never comes: aborted by the caller, or lost with the worker or the store. */
import { adviceOnUnknown } from '../client/call-outcome.ts';
import type { Call } from '../client/contract.ts';
import { errorOf, OutcomeUnknownError, type ShardbearerError, withEffect } from '../wire/errors.ts';
import { asSentence } from '../wire/sentence.ts';

/** The error of a call that was handed to the worker. @param why it gets no answer */
export function unanswered(call: Call, why: ShardbearerError): ShardbearerError {
  if (call.kind === 'get' || call.kind === 'query') return withEffect(why, 'none');
  const message = `${asSentence(why.message)} ${adviceOnUnknown(call)}`;
  // A write is not sent again, so the worker's death decides its outcome. A change of the configuration is sent again.
  if (why.code === 'WORKER_DIED' && call.kind === 'write') return new OutcomeUnknownError(message, { cause: why });
  return errorOf(why.code, message, { cause: why.cause, effect: 'unknown' });
}

/** The error of a call that an earlier worker may have carried out before it died. @param last error of the last sending */
export function afterLostSending(call: Call, last: ShardbearerError): ShardbearerError {
  if (call.kind !== 'administer' || last.effect === 'unknown') return last;
  const message = `${asSentence(last.message)} An earlier sending was lost with its worker. ${adviceOnUnknown(call)}`;
  return new OutcomeUnknownError(message, { cause: last });
}
