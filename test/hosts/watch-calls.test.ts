import { expect, test } from 'vitest';
import type { Call } from '../../src/client/contract.ts';
import type { CallResult } from '../../src/hosts/client-driver.ts';
import type { CallOptions, Change, WatchOptions } from '../../src/hosts/key-value-contract.ts';
import { encodingOf } from '../../src/hosts/values.ts';
import { WatchCalls } from '../../src/hosts/watch-calls.ts';
import { type ErrorCode, errorOf as failureOf } from '../../src/wire/errors.ts';
import { asSlot, type ClusterId, parseId, SLOT_COUNT } from '../../src/wire/identifiers.ts';
import { bytesOf, Scribe } from '../store/scribe.ts';
import { errorOf } from '../wire/frame-mutation.ts';
import { caught } from './store-in-node.ts';

const CLUSTER = parseId<ClusterId>('c'.repeat(32));
const ALL = { first: asSlot(0), last: asSlot(SLOT_COUNT - 1) };

/** One order in memory, which answers a waiting question after the next write. */
class Order {
  readonly scribe = new Scribe();
  readonly watches: WatchCalls;
  /** The failure of every request. Undefined: requests are answered. */
  failure: ErrorCode | undefined;
  questions = 0;
  #waiting: (() => void)[] = [];
  #sequence = 0;

  constructor() {
    this.scribe.open('ann');
    this.watches = new WatchCalls({
      request: (call, options) => this.#request(call, options),
      encoding: encodingOf('utf8'),
      partition: () => [[ALL]],
      cluster: () => CLUSTER,
      times: { watchRetryMs: 1, watchWaitMs: 50 },
    });
  }

  put(key: string, value: string): void {
    this.#sequence += 1;
    this.scribe.put('ann', this.#sequence, key, value, { finishedThrough: this.#sequence - 1 });
    for (const wake of this.#waiting.splice(0)) wake();
  }

  async take(count: number, options?: WatchOptions): Promise<Change[]> {
    const changes: Change[] = [];
    for await (const change of this.watches.watch(options)) {
      changes.push(change);
      if (changes.length === count) break;
    }
    return changes;
  }

  async #request(call: Call, options: CallOptions | undefined): Promise<CallResult> {
    this.questions += 1;
    if (this.failure !== undefined) throw failureOf(this.failure, 'No.', { effect: 'none' });
    for (;;) {
      options?.signal?.throwIfAborted();
      const answer = this.#answer(call);
      const isEmpty = answer.kind === 'changes' && answer.changes.length === 0 && !answer.isLost;
      if (!isEmpty || call.kind !== 'watch' || !call.waits) return answer;
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
        options?.signal?.addEventListener('abort', () => resolve());
      });
    }
  }

  #answer(call: Call): CallResult {
    if (call.kind === 'list') {
      const shards = [{ ...ALL, epoch: 1 }];
      const page = this.scribe.store.read({ ...call, shards });
      if (page.kind === 'page') return { ...page, covered: shards };
    } else if (call.kind === 'watch') {
      const answer = this.scribe.store.read(call);
      if (answer.kind === 'changes') return answer;
    }
    throw new Error(call.kind);
  }
}

test('a watch begins with the current values and continues with changes', async () => {
  const order = new Order();
  order.put('a', '1');
  const watch = order.watches.watch();
  expect(watch.position).toBe(undefined);
  expect(await watch.next()).toMatchObject({ done: false, value: { type: 'put', key: 'a', value: '1' } });
  const next = watch.next();
  order.put('b', '2');
  expect(await next).toMatchObject({ done: false, value: { type: 'put', key: 'b', value: '2' } });
  await watch.return?.();
  expect(await watch.next()).toEqual({ done: true, value: undefined });
});

test('a watch continues from the position of an earlier one', async () => {
  const order = new Order();
  for (const value of ['1', '2', '3']) order.put('k', value);
  const watch = order.watches.watch();
  await watch.next();
  order.put('k', '4');
  await watch.next();
  const { position } = watch;
  order.put('k', '5');
  order.put('k', '6');
  const changes = await order.take(2, { from: position });
  expect(changes.map((change) => change.type === 'put' && change.value)).toEqual(['5', '6']);
});

test('bounds, prefix and encoding select what a watch sees', async () => {
  const order = new Order();
  for (const key of ['a', 'b1', 'b2', 'c']) order.put(key, '7');
  expect(await order.take(2, { prefix: 'b', encoding: 'json' })).toMatchObject([
    { key: 'b1', value: 7 },
    { key: 'b2', value: 7 },
  ]);
  expect(await order.take(1, { gt: 'b2', encoding: 'bytes' })).toMatchObject([{ key: 'c', value: bytesOf('7') }]);
});

test('a watch ends with its signal, also while it waits', async () => {
  const order = new Order();
  const abort = new AbortController();
  const watch = order.watches.watch({ signal: abort.signal });
  const next = watch.next();
  abort.abort();
  expect(await next).toEqual({ done: true, value: undefined });
  expect(await order.watches.watch({ signal: abort.signal }).next()).toEqual({ done: true, value: undefined });
});

test('a watch waits while an order cannot answer, and fails after its time-out or for good', async () => {
  const order = new Order();
  order.failure = 'NO_QUORUM';
  const next = order.watches.watch().next();
  await expect.poll(() => order.questions).toBeGreaterThan(3);
  order.failure = undefined;
  order.put('a', '1');
  expect(await next).toMatchObject({ value: { key: 'a' } });
  order.failure = 'NO_QUORUM';
  expect(await caught(order.watches.watch({ timeoutMs: 20 }).next())).toMatchObject({ code: 'NO_QUORUM' });
  order.failure = 'CLOSED';
  expect(await caught(order.watches.watch().next())).toMatchObject({ code: 'CLOSED' });
});

test('a watch asks one question ahead of an application that takes no changes', async () => {
  const order = new Order();
  order.put('a', '1');
  const watch = order.watches.watch();
  await watch.next();
  await expect.poll(() => order.questions).toBe(2);
  for (let count = 0; count < 50; count++) order.put('a', `${count}`);
  await new Promise((resolve) => {
    setTimeout(resolve, 20);
  });
  expect(order.questions).toBeLessThan(4);
  await watch.return?.();
});

test('odd options are refused at once', async () => {
  const order = new Order();
  const watch = order.watches.watch({ prefix: '{a}' });
  order.put('{a}', '1');
  await watch.next();
  await expect.poll(() => watch.position).toBeDefined();
  const { position } = watch;
  const refused: readonly unknown[] = [
    { from: 'x' },
    { from: 7 },
    { from: `${CLUSTER} 0-5:1.2,3-9:1.2` },
    { from: `${CLUSTER} 0-16384:1.2` },
    { from: `${'d'.repeat(32)} 0-16383:1.2` },
    { from: position },
    { signal: 7 },
    { timeoutMs: -1 },
    { prefix: 7 },
    { encoding: 'text' },
  ];
  for (const options of refused) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the caller may pass anything
    expect(errorOf(() => order.watches.watch(options as WatchOptions))).toMatchObject({ code: 'INVALID_ARGUMENT' });
  }
  await watch.return?.();
});

test('a value of another encoding ends the watch', async () => {
  const order = new Order();
  order.put('a', 'no JSON');
  const watch = order.watches.watch({ encoding: 'json' });
  expect(await caught(watch.next())).toMatchObject({ code: 'INVALID_ARGUMENT' });
  expect(await watch.next()).toEqual({ done: true, value: undefined });
});
