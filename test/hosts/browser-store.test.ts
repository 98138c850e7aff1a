/** A store, its channel and the far end's call desk, as in a tab; only the radiant behind them is missing. */
import { afterEach, expect, test } from 'vitest';
import { Client } from '../../src/client/client.ts';
import { BrowserStore } from '../../src/hosts/browser/browser-store.ts';
import { ConsoleNotices } from '../../src/hosts/browser/console-notices.ts';
import { ViewFeed } from '../../src/hosts/browser/view-feed.ts';
import type { WorkerCalls, WorkerTopics } from '../../src/hosts/browser/worker-protocol.ts';
import { answerCalls, callsTo } from '../../src/hosts/call-channel.ts';
import { ClientDesk } from '../../src/hosts/client-desk.ts';
import type { HostView, Shardbearer } from '../../src/hosts/contract.ts';
import { departedError } from '../../src/hosts/departure.ts';
import { textValues } from '../../src/hosts/text-values.ts';
import { ShardbearerError, withEffect } from '../../src/wire/errors.ts';
import type { Request } from '../../src/wire/frames/frame.ts';
import { formedView, radiant } from '../client/bench.ts';

const open: (() => void)[] = [];
afterEach(() => {
  for (const end of open.splice(0)) end();
});

const VIEW: HostView = {
  role: 'radiant',
  radiants: [],
  signaling: 'connected',
  storage: 'durable',
  frames: 'worker',
  problems: [],
};

function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve);
  });
}

/** One worker: a desk whose requests are collected, behind a real channel. */
function worker() {
  const { port1, port2 } = new MessageChannel();
  const sent: Request[] = [];
  const environment = { nowMs: () => 0, random: () => 0, randomBytes: (length: number) => new Uint8Array(length) };
  const desk = new ClientDesk(new Client({ environment }), (_order, request) => sent.push(request));
  desk.handle({ kind: 'view', view: formedView({ herald: radiant(1) }) });
  /** As in a host: its databases close after the desk has answered. */
  const close = async () => {
    desk.close();
    await nextTask();
  };
  answerCalls<WorkerCalls, WorkerTopics>(
    port1,
    {
      hold: async () => undefined,
      ping: async () => undefined,
      start: async () => ({ secret: '' }),
      request: (call, signal) => desk.request(call, signal),
      leave: async () => {
        await close();
        return VIEW;
      },
      close,
    },
    { view: () => () => undefined },
  );
  open.push(() => [port1, port2].forEach((port) => port.close()));
  return { calls: callsTo<WorkerCalls, WorkerTopics>(port2), desk, sent };
}

function tab() {
  let current = worker();
  let ended: ShardbearerError | undefined;
  const store = new BrowserStore({
    supervisor: {
      calls: async () => {
        if (ended !== undefined) throw withEffect(ended, 'none');
        return current.calls;
      },
      end: (error) => {
        ended = error;
        current.calls.fail(error);
      },
    },
    secret: 'secret',
    encoding: textValues,
    views: new ViewFeed(VIEW),
    notices: new ConsoleNotices('ws://localhost/signaling', () => undefined),
    signalingUrl: 'ws://localhost/signaling',
    onClosed: () => undefined,
  });
  /** The worker dies and another one takes its place. */
  const kill = (next: 'open' | 'closed' = 'open') => {
    const { calls } = current;
    current = worker();
    if (next === 'closed') current.desk.close();
    calls.fail(new ShardbearerError('WORKER_DIED', 'The worker of this tab ended.'));
  };
  return { store, kill, sentBy: () => current.sent };
}

const caught = (promise: Promise<unknown>) => promise.then(() => undefined).catch((error: unknown) => error);

const METHODS: Readonly<Record<string, (store: Shardbearer, signal?: AbortSignal) => Promise<unknown>>> = {
  get: (store, signal) => store.get('key', signal && { signal }),
  put: (store, signal) => store.put('key', 'value', signal && { signal }),
  append: (store, signal) => store.append('key', 'value', signal && { signal }),
  delete: (store, signal) => store.delete('key', signal && { signal }),
  configuration: (store, signal) => store.administration.configuration(undefined, signal && { signal }),
  move: (store, signal) => store.administration.move({ slot: 1 }, '1'.repeat(32), signal && { signal }),
};
const NAMES = Object.keys(METHODS);
const CHANGING = new Set(['put', 'append', 'delete', 'move']);

function call(name: string, store: Shardbearer, signal?: AbortSignal) {
  const method = METHODS[name];
  if (method === undefined) throw new Error(name);
  return caught(method(store, signal));
}

test.each(NAMES)('%s aborted before it is sent has effect none and keeps the reason', async (name) => {
  const { store } = tab();
  const reason = new Error('changed my mind');
  const error = await call(name, store, AbortSignal.abort(reason));
  expect(error).toMatchObject({ code: 'ABORTED', effect: 'none', cause: reason });
});

test.each(NAMES)('%s aborted under way has the effect that it may have had', async (name) => {
  const { store, sentBy } = tab();
  const controller = new AbortController();
  const ended = call(name, store, controller.signal);
  await expect.poll(() => sentBy().length).toBeGreaterThan(0);
  controller.abort();
  const error = await ended;
  expect(error).toMatchObject({ code: 'ABORTED', effect: CHANGING.has(name) ? 'unknown' : 'none' });
  expect(String(error).includes('may have taken effect')).toBe(CHANGING.has(name));
});

test.each(NAMES)('%s after leave() fails as CLOSED with effect none', async (name) => {
  const { store } = tab();
  await store.leave();
  expect(await call(name, store)).toMatchObject({ code: 'CLOSED', effect: 'none', message: departedError().message });
});

test.each(['ready', 'leave'] as const)('%s after close() fails as CLOSED with effect none', async (name) => {
  const { store } = tab();
  await store.close();
  expect(await caught(store[name]())).toMatchObject({ code: 'CLOSED', effect: 'none' });
});

test.each(['put', 'append', 'delete'])('%s whose worker dies is OUTCOME_UNKNOWN and keeps the cause', async (name) => {
  const { store, kill, sentBy } = tab();
  const ended = call(name, store);
  await expect.poll(() => sentBy().length).toBeGreaterThan(0);
  kill();
  const error = await ended;
  expect(error).toMatchObject({ code: 'OUTCOME_UNKNOWN', effect: 'unknown', cause: { code: 'WORKER_DIED' } });
  expect(String(error)).not.toContain('ry again');
});

test('a change whose worker died is OUTCOME_UNKNOWN, also if its second sending had no effect', async () => {
  const { store, kill, sentBy } = tab();
  const ended = call('move', store);
  await expect.poll(() => sentBy().length).toBeGreaterThan(0);
  kill('closed');
  expect(await ended).toMatchObject({ code: 'OUTCOME_UNKNOWN', effect: 'unknown', cause: { effect: 'none' } });
});
