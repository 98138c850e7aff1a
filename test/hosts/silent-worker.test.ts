import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { BrowserStore } from '../../src/hosts/browser/browser-store.ts';
import { ConsoleNotices } from '../../src/hosts/browser/console-notices.ts';
import { ViewFeed } from '../../src/hosts/browser/view-feed.ts';
import type { WorkerCalls, WorkerTopics } from '../../src/hosts/browser/worker-protocol.ts';
import { CallClient, type CallPort } from '../../src/hosts/call-channel.ts';
import type { HostView } from '../../src/hosts/contract.ts';
import { encodingOf } from '../../src/hosts/values.ts';
import { TIMES } from '../../src/wire/times.ts';

const VIEW: HostView = {
  role: 'radiant',
  radiants: [],
  signaling: 'connecting',
  storage: 'durable',
  frames: 'worker',
  problems: [],
};

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function storeOfSilentWorker() {
  const silence: CallPort<WorkerCalls, WorkerTopics> = {
    call: () => new Promise(() => undefined),
    abort: () => undefined,
    subscribe: () => undefined,
    unsubscribe: () => undefined,
  };
  const calls = new CallClient(silence);
  const ended: string[] = [];
  const warnings: string[] = [];
  const signalingUrl = 'ws://localhost:5173/signaling';
  const store = new BrowserStore({
    supervisor: {
      running: calls,
      untilRunning: () => Promise.resolve(calls),
      end: ({ code }) => ended.push(code),
    },
    secret: 'secret',
    encoding: encodingOf('utf8'),
    views: new ViewFeed(VIEW),
    notices: new ConsoleNotices(signalingUrl, (line) => warnings.push(line)),
    signalingUrl,
    times: TIMES,
    onClosed: () => undefined,
  });
  return { store, ended, warnings };
}

test('closing ends a worker that does not answer', async () => {
  const { store, ended } = storeOfSilentWorker();
  const closing = store.close();
  await vi.advanceTimersByTimeAsync(TIMES.page.closePatienceMs - 1);
  expect(ended).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  await closing;
  expect(ended).toEqual(['CLOSED']);
});

test('a call of ready() that waits says once in the browser’s console what is missing', async () => {
  const { store, warnings } = storeOfSilentWorker();
  const waiting = Promise.allSettled([store.ready(), store.ready()]);
  await vi.advanceTimersByTimeAsync(TIMES.page.readyNoticeMs - 1);
  expect(warnings).toEqual([]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(warnings).toEqual([expect.stringMatching(/^Shardbearer: .* \[UNAVAILABLE\]$/u)]);
  void store.close();
  await vi.advanceTimersByTimeAsync(TIMES.page.closePatienceMs);
  expect(await waiting).toMatchObject([{ reason: { code: 'CLOSED' } }, { reason: { code: 'CLOSED' } }]);
});

test('ready() ends with its time-out, and with the code of what is missing', async () => {
  const { store, warnings } = storeOfSilentWorker();
  const late = store.ready({ timeoutMs: 2_000 }).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await late).toMatchObject({ code: 'UNAVAILABLE' });
  await vi.advanceTimersByTimeAsync(TIMES.page.readyNoticeMs);
  expect(warnings).toEqual([]);
});
