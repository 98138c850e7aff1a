import { expect, test } from 'vitest';
import type { CallNumber } from '../../src/client/contract.ts';
import { LIMITS } from '../../src/wire/limits.ts';
import type { SmallWorld } from './small-world.ts';
import { append, get, gist, put } from './small-world.ts';
import { FIRST, keysIn, LOWER, SECOND, HandMadeOrders, UPPER } from './hand-made-orders.ts';

const LONG = { timeout: 120_000 };
const LARGE = 'v'.repeat(50_000);

function fill({ world }: HandMadeOrders, keys: readonly string[], value = LARGE): void {
  const calls = keys.map((key) => world.call('a', put(key, `${key}:${value}`)));
  expectWritten(world, 'a', calls);
}

/** Checks that every write succeeds. */
function expectWritten(world: SmallWorld, name: string, calls: readonly CallNumber[], patienceMs?: number): void {
  const { outcomes } = world.tab(name);
  world.until(() => calls.every((call) => outcomes.has(call)), patienceMs);
  for (const call of calls) expect(outcomes.get(call)?.kind).toBe('written');
}

function expectMoved(orders: HandMadeOrders, keys: readonly string[], value = LARGE): void {
  const { world } = orders;
  for (const key of keys) expect(gist(world.ask('a', get(key)))).toBe(`"${key}:${value}"`);
  for (const name of FIRST) expect(orders.held(name)).toMatchObject([{ ...UPPER, epoch: 1 }]);
  for (const name of SECOND) expect(orders.held(name)).toMatchObject([{ ...LOWER, epoch: 2 }]);
  for (const tab of world.tabs.values()) expect(tab.halted).toBeUndefined();
}

test('a shard of some MiB moves completely while both orders take writes', LONG, () => {
  const orders = new HandMadeOrders();
  const { world } = orders;
  const moving = keysIn(LOWER, 60);
  const [log = ''] = keysIn(LOWER, 1, 'log');
  const staying = keysIn(UPPER, 20);
  fill(orders, moving);
  fill(orders, staying, 'small');
  orders.move(LOWER, orders.second);
  const calls: CallNumber[] = [];
  world.until(() => {
    if (calls.length < 400) calls.push(world.call('b', append(log, `${calls.length};`)));
    orders.confirm();
    return orders.isSettled() && calls.length >= 400;
  });
  expectWritten(world, 'b', calls);
  const written = calls.map((_, number) => `${number};`).join('');
  expect(gist(world.ask('e', get(log)))).toBe(`"${written}"`);
  expectMoved(orders, moving);
  world.run(1_000);
  for (const name of FIRST) expect(orders.statistics(name)).toMatchObject({ keys: staying.length });
});

test('a large shard that moved away leaves the disks of its old order, though no write follows there', LONG, () => {
  const orders = new HandMadeOrders();
  const { world } = orders;
  const moving = keysIn(LOWER, 60);
  fill(orders, moving);
  world.run(5_000);
  for (const name of FIRST) expect(bytesOnDisk(orders, name)).toBeGreaterThan(60 * LARGE.length);
  orders.move(LOWER, orders.second);
  world.until(() => {
    orders.confirm();
    return orders.isSettled();
  });
  expectMoved(orders, moving);
  world.run(5_000);
  for (const name of FIRST) expect(bytesOnDisk(orders, name)).toBeLessThan(LIMITS.log.checkpointLogBytes);
});

function bytesOnDisk({ world }: HandMadeOrders, name: string): number {
  const { disk, id } = world.tab(name);
  let bytes = 0;
  for (const value of disk.copy().files.get(id)?.values() ?? []) bytes += value.length;
  return bytes;
}
