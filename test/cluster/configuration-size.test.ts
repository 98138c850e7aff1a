import fc from 'fast-check';
import { expect, test } from 'vitest';
import { movesOf, participantsOf, slotCountOf } from '../../src/cluster/configuration.ts';
import { roomIn } from '../../src/cluster/configuration-size.ts';
import { nextStep, placement } from '../../src/cluster/placement.ts';
import { assert } from '../../src/wire/assertion.ts';
import type { Order } from '../../src/wire/configuration/configuration.ts';
import { asSlot, type RadiantId, SLOT_COUNT } from '../../src/wire/identifiers.ts';
import { LIMITS } from '../../src/wire/limits.ts';
import { PlacementWorld } from './placement-world.ts';
import { bytesOf, founded, grownTo, order } from './worlds.ts';

const besideReserve = LIMITS.configuration.configurationBytes - LIMITS.configuration.configurationReserveBytes;

/** Lets all moving shards arrive, in one decision. @returns the number of these shards */
function arrive(world: PlacementWorld): number {
  const count = movesOf(world.configuration).length;
  const settled = (order: Order) => ({ ...order, shards: order.shards.map((one) => ({ ...one, source: undefined })) });
  const orders = world.configuration.orders.filter(({ shards }) => shards.some(({ source }) => source !== undefined));
  if (count > 0) world.commit({ orders: orders.map(settled), removed: [] });
  return count;
}

/**
 * Runs placement until no step is left and all shards have arrived.
 * @returns by step: the number of shards that it moved, without steps that moved none
 */
function rest(world: PlacementWorld): readonly number[] {
  const moves: number[] = [];
  for (let steps = 0; world.step(() => undefined); steps++) {
    assert(steps < 100, 'it comes to an end');
    expect(bytesOf(world.configuration)).toBeLessThanOrEqual(besideReserve);
    const count = arrive(world);
    if (count > 0) moves.push(count);
    world.settle();
  }
  return moves;
}

/** Applies a leave step by step until it is complete or refused. @returns the outcome and the number of steps */
function leave(world: PlacementWorld, leaving: RadiantId) {
  for (let steps = 0; ; steps++) {
    assert(steps < 100, 'it comes to an end');
    const outcome = world.administer({ kind: 'leave', radiants: [leaving] });
    if (outcome.kind !== 'change') return { outcome, steps };
    expect(bytesOf(world.configuration)).toBeLessThanOrEqual(besideReserve);
    arrive(world);
    world.settle();
  }
}

/** Clusters of a few orders with one radiant each. */
const clusters = fc.record({
  orders: fc.integer({ min: 2, max: 5 }),
  shards: fc.integer({ min: 4_096, max: SLOT_COUNT }),
});

test('with thousands of shards, every step of creating and dissolving orders leaves the required room', {
  timeout: 240_000,
}, () => {
  fc.assert(
    fc.property(clusters, ({ orders, shards }) => {
      const radiants = orders;
      const configuration = founded({ radiants, replicationFactor: 1, orders, shards });
      const world = new PlacementWorld(configuration, undefined);
      const [leaver] = participantsOf(configuration);
      assert(leaver !== undefined, 'somebody belongs to it');
      world.pass(100_000);
      expect(leave(world, leaver.radiant).outcome).toEqual({ kind: 'unchanged' });
      world.become(leaver.radiant, 'departed');
      rest(world);
      expect(world.configuration.orders).toHaveLength(orders - 1);
      world.open(900);
      world.joinAll();
      world.pass(100_000);
      rest(world);
      expect(world.configuration.orders).toHaveLength(orders);
      for (const order of world.configuration.orders) expect(slotCountOf(order)).toBeGreaterThan(0);
    }),
    { numRuns: 8 },
  );
});

test('an order with more shards than may move at once gives them away in several steps', {
  timeout: 60_000,
}, () => {
  const world = new PlacementWorld(founded({ radiants: 9, shards: SLOT_COUNT, orders: 2 }), 1);
  const moves = rest(world);
  expect(world.configuration.orders).toHaveLength(1);
  expect(moves.length).toBeGreaterThan(1);
  expect(moves.length).toBeLessThan(5);
  expect(moves.reduce((sum, count) => sum + count, 0)).toBe(SLOT_COUNT / 2);
});

test('the only radiant of an order can leave, and all of its shards move to other orders in several steps', {
  timeout: 60_000,
}, () => {
  const world = new PlacementWorld(founded({ radiants: 2, replicationFactor: 1, shards: SLOT_COUNT }), undefined);
  const [leaver] = participantsOf(world.configuration);
  assert(leaver !== undefined, 'two belong to it');
  world.pass(100_000);
  const { outcome, steps } = leave(world, leaver.radiant);
  expect(outcome).toEqual({ kind: 'unchanged' });
  expect(steps).toBeGreaterThan(2);
  expect(participantsOf(world.configuration)).toHaveLength(1);
  expect(world.configuration.orders.map(slotCountOf)).toEqual([SLOT_COUNT]);
});

const large = () => founded({ radiants: 2, replicationFactor: 1, shards: SLOT_COUNT });

test('a radiant still leaves if only the reserve has room for the moves', { timeout: 60_000 }, () => {
  const world = new PlacementWorld(grownTo(large(), besideReserve), undefined);
  const [leaver] = participantsOf(world.configuration);
  assert(leaver !== undefined, 'two belong to it');
  expect(roomIn(world.configuration)).toBeLessThan(3);
  const outcome = world.administer({ kind: 'leave', radiants: [leaver.radiant] });
  expect(outcome.kind).toBe('change');
  expect(movesOf(world.configuration).length).toBeGreaterThan(300);
  expect(bytesOf(world.configuration)).toBeLessThanOrEqual(LIMITS.configuration.configurationBytes);
});

test('without any room, leaving and moving are refused, and consolidating makes room', {
  timeout: 60_000,
}, () => {
  const world = new PlacementWorld(grownTo(large(), LIMITS.configuration.configurationBytes), undefined);
  const [leaver] = participantsOf(world.configuration);
  const [one, two] = world.configuration.orders;
  assert(leaver !== undefined && one !== undefined && two !== undefined, 'two of each');
  const full: unknown = expect.objectContaining({ kind: 'refused', code: 'CONFIGURATION_FULL' });
  expect(world.administer({ kind: 'leave', radiants: [leaver.radiant] })).toEqual(full);
  expect(world.administer({ kind: 'move', slot: asSlot(0), to: two.id })).toEqual(full);
  for (let slot = 1; slot < 20; slot++) {
    expect(world.administer({ kind: 'consolidate', slot: asSlot(slot) }).kind).toBe('change');
  }
  expect(world.administer({ kind: 'leave', radiants: [leaver.radiant] }).kind).toBe('change');
});

test.each([
  ['born', 1, undefined, 'enough radiants are present for another order'],
  ['dissolved', 2, 1, 'too few radiants are present for all orders'],
] as const)(
  'without room for an order to be %s, placement states the reason until there is room',
  { timeout: 60_000 },
  (_, founding, wanted, reason) => {
    const beginning = founded({ radiants: 2, replicationFactor: 1, orders: founding, shards: SLOT_COUNT });
    const configuration = grownTo({ ...beginning, wantedOrders: wanted }, LIMITS.configuration.configurationBytes);
    const world = new PlacementWorld(configuration, wanted);
    world.pass(100_000);
    expect(placement(world.configuration, world.facts(), order(99))).toEqual({ kind: 'no-room', reason });
    expect(nextStep(world.configuration, world.facts(), order(99))).toBeUndefined();
    for (let slot = 1; slot < 30; slot++) {
      expect(world.administer({ kind: 'consolidate', slot: asSlot(slot) }).kind).toBe('change');
    }
    const next = placement(world.configuration, world.facts(), order(99));
    expect(next).toMatchObject({ kind: 'step', why: reason });
    expect(nextStep(world.configuration, world.facts(), order(99))).toEqual(next);
  },
);

test('a manual move leaves room for the epochs that the first move adds to all other shards', {
  timeout: 60_000,
}, () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 400 }), fc.integer({ min: 1_024, max: SLOT_COUNT }), (radiants, shards) => {
      const configuration = founded({ radiants, shards });
      // A founding reduces the number of shards so that this room is left.
      expect(roomIn(configuration)).toBeGreaterThanOrEqual(0);
      const world = new PlacementWorld(configuration, undefined);
      const [one, two] = configuration.orders;
      if (one === undefined || two === undefined) return;
      const outcome = world.administer({ kind: 'move', slot: one.shards[0]?.first ?? asSlot(0), to: two.id });
      const isMeant =
        outcome.kind === 'change' || (outcome.kind === 'refused' && outcome.code === 'CONFIGURATION_FULL');
      assert(isMeant, `it moves, or there is no room: ${JSON.stringify(outcome)}`);
      expect(bytesOf(world.configuration)).toBeLessThanOrEqual(besideReserve);
    }),
    { numRuns: 10 },
  );
});
