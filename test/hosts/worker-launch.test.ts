import { afterEach, expect, test } from 'vitest';
import type { WorkerCalls, WorkerTopics } from '../../src/hosts/browser/worker-protocol.ts';
import { launchWorker } from '../../src/hosts/browser/worker-launch.ts';
import { answerCalls } from '../../src/hosts/call-channel.ts';
import { TIMES } from '../../src/wire/times.ts';
import { platformError } from '../../src/wire/platform-error.ts';
import { ManualScheduler } from '../transport/manual-scheduler.ts';

type Behaviour = 'answers' | 'is dead' | 'denies locks' | 'fails to load';

interface FakeWorker extends MessagePort {
  isTerminated: boolean;
  terminate(): void;
}

const made: FakeWorker[] = [];
afterEach(() => {
  for (const worker of made.splice(0)) worker.terminate();
});

function fakeWorker(behaviour: Behaviour): FakeWorker {
  const { port1, port2 } = new MessageChannel();
  const worker: FakeWorker = Object.assign(port1, {
    isTerminated: false,
    terminate: () => {
      worker.isTerminated = true;
      port1.close();
      port2.close();
    },
  });
  made.push(worker);
  if (behaviour === 'fails to load') setTimeout(() => worker.dispatchEvent(new Event('error')));
  if (behaviour === 'is dead' || behaviour === 'fails to load') return worker;
  const denied = Object.assign(new Error('no access'), { name: 'SecurityError' });
  answerCalls<Pick<WorkerCalls, 'hold'>, WorkerTopics>(
    {
      hold: () => {
        if (behaviour === 'answers') return Promise.resolve();
        return Promise.reject(platformError('navigator.locks.request', denied));
      },
    },
    { view: () => () => undefined },
    port2,
  );
  return worker;
}

function start(...behaviours: readonly Behaviour[]) {
  const scheduler = new ManualScheduler();
  const next = [...behaviours];
  const live = launchWorker(
    { owner: 'library', create: () => fakeWorker(next.shift() ?? 'is dead') },
    scheduler,
    TIMES.page,
  );
  // The test awaits the promise later. Until then, its rejection must not count as unhandled.
  live.catch(() => undefined);
  return { scheduler, live };
}

test('a worker that answers is used, with the lock that it holds', async () => {
  const { live } = start('answers');
  expect((await live).lock).toMatch(/^shardbearer-worker-/u);
  expect(made).toHaveLength(1);
});

test('a worker that is terminated before its script ran is followed by another after a moment', async () => {
  const { scheduler, live } = start('is dead', 'answers');
  scheduler.advance(TIMES.page.workerHedgeMs - 1);
  expect(made).toHaveLength(1);
  scheduler.advance(1);
  const { worker } = await live;
  expect(made.map((one) => Object.is(one, worker))).toEqual([false, true]);
  expect(made.map(({ isTerminated }) => isTerminated)).toEqual([true, false]);
  scheduler.advance(TIMES.page.workerStartMs);
  expect(made).toHaveLength(2);
});

test('if no worker answers, new workers are created less and less often', () => {
  const { scheduler } = start();
  scheduler.advance(TIMES.page.workerStartMs - 1);
  expect(made).toHaveLength(4);
});

test('a script that cannot be loaded fails at once, and no other worker is made', async () => {
  const { live } = start('fails to load');
  await expect(live).rejects.toMatchObject({ code: 'WORKER_DIED' });
  expect(made.map(({ isTerminated }) => isTerminated)).toEqual([true]);
});

test('in a browser that denies locks, a worker is used without a lock', async () => {
  const { live } = start('denies locks');
  expect((await live).lock).toBeUndefined();
});
