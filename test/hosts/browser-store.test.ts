import { afterEach, expect, test } from 'vitest';
import type { Shardbearer } from '../../src/hosts/contract.ts';
import { leftError } from '../../src/hosts/leave-process.ts';
import { ShardbearerError } from '../../src/wire/errors.ts';
import { LIMITS } from '../../src/wire/limits.ts';
import { caught, closeTabs, openTab } from './store-in-node.ts';

afterEach(closeTabs);

const METHODS: Readonly<Record<string, (store: Shardbearer<string>, signal?: AbortSignal) => Promise<unknown>>> = {
  get: (store, signal) => store.get('key', signal && { signal }),
  put: (store, signal) => store.put('key', 'value', signal && { signal }),
  append: (store, signal) => store.append('key', 'value', signal && { signal }),
  delete: (store, signal) => store.delete('key', signal && { signal }),
  configuration: (store, signal) => store.administration.configuration(undefined, signal && { signal }),
  move: (store, signal) => store.administration.move({ slot: 1 }, '1'.repeat(32), signal && { signal }),
};
const NAMES = Object.keys(METHODS);
const CHANGING = new Set(['put', 'append', 'delete', 'move']);

function call(name: string, store: Shardbearer<string>, signal?: AbortSignal) {
  const method = METHODS[name];
  if (method === undefined) throw new Error(name);
  return caught(method(store, signal));
}

test.each(NAMES)('%s aborted before it is sent has effect none and keeps the reason', async (name) => {
  const { store } = openTab('utf8');
  const reason = new Error('changed my mind');
  const error = await call(name, store, AbortSignal.abort(reason));
  expect(error).toMatchObject({ code: 'ABORTED', effect: 'none', cause: reason });
});

test.each(NAMES)('%s aborted under way has the effect that it may have had', async (name) => {
  const { store, sentBy } = openTab('utf8');
  const controller = new AbortController();
  const ended = call(name, store, controller.signal);
  await expect.poll(() => sentBy().length).toBeGreaterThan(0);
  controller.abort();
  const error = await ended;
  expect(error).toMatchObject({ code: 'ABORTED', effect: CHANGING.has(name) ? 'unknown' : 'none' });
  expect(String(error).includes('may have taken effect')).toBe(CHANGING.has(name));
});

test('a write aborted while it waits in the worker has effect none and keeps the reason', async () => {
  const { store, sentBy } = openTab('utf8');
  void caught(store.put('key', 'first'));
  const controller = new AbortController();
  const ended = caught(store.put('key', 'second', { signal: controller.signal }));
  await expect.poll(() => sentBy().length).toBe(1);
  const reason = new Error('changed my mind');
  controller.abort(reason);
  expect(await ended).toMatchObject({ code: 'ABORTED', effect: 'none', cause: reason });
  expect(sentBy()).toHaveLength(1);
});

test('calls that hold too many bytes are refused at once and without effect', async () => {
  const { store } = openTab('utf8');
  const value = 'x'.repeat(LIMITS.messages.valueBytes);
  const controller = new AbortController();
  const fitting = Math.floor(LIMITS.client.waitingCallBytes / (value.length + LIMITS.client.callOverheadBytes + 3));
  const puts = Array.from({ length: fitting }, (_, at) =>
    caught(store.put(`k${10 + at}`, value, { signal: controller.signal })),
  );
  expect(await caught(store.put('one more', value))).toMatchObject({ code: 'OVERLOADED', effect: 'none' });
  expect(await caught(store.put('larger', `${value}.`))).toMatchObject({ code: 'VALUE_TOO_LARGE' });
  controller.abort();
  const endings = await Promise.all(puts);
  expect(endings).toHaveLength(fitting);
  expect(endings.every((error) => error instanceof ShardbearerError && error.code === 'ABORTED')).toBe(true);
});

test.each(NAMES)('%s after leave() fails as CLOSED with effect none', async (name) => {
  const { store } = openTab('utf8');
  await store.leave();
  expect(await call(name, store)).toMatchObject({ code: 'CLOSED', effect: 'none', message: leftError().message });
});

test.each(['ready', 'leave'] as const)('%s after close() fails as CLOSED with effect none', async (name) => {
  const { store } = openTab('utf8');
  await store.close();
  expect(await caught(store[name]())).toMatchObject({ code: 'CLOSED', effect: 'none' });
});

test.each(['put', 'append', 'delete'])('%s whose worker dies is OUTCOME_UNKNOWN and keeps the cause', async (name) => {
  const { store, kill, sentBy } = openTab('utf8');
  const ended = call(name, store);
  await expect.poll(() => sentBy().length).toBeGreaterThan(0);
  kill();
  const error = await ended;
  expect(error).toMatchObject({ code: 'OUTCOME_UNKNOWN', effect: 'unknown', cause: { code: 'WORKER_DIED' } });
  expect(String(error)).not.toContain('ry again');
});

test('a change whose worker died is OUTCOME_UNKNOWN, also if its second sending had no effect', async () => {
  const { store, kill, sentBy } = openTab('utf8');
  const ended = call('move', store);
  await expect.poll(() => sentBy().length).toBeGreaterThan(0);
  kill('refusing');
  expect(await ended).toMatchObject({ code: 'OUTCOME_UNKNOWN', effect: 'unknown', cause: { effect: 'none' } });
});
