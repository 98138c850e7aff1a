import { afterEach, expect, test } from 'vitest';
import type { Shardbearer } from '../../src/hosts/contract.ts';
import { departedError } from '../../src/hosts/departure.ts';
import { textValues } from '../../src/hosts/text-values.ts';
import { caught, closeTabs, openTab } from './store-in-node.ts';

afterEach(closeTabs);

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
  const { store } = openTab(textValues);
  const reason = new Error('changed my mind');
  const error = await call(name, store, AbortSignal.abort(reason));
  expect(error).toMatchObject({ code: 'ABORTED', effect: 'none', cause: reason });
});

test.each(NAMES)('%s aborted under way has the effect that it may have had', async (name) => {
  const { store, sentBy } = openTab(textValues);
  const controller = new AbortController();
  const ended = call(name, store, controller.signal);
  await expect.poll(() => sentBy().length).toBeGreaterThan(0);
  controller.abort();
  const error = await ended;
  expect(error).toMatchObject({ code: 'ABORTED', effect: CHANGING.has(name) ? 'unknown' : 'none' });
  expect(String(error).includes('may have taken effect')).toBe(CHANGING.has(name));
});

test.each(NAMES)('%s after leave() fails as CLOSED with effect none', async (name) => {
  const { store } = openTab(textValues);
  await store.leave();
  expect(await call(name, store)).toMatchObject({ code: 'CLOSED', effect: 'none', message: departedError().message });
});

test.each(['ready', 'leave'] as const)('%s after close() fails as CLOSED with effect none', async (name) => {
  const { store } = openTab(textValues);
  await store.close();
  expect(await caught(store[name]())).toMatchObject({ code: 'CLOSED', effect: 'none' });
});

test.each(['put', 'append', 'delete'])('%s whose worker dies is OUTCOME_UNKNOWN and keeps the cause', async (name) => {
  const { store, kill, sentBy } = openTab(textValues);
  const ended = call(name, store);
  await expect.poll(() => sentBy().length).toBeGreaterThan(0);
  kill();
  const error = await ended;
  expect(error).toMatchObject({ code: 'OUTCOME_UNKNOWN', effect: 'unknown', cause: { code: 'WORKER_DIED' } });
  expect(String(error)).not.toContain('ry again');
});

test('a change whose worker died is OUTCOME_UNKNOWN, also if its second sending had no effect', async () => {
  const { store, kill, sentBy } = openTab(textValues);
  const ended = call('move', store);
  await expect.poll(() => sentBy().length).toBeGreaterThan(0);
  kill('refusing');
  expect(await ended).toMatchObject({ code: 'OUTCOME_UNKNOWN', effect: 'unknown', cause: { effect: 'none' } });
});
