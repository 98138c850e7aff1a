/** Starts workers and detects their death. */
import { ShardbearerError } from '../../wire/errors.ts';
import { hexFromBytes, ID_BYTES } from '../../wire/identifiers.ts';
import { LIMITS } from '../../wire/limits.ts';
import type { Times } from '../../wire/times.ts';
import type { ScheduledTask, Scheduler } from '../../transport/scheduler.ts';
import { callsTo } from '../call-channel.ts';
import { errorCodeOf } from '../error-record.ts';
import { workerLock } from '../locks.ts';
import { randomBytes } from './randomness.ts';
import type { WorkerCalls, WorkerClient, WorkerTopics } from './worker-protocol.ts';
import { loadingFailed, workerFrom, type WorkerSource } from './worker-source.ts';

interface LiveWorker {
  readonly worker: Worker;
  readonly calls: WorkerClient;
  /** Name of the lock that the worker holds until it ends. Undefined if the browser denies locks. */
  readonly lock: string | undefined;
}

interface Attempt {
  readonly worker: Worker;
  readonly calls: WorkerClient;
  readonly live: Promise<LiveWorker>;
}

/**
 * Starts a worker. The platform does not report the end of a worker whose script has not run yet. If a worker does not
 * answer in time, another one is started in parallel. The first worker that answers is used, and the others are
 * terminated.
 * @throws {ShardbearerError} `WORKER_DIED`, `INVALID_ARGUMENT`
 */
export async function launchWorker(
  source: WorkerSource,
  scheduler: Scheduler,
  times: Times['page'],
): Promise<LiveWorker> {
  const first = attemptFrom(source, times);
  const attempts = [first];
  let hedge: ScheduledTask | undefined;
  let winner: LiveWorker | undefined;
  const attemptAgain = (resolve: (live: LiveWorker) => void): void => {
    try {
      const next = attemptFrom(source, times);
      attempts.push(next);
      next.live.then(resolve, () => undefined);
    } catch {
      // The application cannot create a second worker. The first attempt continues.
    }
  };
  try {
    winner = await new Promise<LiveWorker>((resolve, reject) => {
      const hedgeAfter = (delayMs: number): void => {
        hedge = scheduler.after(delayMs, () => {
          attemptAgain(resolve);
          hedgeAfter(2 * delayMs);
        });
      };
      first.live.then(resolve, reject);
      hedgeAfter(times.workerHedgeMs);
    });
    return winner;
  } finally {
    hedge?.cancel();
    for (const { worker, calls } of attempts) {
      if (worker === winner?.worker) continue;
      worker.terminate();
      calls.fail(new ShardbearerError('WORKER_DIED', 'Another worker of this tab answered first.'));
    }
  }
}

function attemptFrom(source: WorkerSource, times: Times['page']): Attempt {
  const worker = workerFrom(source);
  const calls = callsTo<WorkerCalls, WorkerTopics>(worker);
  const lock = workerLock(hexFromBytes(randomBytes(ID_BYTES)));
  const live = Promise.race([takesLock(calls, lock), loadingFailed(worker, source, times.workerStartMs)]).then(
    (hasLock) => ({ worker, calls, lock: hasLock ? lock : undefined }),
  );
  return { worker, calls, live };
}

/** Resolves once the worker holds the lock. Resolves to false if the browser denies locks. */
async function takesLock(calls: WorkerClient, lock: string): Promise<boolean> {
  try {
    await calls.call('hold', lock);
    return true;
  } catch (error) {
    if (errorCodeOf(error) !== 'STORAGE_UNAVAILABLE') throw error;
    return false;
  }
}

/**
 * Detects the death of a worker that holds no lock. Resolves after `LIMITS.host.workerPings` consecutive pings without an
 * answer.
 * @param ping resolves when the worker has answered
 * @throws {ShardbearerError} `ABORTED` by `signal`
 */
export function untilSilent(ping: () => Promise<void>, signal: AbortSignal, times: Times['page']): Promise<void> {
  return new Promise((resolve, reject) => {
    let unanswered = 0;
    const noteAnswer = () => {
      unanswered = 0;
    };
    const timer = setInterval(() => {
      // Counts pings instead of measuring time. A page that was frozen would otherwise take its own pause for the
      // worker's.
      if (unanswered < LIMITS.host.workerPings) {
        unanswered += 1;
        ping().then(noteAnswer, () => undefined);
        return;
      }
      clearInterval(timer);
      resolve();
    }, times.workerPingMs);
    signal.addEventListener('abort', () => {
      clearInterval(timer);
      reject(new ShardbearerError('ABORTED', 'The page no longer watches this worker.'));
    });
  });
}
