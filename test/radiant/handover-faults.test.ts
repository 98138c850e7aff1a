import { expect, test } from 'vitest';
import type { CallNumber, CallOutcome } from '../../src/client/contract.ts';
import type { Frame } from '../../src/wire/frames/frame.ts';
import { TIMES } from '../../src/wire/times.ts';
import { append, get, gist, put } from './small-world.ts';
import { FIRST, keysIn, LOWER, type Range, SECOND, HandMadeOrders, UPPER } from './hand-made-orders.ts';

const LONG = { timeout: 120_000 };
const KEYS = keysIn(LOWER, 12);
const [LOG = ''] = keysIn(LOWER, 1, 'log');
const [OTHER_LOG = ''] = keysIn(UPPER, 1, 'log');
const VALUE = 'v'.repeat(40_000);

function filled(seed = 1): HandMadeOrders {
  const orders = new HandMadeOrders(seed);
  const { world } = orders;
  const calls = KEYS.map((key) => world.call('a', put(key, `${key}:${VALUE}`)));
  world.until(() => calls.every((call) => world.tab('a').outcomes.has(call)));
  return orders;
}

function expectMoved(orders: HandMadeOrders): void {
  const { world } = orders;
  for (const key of KEYS) expect(gist(world.ask('b', get(key)))).toBe(`"${key}:${VALUE}"`);
  for (const name of FIRST) expect(orders.held(name)).toMatchObject([{ ...UPPER, epoch: 1 }]);
  for (const name of SECOND) expect(orders.held(name)).toMatchObject([{ ...LOWER, epoch: 2 }]);
  for (const tab of world.tabs.values()) expect(tab.halted).toBeUndefined();
}

function isOfAShard({ body }: Frame): boolean {
  return body.kind === 'shard-request' || body.kind === 'shard-chunk';
}

/** A generator of pseudo-random numbers. Equal seeds give equal numbers. */
function draws(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

test.each([1, 2, 3, 4])(
  'a shard arrives complete although frames of its move are lost, doubled, late and reordered (seed %i)',
  LONG,
  (seed) => {
    const orders = filled(seed);
    const { world } = orders;
    const draw = draws(seed);
    world.loses = (_from, _to, frame) => isOfAShard(frame) && draw() < 0.3;
    world.duplicates = (frame) => isOfAShard(frame) && draw() < 0.5;
    world.delayMs = (frame) => (isOfAShard(frame) ? Math.floor(draw() * 60) : 0);
    orders.move(LOWER, orders.second);
    orders.settle();
    expectMoved(orders);
  },
);

test('a shard is frozen only when its herald knows the new owner', LONG, () => {
  const orders = filled();
  const { world } = orders;
  const knows = (name: string) => (FIRST as readonly string[]).includes(name);
  world.loses = (_from, to, { body }) => body.kind === 'configuration' && knows(to.name);
  orders.move(LOWER, orders.second, SECOND);
  world.run(5_000);
  expect(orders.shardStateOf(orders.first, 0)).toBe('active');
  expect(orders.shardStateOf(orders.second, 0)).toBeUndefined();
  // A radiant that does not know the new configuration still serves calls.
  expect(gist(world.ask('b', append(LOG, 'one;')))).toBe('written');
  world.loses = undefined;
  const startMs = world.nowMs;
  world.until(() => orders.world.numberOf(orders.nameOfHerald(orders.first)) === orders.configuration.number);
  // The receiving herald gets an answer before it repeats its request.
  world.until(() => orders.shardStateOf(orders.first, 0) === 'frozen', 100);
  expect(world.nowMs - startMs).toBeLessThan(1_000);
  orders.settle();
  expect(gist(world.ask('b', append(LOG, 'two;')))).toBe('written');
  expect(gist(world.ask('e', get(LOG)))).toBe('"one;two;"');
  expectMoved(orders);
});

test('a herald that is cut off from its order sends no shard and answers no call, but its successor does', LONG, () => {
  const orders = filled();
  const { world } = orders;
  const old = orders.nameOfHerald(orders.first);
  const others: readonly string[] = FIRST.filter((name) => name !== old);
  const isCutOff = (...ends: readonly string[]) => ends.includes(old) && ends.some((name) => others.includes(name));
  let given = 0;
  // The isolated herald still reaches the receiving order in both directions.
  world.loses = (from, to, { body }) => {
    if (body.kind === 'shard-chunk' && from.name === old) given += 1;
    return isCutOff(from.name, to.name);
  };
  orders.move(LOWER, orders.second);
  world.until(() => orders.shardStateOf(orders.first, 0) === 'frozen');
  expect(orders.nameOfHerald(orders.first)).not.toBe(old);
  expect(orders.held(old)).toMatchObject([{ first: 0, shardState: { kind: 'active' } }]);
  const read = world.call(old, get(KEYS[0] ?? ''));
  world.until(() => orders.shardStateOf(orders.second, 0) === 'active');
  expect(given).toBe(0);
  const write = world.call(old, append(LOG, 'x'));
  expect(gist(world.ask('e', put(KEYS[0] ?? '', 'new')))).toBe('written');
  world.loses = undefined;
  world.until(() => world.tab(old).outcomes.has(read) && world.tab(old).outcomes.has(write));
  // Only the owner of the shard answered these calls.
  orders.settle();
  expect(gist(world.ask('f', get(LOG)))).toBe('"x"');
  expect(gist(world.ask(old, get(KEYS[0] ?? '')))).toBe('"new"');
});

/** The numbers of times that the appended value may be in the log, given the outcome. */
function timesAfter(outcome: CallOutcome | undefined): readonly number[] {
  if (outcome?.kind === 'written') return [1];
  return outcome?.kind === 'failed' && outcome.error.code !== 'OUTCOME_UNKNOWN' ? [0] : [0, 1];
}

test('an append that is sent repeatedly while its shard moves takes effect once', LONG, () => {
  for (const seed of [1, 2, 3]) {
    const orders = filled(seed);
    const { world } = orders;
    const draw = draws(seed);
    // Most replies are lost, so every call is sent several times and to both orders.
    world.loses = (_from, _to, { body }) => body.kind === 'reply' && draw() < 0.6;
    const calls: CallNumber[] = [];
    world.until(() => {
      if (calls.length < 60)
        calls.push(world.call(calls.length % 2 === 0 ? 'c' : 'd', append(LOG, `${calls.length};`)));
      if (calls.length === 20) orders.move(LOWER, orders.second);
      if (calls.length === 21) orders.kill(orders.nameOfHerald(orders.first));
      orders.confirm();
      return calls.length >= 60 && orders.isSettled();
    }, 60_000);
    world.run(20_000);
    world.loses = undefined;
    const value = gist(world.ask('f', get(LOG)));
    for (const [number, call] of calls.entries()) {
      const outcome = world.tab(number % 2 === 0 ? 'c' : 'd').outcomes.get(call);
      const times = value.split(/[";]/u).filter((part) => part === String(number)).length;
      expect(timesAfter(outcome)).toContain(times);
    }
  }
});

test(
  'shards that stay are served throughout, and each shard that has arrived is served before the others arrive',
  LONG,
  () => {
    const orders = filled();
    const { world } = orders;
    const quarters: readonly Range[] = [
      { first: 0, last: LOWER.last >>> 1 },
      { first: (LOWER.last >>> 1) + 1, last: LOWER.last },
    ];
    const [here, late] = quarters;
    if (here === undefined || late === undefined) throw new Error('there are two');
    world.loses = (_from, _to, { body }) =>
      (body.kind === 'shard-request' || body.kind === 'shard-chunk') && body.shard.first === late.first;
    for (const quarter of quarters) orders.move(quarter, orders.second);
    world.until(() => orders.shardStateOf(orders.second, here.first) === 'active');
    const served = keysIn(here, 1, 'served')[0] ?? '';
    let others = 0;
    const endMs = world.nowMs + 2_000;
    while (world.nowMs < endMs) {
      expect(gist(world.ask('a', append(OTHER_LOG, 'x'), 100))).toBe('written');
      expect(gist(world.ask('e', append(served, 'y'), 100))).toBe('written');
      others += 1;
    }
    expect(others).toBeGreaterThan(50);
    expect(orders.shardStateOf(orders.second, late.first)).not.toBe('active');
    world.loses = undefined;
    orders.settle();
    expect(gist(world.ask('b', get(served)))).toBe(`"${'y'.repeat(others)}"`);
  },
);

test('a damaged piece is kept out of the log or detected there, and the shard is sent again', LONG, () => {
  const orders = filled();
  const { world } = orders;
  let spoilt = 0;
  world.changes = (_from, _to, frame) => {
    const { body } = frame;
    if (body.kind !== 'shard-chunk' || spoilt >= 6) return frame;
    spoilt += 1;
    const bytes = body.bytes.slice();
    const place = spoilt % 2 === 0 ? 0 : bytes.length - 1;
    bytes[place] = (bytes[place] ?? 0) ^ 1;
    return { ...frame, body: { ...body, bytes } };
  };
  orders.move(LOWER, orders.second);
  orders.settle();
  expect(spoilt).toBe(6);
  expectMoved(orders);
});

test('a damaged shard is detected at its end at the latest, and is sent again', LONG, () => {
  const orders = filled();
  const { world } = orders;
  let spoilt = 0;
  world.delayMs = ({ body }) => (body.kind === 'shard-chunk' ? TIMES.raft.vainProposalMs : 0);
  world.changes = (_from, _to, frame) => {
    const { body } = frame;
    if (body.kind !== 'shard-chunk' || spoilt > 0) return frame;
    spoilt += 1;
    const bytes = body.bytes.slice();
    // The flipped bit is in the middle of a value, so the single piece can still be decoded.
    const place = bytes.length >>> 1;
    bytes[place] = (bytes[place] ?? 0) ^ 1;
    return { ...frame, body: { ...body, bytes } };
  };
  orders.move(LOWER, orders.second);
  world.until(() => (orders.held(orders.nameOfHerald(orders.second))[0]?.shardState.kind ?? 'none') === 'incoming');
  orders.settle(120_000);
  expect(spoilt).toBe(1);
  expectMoved(orders);
});

test('a shard moves to another order and back, twice', LONG, () => {
  const orders = filled();
  const { world } = orders;
  for (const [turn, to] of [orders.second, orders.first, orders.second, orders.first].entries()) {
    orders.move(LOWER, to);
    orders.settle();
    expect(gist(world.ask('c', append(LOG, `${turn};`)))).toBe('written');
  }
  expect(gist(world.ask('e', get(LOG)))).toBe('"0;1;2;3;"');
  for (const key of KEYS) expect(gist(world.ask('e', get(key)))).toBe(`"${key}:${VALUE}"`);
  for (const name of SECOND) expect(orders.statistics(name)).toMatchObject({ keys: 0 });
});

test(
  'merged shards are one shard at the order that serves them, also if they merged while one moved away',
  LONG,
  () => {
    const orders = filled();
    const { world } = orders;
    const middle = LOWER.last >>> 1;
    orders.move({ first: 0, last: middle }, orders.second);
    orders.move({ first: middle + 1, last: LOWER.last }, orders.second);
    orders.settle();
    orders.merge(LOWER, 3);
    world.until(() => orders.held('d').length === 1);
    expect(orders.held('d')).toMatchObject([{ ...LOWER, epoch: 3, shardState: { kind: 'active' } }]);
    expect(gist(world.ask('b', append(LOG, 'x')))).toBe('written');
    orders.move({ first: 0, last: middle }, orders.first);
    orders.move({ first: middle + 1, last: LOWER.last }, orders.first);
    orders.settle();
    const ring = { first: 0, last: UPPER.last };
    orders.merge(ring, 5);
    // The merged shard moves before any herald has logged the merge.
    orders.move(ring, orders.second);
    orders.settle();
    expect(orders.held('e')).toMatchObject([{ ...ring, epoch: 6, shardState: { kind: 'active' } }]);
    expect(gist(world.ask('b', append(LOG, 'y')))).toBe('written');
    expect(gist(world.ask('b', get(LOG)))).toBe('"xy"');
  },
);

test('an order is locked while one of its shards moves, and shows the progress', LONG, () => {
  const orders = filled();
  const { world } = orders;
  const viewOf = (name: string) =>
    world
      .tab(name)
      .radiant.view()
      .orders.find(({ replica }) => replica !== undefined)?.replica;
  for (const name of [...FIRST, ...SECOND]) expect(viewOf(name)).toMatchObject({ lifecycle: 'active', moves: [] });
  const seen = new Set<string>();
  orders.move(LOWER, orders.second);
  world.until(() => {
    for (const order of [orders.first, orders.second]) {
      const view = viewOf(orders.nameOfHerald(order));
      for (const { direction, stage, chunks, bytes } of view?.moves ?? []) {
        seen.add(`${view?.lifecycle} ${direction} ${stage}`);
        if (stage === 'arriving' && chunks > 0 && bytes > 0) seen.add('pieces');
      }
    }
    orders.confirm();
    return orders.isSettled();
  });
  for (const one of ['locked in wanted', 'locked in arriving', 'locked out wanted', 'locked out frozen', 'pieces'])
    expect(seen).toContain(one);
  world.run(200);
  for (const name of [...FIRST, ...SECOND]) expect(viewOf(name)).toMatchObject({ lifecycle: 'active', moves: [] });
});
