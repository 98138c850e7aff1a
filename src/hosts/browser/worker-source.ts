import { InvalidArgumentError, ShardbearerError } from '../../wire/errors.ts';
import { describeException } from '../../wire/platform-error.ts';
import { described, readArgument } from '../arguments.ts';

export interface WorkerSource {
  /** The owner of `create`. The remedy for a failed start depends on the owner. */
  readonly owner: 'application' | 'library';
  readonly create: () => unknown;
}

const REMEDIES: Readonly<Record<WorkerSource['owner'], string>> = {
  application:
    'Leave out `createWorker`: the library then makes the worker by itself. ' +
    "Or copy the file of 'shardbearer/worker' into your pages and write " +
    "createWorker: () => new Worker('/worker.js', { type: 'module' }). " +
    "Rollup and esbuild leave `new URL('shardbearer/worker', import.meta.url)` as it is.",
  library:
    'The library makes its worker from a blob. Allow `worker-src blob:` in the Content-Security-Policy of the page. ' +
    "Or copy the file of 'shardbearer/worker' into your pages and write " +
    "createWorker: () => new Worker('/worker.js', { type: 'module' }).",
};

/**
 * Creates a worker and checks its type.
 * @throws {ShardbearerError} `WORKER_DIED` if it cannot be made; `INVALID_ARGUMENT` if the result is not a worker
 */
export function workerFrom(source: WorkerSource): Worker {
  let worker: unknown;
  try {
    worker = source.create();
  } catch (cause) {
    const reason = `createWorker threw an error (${describeException(cause)})`;
    throw new ShardbearerError('WORKER_DIED', `${reason}. ${REMEDIES[source.owner]}`, { cause, effect: 'none' });
  }
  return readArgument('the worker', () => {
    if (isWorker(worker)) return worker;
    throw new InvalidArgumentError(
      `createWorker returned ${described(worker)}. Return a new Worker, not a promise of one.`,
    );
  });
}

/** Rejects with `WORKER_DIED` if the worker's script fails or takes no call within `patienceMs`. Never resolves. */
export function loadingFailed(
  worker: Pick<Worker, 'addEventListener'>,
  { owner }: WorkerSource,
  patienceMs: number,
): Promise<never> {
  return new Promise((_resolve, reject) => {
    const fail = (what: string) => reject(new ShardbearerError('WORKER_DIED', `${what}. ${REMEDIES[owner]}`));
    setTimeout(() => {
      fail(`the worker of this tab answered nothing within ${patienceMs / 1000} s: is it the script of this library?`);
    }, patienceMs);
    worker.addEventListener(
      'error',
      // The event has a message only if the script ran and threw an error.
      ({ message }) =>
        fail(
          message === undefined || message === ''
            ? 'the script of the worker could not be loaded'
            : `the worker of this tab did not start: ${message}`,
        ),
      { once: true },
    );
  });
}

function isWorker(worker: unknown): worker is Worker {
  if (typeof worker !== 'object' || worker === null) return false;
  // Checks the methods instead of the class, since a worker of another frame has another class.
  const methods = ['postMessage', 'terminate', 'addEventListener', 'removeEventListener'];
  return methods.every((name) => typeof Reflect.get(worker, name) === 'function');
}
