/** Keys that expire while their order is idle, changes its herald, has a full disk or moves a shard. */
import { expect, test } from 'vitest';
import type { Call } from '../../src/client/contract.ts';
import { TIMES } from '../../src/wire/times.ts';
import { HandMadeOrders, keysIn, LOWER } from './hand-made-orders.ts';
import { bytes, get, gist, put, type SmallWorld, type Tab, threeTabs } from './small-world.ts';

const TTL_MS = 3_000;
/** Longest delay of an expiry at an idle herald: the next tick, and a round with the other voters. */
const DELAY_MS = 4 * TIMES.raft.tickMs;

const putFor = (key: string, value: string, expiresInMs = TTL_MS): Call => ({
  kind: 'write',
  operation: { kind: 'put', key: bytes(key), value: bytes(value), expiresInMs },
});

function leadingTab(world: SmallWorld): Tab {
  const herald = world.herald();
  if (herald === undefined) throw new Error('no herald');
  return herald;
}

function otherTab(world: SmallWorld, tab: Tab): Tab {
  const other = [...world.tabs.values()].find((one) => one !== tab && one.alive);
  if (other === undefined) throw new Error('no other tab');
  return other;
}

const appliedBy = (tab: Tab): number => tab.radiant.view().orders[0]?.replica?.applied ?? 0;

/** Waits until the key is missing. @returns the time since `startMs` */
function untilExpired(world: SmallWorld, tab: string, key: string, startMs: number): number {
  while (gist(world.ask(tab, get(key))) !== 'missing') {
    if (world.nowMs - startMs > 60_000) throw new Error('the key does not expire');
    world.run(10);
  }
  return world.nowMs - startMs;
}

test('an idle order removes a key in time with one entry, and writes nothing else', () => {
  const world = threeTabs();
  const herald = leadingTab(world);
  world.ask(herald.name, put('stays', 'v'));
  world.run(15_000);
  const startMs = world.nowMs;
  world.ask(herald.name, putFor('k', 'v'));
  const applied = appliedBy(herald);
  world.run(TTL_MS - (world.nowMs - startMs));
  expect(appliedBy(herald)).toBe(applied);
  expect(gist(world.ask(herald.name, get('k')))).toBe('"v"');
  world.run(DELAY_MS);
  expect(appliedBy(herald)).toBe(applied + 1);
  expect(gist(world.ask(otherTab(world, herald).name, get('k')))).toBe('missing');
  world.run(10_000);
  expect([...world.tabs.values()].map(appliedBy)).toEqual([applied + 1, applied + 1, applied + 1]);
  expect(gist(world.ask(herald.name, get('stays')))).toBe('"v"');
});

test('an answer tells the remaining time although nothing was written since the put', () => {
  const world = threeTabs();
  const herald = leadingTab(world);
  world.ask(herald.name, putFor('k', 'v', 60_000));
  world.run(20_000);
  const outcome = world.ask(herald.name, get('k'));
  if (outcome.kind !== 'value') throw new Error(outcome.kind);
  expect(outcome.expiresInMs).toBeGreaterThan(39_000);
  expect(outcome.expiresInMs).toBeLessThanOrEqual(40_000);
});

test('under a new herald a key expires later, but not early, and an expired key stays away', () => {
  const world = threeTabs();
  const herald = leadingTab(world);
  const startMs = world.nowMs;
  world.ask(herald.name, putFor('gone', 'v', 500));
  world.ask(herald.name, putFor('k', 'v'));
  untilExpired(world, herald.name, 'gone', startMs);
  world.run(1_000);
  world.kill(herald.name);
  const { name } = otherTab(world, herald);
  world.until(() => world.herald() !== undefined && world.herald() !== herald);
  expect(gist(world.ask(name, get('gone')))).toBe('missing');
  expect(gist(world.ask(name, get('k')))).toBe('"v"');
  const tookMs = untilExpired(world, name, 'k', startMs);
  expect(tookMs).toBeGreaterThanOrEqual(TTL_MS);
  expect(tookMs).toBeLessThan(TTL_MS + 5_000);
  expect(gist(world.ask(name, get('gone')))).toBe('missing');
});

test('a herald that was cut off, and leads again later, lets no key expire early', () => {
  const world = threeTabs();
  const herald = leadingTab(world);
  const other = otherTab(world, herald);
  world.ask(herald.name, put('first', 'v'));
  world.loses = (from, to) => from === herald || to === herald;
  world.until(() => world.herald() !== undefined && world.herald() !== herald, 20_000);
  // The herald that was cut off counts log time for a while, like the new one.
  world.run(500);
  const startMs = world.nowMs;
  expect(gist(world.ask(other.name, putFor('k', 'v')))).toBe('written');
  world.loses = undefined;
  world.run(200);
  world.event(leadingTab(world).name, { kind: 'transfer-leadership' });
  world.until(() => world.herald() !== undefined);
  expect(untilExpired(world, other.name, 'k', startMs)).toBeGreaterThanOrEqual(TTL_MS);
});

test('while the disks are full, keys stay, and they expire once there is room', () => {
  const world = threeTabs();
  const herald = leadingTab(world);
  world.ask(herald.name, putFor('k', 'v'));
  for (const tab of world.tabs.values()) tab.disk.isFull = true;
  const call = world.call(herald.name, put('finds', 'out'));
  world.until(() => herald.outcomes.has(call));
  world.run(TTL_MS + 1_000);
  expect(gist(world.ask(herald.name, get('k')))).toBe('"v"');
  for (const tab of world.tabs.values()) tab.disk.isFull = false;
  expect(untilExpired(world, herald.name, 'k', world.nowMs)).toBeLessThan(5_000);
});

test('a key expires in time after its shard has moved to an order with another log time', { timeout: 60_000 }, () => {
  const orders = new HandMadeOrders();
  const { world } = orders;
  const [key = ''] = keysIn(LOWER, 1);
  const startMs = world.nowMs;
  expect(gist(world.ask('a', putFor(key, 'v', 8_000)))).toBe('written');
  orders.move(LOWER, orders.second);
  world.until(() => {
    orders.confirm();
    return orders.isSettled();
  });
  expect(gist(world.ask('a', get(key)))).toBe('"v"');
  const tookMs = untilExpired(world, 'a', key, startMs);
  expect(tookMs).toBeGreaterThanOrEqual(8_000);
  expect(tookMs).toBeLessThan(8_000 + 3_000);
});
