import { expect, test } from 'vitest';
import { loadingFailed, type WorkerSource, workerFrom } from '../../src/hosts/browser/worker-source.ts';

const application = (create: () => unknown): WorkerSource => ({ owner: 'application', create });

test.each([undefined, null, 'worker.js', {}, Promise.resolve()])(
  'a value that is not a worker is refused: %o',
  (made) => {
    expect(() => workerFrom(application(() => made))).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  },
);

test('the error of a worker that cannot be created has a code, a cause and a remedy', () => {
  const cause = new DOMException('cannot be accessed from this origin', 'SecurityError');
  const make = () =>
    workerFrom(
      application(() => {
        throw cause;
      }),
    );
  expect(make).toThrow(expect.objectContaining({ code: 'WORKER_DIED', cause }));
  expect(make).toThrow(/cannot be accessed from this origin/u);
  expect(make).toThrow(/Leave out `createWorker`/u);
});

/** A worker whose script fails with the message. A script that cannot be loaded fails without a message. */
function failing(message?: string): Pick<Worker, 'addEventListener'> {
  const target = new EventTarget();
  queueMicrotask(() => target.dispatchEvent(Object.assign(new Event('error'), { message })));
  return target;
}

const SOURCES: Readonly<Record<WorkerSource['owner'], RegExp>> = {
  application: /Leave out `createWorker`.*new Worker\('\/worker\.js', \{ type: 'module' \}\)/u,
  library: /worker-src blob:.*new Worker\('\/worker\.js', \{ type: 'module' \}\)/u,
};

test.each(['application', 'library'] as const)(
  'the error of a script that does not load gives advice: %s',
  async (owner) => {
    const source = { owner, create: () => undefined };
    const { message: unloaded } = await failureOf(loadingFailed(failing(), source, 60_000));
    expect(unloaded).toContain('could not be loaded');
    expect(unloaded).toMatch(SOURCES[owner]);
    const { code, message } = await failureOf(loadingFailed(failing('x is not defined'), source, 60_000));
    expect(code).toBe('WORKER_DIED');
    expect(message).toContain('did not start: x is not defined');
  },
);

test('the error of a script that takes no call gives advice', async () => {
  const { code, message } = await failureOf(
    loadingFailed(
      new EventTarget(),
      application(() => undefined),
      1,
    ),
  );
  expect(code).toBe('WORKER_DIED');
  expect(message).toContain('is it the script of this library?');
  expect(message).toMatch(SOURCES.application);
});

async function failureOf(failing: Promise<never>): Promise<{ readonly code: unknown; readonly message: string }> {
  const error: unknown = await failing.catch((caught: unknown) => caught);
  if (!(error instanceof Error)) throw new TypeError('it did not fail');
  return { code: Reflect.get(error, 'code'), message: error.message };
}
