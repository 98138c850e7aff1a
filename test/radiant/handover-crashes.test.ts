import { expect, test } from 'vitest';
import { append, get, gist, put, type WorldOptions } from './small-world.ts';
import { FIRST, keysIn, LOWER, SECOND, HandMadeOrders, UPPER } from './hand-made-orders.ts';

/** Upper bound for the number of writes of a move with a few pieces. */
const MOST_WRITES = 200;
const LONG = { timeout: 240_000 };
const KEYS = keysIn(LOWER, 6);
const [LOG = ''] = keysIn(LOWER, 1, 'log');
const VALUE = 'v'.repeat(40_000);
const EVERYONE = [...FIRST, ...SECOND];

function filled(options: WorldOptions = {}): HandMadeOrders {
  const orders = new HandMadeOrders(1, options);
  const { world } = orders;
  for (const key of KEYS) expect(gist(world.ask('a', put(key, `${key}:${VALUE}`)))).toBe('written');
  expect(gist(world.ask('a', append(LOG, 'before;')))).toBe('written');
  return orders;
}

/**
 * Moves the lower half of the ring, and stops at write `number`. Only writes of tabs that `counts` accepts are counted.
 * @returns whether the move had that many writes
 */
function moveUntilWrite(orders: HandMadeOrders, number: number, counts: (name: string) => boolean): boolean {
  const { world } = orders;
  let writes = 0;
  world.observes = (tab, effect) => {
    if (effect.kind === 'write' && counts(tab.name)) writes += 1;
  };
  orders.move(LOWER, orders.second);
  world.until(() => {
    orders.confirm();
    return writes >= number || orders.isSettled();
  });
  world.observes = () => undefined;
  return writes >= number;
}

function reopen(orders: HandMadeOrders, ...names: readonly string[]): void {
  orders.reopen(...names);
  orders.world.run(100);
  for (const name of EVERYONE) orders.world.teach(name);
}

function expectAllIsWell(orders: HandMadeOrders): void {
  const { world } = orders;
  orders.settle();
  for (const tab of world.tabs.values()) expect(tab.halted).toBeUndefined();
  expect(gist(world.ask('a', append(LOG, 'after')))).toBe('written');
  expect(gist(world.ask('d', get(LOG)))).toBe('"before;after"');
  for (const key of KEYS) expect(gist(world.ask('b', get(key)))).toBe(`"${key}:${VALUE}"`);
  world.run(1_000);
  for (const name of FIRST) {
    expect(orders.held(name)).toMatchObject([{ ...UPPER, epoch: 1 }]);
    expect(orders.statistics(name)).toMatchObject({ keys: 0 });
  }
  for (const name of SECOND) {
    expect(orders.held(name)).toMatchObject([{ ...LOWER, epoch: 2 }]);
    expect(orders.statistics(name)).toMatchObject({ keys: KEYS.length + 1 });
  }
}

test.each([
  ['sending', (orders: HandMadeOrders) => orders.first],
  ['receiving', (orders: HandMadeOrders) => orders.second],
])('after the %s herald is killed at any of its writes another herald continues the move', LONG, (_, order) => {
  for (let number = 1; number < MOST_WRITES; number++) {
    const orders = filled();
    const herald = orders.nameOfHerald(order(orders));
    if (!moveUntilWrite(orders, number, (name) => name === herald)) return;
    orders.kill(herald);
    orders.world.run(3_000);
    reopen(orders, herald);
    expectAllIsWell(orders);
  }
  throw new Error('the handover does not come to an end');
});

test('after both heralds are killed for good at any write of a move the other tabs finish the move', LONG, () => {
  for (let number = 1; number < MOST_WRITES; number += 5) {
    const orders = filled();
    const heralds = [orders.nameOfHerald(orders.first), orders.nameOfHerald(orders.second)];
    if (!moveUntilWrite(orders, number, () => true)) return;
    orders.kill(...heralds);
    orders.world.until(() => {
      orders.confirm();
      return orders.isSettled();
    });
    reopen(orders, ...heralds);
    expectAllIsWell(orders);
  }
  throw new Error('the handover does not come to an end');
});

test('after all tabs are killed at any write of a move they finish the move from checkpoints and logs', LONG, () => {
  for (let number = 1; number < MOST_WRITES; number += 5) {
    // The small limit makes checkpoints. A restarted herald then reads some pieces from a checkpoint and the rest from
    // the log.
    const orders = filled({ checkpointLogBytes: 65_536 });
    if (!moveUntilWrite(orders, number, () => true)) return;
    orders.kill(...EVERYONE);
    reopen(orders, ...EVERYONE);
    expectAllIsWell(orders);
  }
  throw new Error('the handover does not come to an end');
});
