import { expect, test } from 'vitest';
import type { ShardRange } from '../../src/wire/configuration/configuration.ts';
import { LIMITS } from '../../src/wire/limits.ts';
import { FIRST, HandMadeOrders, keysIn, LOWER, type Range, SECOND, THIRD } from './hand-made-orders.ts';
import { append, get, gist, put } from './small-world.ts';

const LONG = { timeout: 120_000 };
const PARTS = 32;

/** Ranges of equal size in the lower half of the ring. */
function parts(): readonly Range[] {
  const size = (LOWER.last + 1) / PARTS;
  return Array.from({ length: PARTS }, (_, at) => ({ first: at * size, last: (at + 1) * size - 1 }));
}

function nameOf({ first, epoch }: ShardRange): string {
  return `${first}@${epoch}`;
}

test('many shards move a few at a time, and a herald prepares only a few', LONG, () => {
  const orders = new HandMadeOrders();
  const { world } = orders;
  const keys = parts().flatMap((part) => keysIn(part, 1));
  for (const key of keys) expect(gist(world.ask('a', put(key, key)))).toBe('written');
  const underWay = new Set<string>();
  let most = 0;
  world.loses = (_from, _to, { body }) => {
    if (body.kind === 'shard-request') underWay.add(nameOf(body.shard));
    for (const { first, epoch, shardState } of orders.held(orders.nameOfHerald(orders.second))) {
      if (shardState.kind === 'active') underWay.delete(`${first}@${epoch}`);
    }
    most = Math.max(most, underWay.size);
    return false;
  };
  orders.moveAll(parts(), orders.second);
  orders.settle();
  expect(most).toBe(LIMITS.handover.shardsAtOnce);
  for (const key of keys) expect(gist(world.ask('e', get(key)))).toBe(`"${key}"`);
});

test('shards of a lost order do not block shards of other orders', LONG, () => {
  const orders = new HandMadeOrders(1, {}, [FIRST, SECOND, THIRD]);
  const { world } = orders;
  const [, , third] = orders.orders;
  if (third === undefined) throw new Error('there are three');
  const all = parts();
  orders.moveAll(all.slice(0, -1), orders.second);
  orders.settle();
  const last = all.at(-1);
  if (last === undefined) throw new Error('there are some');
  orders.kill('e', 'f');
  world.run(3_000);
  orders.moveAll(all, third);
  const startMs = world.nowMs;
  world.until(() => orders.shardStateOf(third, last.first) === 'active');
  expect(world.nowMs - startMs).toBeLessThan(1_000);
  const [key = ''] = keysIn(last, 1);
  world.until(() => orders.confirm());
  expect(gist(world.ask('g', append(key, 'x')))).toBe('written');
  orders.reopen('e', 'f');
  orders.settle(120_000);
});

test.each(['one tab leads both', 'two tabs lead'])(
  'a shard moves between two orders of the same tabs: %s',
  LONG,
  (who) => {
    const orders = new HandMadeOrders(1, {}, [FIRST, FIRST]);
    const { world } = orders;
    const leaders = () => [orders.nameOfHerald(orders.first), orders.nameOfHerald(orders.second)];
    const [leader] = leaders();
    if (who === 'two tabs lead') {
      world.loses = ({ name }, _to, { group }) => group === orders.second && name === leader;
      world.until(() => new Set(leaders()).size === 2);
      world.loses = undefined;
    }
    expect(new Set(leaders()).size).toBe(who === 'two tabs lead' ? 2 : 1);
    const keys = keysIn(LOWER, 5);
    const value = 'v'.repeat(40_000);
    for (const key of keys) expect(gist(world.ask('a', put(key, value)))).toBe('written');
    orders.move(LOWER, orders.second);
    orders.settle();
    for (const key of keys) expect(gist(world.ask('b', get(key)))).toBe(`"${value}"`);
    for (const tab of world.tabs.values()) expect(tab.halted).toBeUndefined();
  },
);
