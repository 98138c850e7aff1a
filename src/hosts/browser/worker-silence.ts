import { ShardbearerError } from '../../wire/errors.ts';
import { INTERVALS, LIMITS } from '../../wire/limits.ts';

/**
 * Notices the death of a worker that holds no lock: resolves when it has left a number of pings in a row unanswered.
 * @param ping resolves when the worker has answered
 * @throws {ShardbearerError} `ABORTED` by `signal`
 */
export function untilSilent(ping: () => Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    let unanswered = 0;
    const noteAnswer = () => {
      unanswered = 0;
    };
    const timer = setInterval(() => {
      // Counted, not timed: a page that stood still does not blame its worker.
      if (unanswered < LIMITS.workerPings) {
        unanswered += 1;
        ping().then(noteAnswer, () => undefined);
        return;
      }
      clearInterval(timer);
      resolve();
    }, INTERVALS.workerPingMs);
    signal.addEventListener('abort', () => {
      clearInterval(timer);
      reject(new ShardbearerError('ABORTED', 'The page no longer watches this worker.'));
    });
  });
}
