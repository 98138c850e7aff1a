/** The worker that an application makes. */
import { InvalidArgumentError, ShardbearerError } from '../../wire/errors.ts';
import { described } from '../argument.ts';

/**
 * Lets the application make one, and looks at what came of it.
 * @throws {ShardbearerError} `WORKER_DIED` where making it failed; `INVALID_ARGUMENT` where it is none
 */
export function workerFrom(createWorker: () => unknown): Worker {
  let worker: unknown;
  try {
    worker = createWorker();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : described(cause);
    throw new ShardbearerError('WORKER_DIED', `createWorker made no worker: ${reason}`, { cause });
  }
  if (isWorker(worker)) return worker;
  throw new InvalidArgumentError(`createWorker returns a new Worker, and at once, not ${described(worker)}`);
}

function isWorker(worker: unknown): worker is Worker {
  // Not by its class: that of another frame is another one.
  return typeof worker === 'object' && worker !== null && 'postMessage' in worker && 'terminate' in worker;
}
