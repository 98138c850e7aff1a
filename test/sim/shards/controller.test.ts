/** The bondsmith decides which order serves which shard. */
import { expect } from 'vitest';
import { slotCountOf } from '../../../src/cluster/configuration.ts';
import type { Configuration, Order } from '../../../src/wire/configuration/configuration.ts';
import { type OrderId, SLOT_COUNT } from '../../../src/wire/identifiers.ts';
import { existing } from '../courses/existing.ts';
import { scenario } from './shard-scenario.ts';
import type { ShardStage } from './shard-stage.ts';

/** By first slot of a shard: the order that serves the shard. */
function owners({ orders }: Configuration): ReadonlyMap<number, OrderId> {
  return new Map(orders.flatMap(({ id, shards }) => shards.map(({ first }) => [first, id] as const)));
}

/** Checks that all orders serve equally many slots, up to the size of one shard. */
function expectBalance(orders: readonly Order[]): void {
  const counts = orders.map(slotCountOf);
  const largest = Math.max(...orders.flatMap(({ shards }) => shards.map(({ first, last }) => last - first + 1)));
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(SLOT_COUNT);
  expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(largest);
}

/** The former and the new order of each shard that changed its order. */
function movedBetween(before: Configuration, after: Configuration): readonly [from: OrderId, to: OrderId][] {
  const [was, is] = [owners(before), owners(after)];
  return [...was].flatMap(([first, from]): readonly [OrderId, OrderId][] => {
    const to = is.get(first);
    return to === undefined || to === from ? [] : [[from, to]];
  });
}

scenario('basic: orders come and go with their tabs', { orders: 1, spares: 6 }, (stage) => {
  stage.open();
  expectBalance(stage.orders);
  stage.grow(2, ...stage.spares.slice(0, 3));
  expectBalance(stage.orders);
  stage.grow(3, ...stage.spares.slice(3));
  expectBalance(stage.orders);
  for (const { members } of stage.orders) expect(members.voters).toHaveLength(3);
  stage.leave(...stage.spares.slice(3));
  stage.settle(2);
  expectBalance(stage.orders);
  stage.leave(...stage.spares.slice(0, 3));
  stage.settle(1);
  expectBalance(stage.orders);
});

scenario('historical queries: earlier configurations can be asked for under any bondsmith', { orders: 2 }, (stage) => {
  stage.open();
  const seen = new Map<number, Configuration>([[1, stage.configuration]]);
  const [one, other] = stage.orders;
  for (let round = 0; round < 4; round++) {
    const to = existing(round % 2 === 0 ? other : one).id;
    const configuration = stage.administer({ kind: 'move', slot: existing(one?.shards[0]).first, to });
    seen.set(configuration.number, configuration);
    stage.arrived(existing(one?.shards[0]).first);
    seen.set(stage.configuration.number, stage.configuration);
  }
  const asExpected = (): void => {
    for (const [number, configuration] of seen) {
      expect(stage.query(number)).toEqual({ kind: 'configuration', configuration });
    }
    expect(stage.query(undefined)).toMatchObject({ configuration: { number: stage.configuration.number } });
    expect(stage.query(stage.configuration.number + 1)).toMatchObject({ error: { code: 'UNKNOWN_CONFIGURATION' } });
  };
  asExpected();
  const bondsmith = stage.bondsmithsTab();
  bondsmith.kill();
  stage.until(() => stage.world.bondsmith() !== undefined, 'another bondsmith');
  asExpected();
  bondsmith.open();
});

scenario('move: a shard goes where it is sent, and stays there', { orders: 3, spares: 1 }, (stage) => {
  stage.open();
  const [one, two, three] = stage.orders.map(({ id }) => id);
  // All shards are moved, because the bondsmith returns no shard to an order that an administrator has emptied.
  const going = existing(stage.orders[0]).shards;
  for (const { first: slot } of going) {
    const moved = stage.administer({ kind: 'move', slot, to: existing(two) });
    expect(owners(moved).get(slot)).toBe(two);
    stage.arrived(slot);
    const { number } = stage.configuration;
    // The order already serves the shard, so the configuration does not change.
    expect(stage.administer({ kind: 'move', slot, to: existing(two) }).number).toBe(number);
  }
  stage.settle(3);
  // Tabs that come and go change no assignment if the number of orders stays the same.
  const [leaving] = stage.spares;
  stage.grow(3, existing(leaving));
  stage.leave(existing(leaving));
  stage.settle(3);
  expect(stage.order(existing(one)).shards).toEqual([]);
  const arrived = stage.order(existing(two)).shards.map(({ first }) => first);
  expect(arrived).toEqual(expect.arrayContaining(going.map(({ first }) => first)));
  expect(stage.order(existing(three)).shards.length).toBeGreaterThan(0);
});

scenario('minimal transfer: only what must move does', { orders: 2, spares: 3, shards: 12 }, (stage) => {
  stage.open();
  const before = stage.configuration;
  const old = new Set(before.orders.map(({ id }) => id));
  stage.grow(3, ...stage.spares);
  const grown = stage.configuration;
  const coming = movedBetween(before, grown);
  expect(coming.length).toBeLessThanOrEqual(Math.ceil(12 / 3));
  for (const [from, to] of coming) expect([old.has(from), old.has(to)]).toEqual([true, false]);
  const added = existing(grown.orders.find(({ id }) => !old.has(id))).id;
  stage.leave(...stage.spares);
  stage.settle(2);
  const going = movedBetween(grown, stage.configuration);
  const staying = new Set(stage.orders.map(({ id }) => id));
  for (const [from, to] of going) expect([staying.has(from), staying.has(to)]).toEqual([false, true]);
  expect(staying.has(added) ? going.length : coming.length).toBeLessThanOrEqual(Math.ceil(12 / 2));
});

scenario(
  'balance: after any number of comings and goings',
  { orders: 1, spares: 9, shards: 16, onlyInFullRun: true },
  (stage) => {
    stage.open();
    for (const count of [1, 2, 3]) {
      stage.grow(count + 1, ...stage.spares.slice(3 * (count - 1), 3 * count));
      expectBalance(stage.orders);
    }
    stage.leave(...stage.spares.slice(0, 3));
    stage.settle(3);
    expectBalance(stage.orders);
  },
);

scenario(
  'concurrent administrators: each gets a configuration that includes the change',
  { orders: 3, clientTabs: 3 },
  (stage) => {
    stage.open();
    askAtOnce(stage, 24);
    stage.settle(3);
  },
);

/** Makes several tabs ask for different changes at the same time. */
function askAtOnce(stage: ShardStage, count: number): void {
  let answered = 0;
  for (let number = 0; number < count; number++) {
    const shard = existing(stage.random.pick(stage.orders.flatMap(({ shards }) => shards)));
    const to = existing(stage.random.pick(stage.orders)).id;
    const tab = existing(stage.clientTabs[number % stage.clientTabs.length]);
    stage.world.timeline.after(stage.random.between(0, 2_000), () => {
      tab.call({ kind: 'administer', administration: { kind: 'move', slot: shard.first, to } }, (outcome) => {
        answered++;
        if (outcome?.kind !== 'configuration') return;
        expect(owners(outcome.configuration).get(shard.first)).toBe(to);
      });
    });
  }
  stage.until(() => answered === count, 'an answer to every administrator', 60_000);
}
