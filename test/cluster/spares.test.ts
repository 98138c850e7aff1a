/** Spare learners are kept for absent voters of other orders. */
import { expect, test } from 'vitest';
import { membersOf } from '../../src/cluster/configuration.ts';
import { assert } from '../../src/wire/assertion.ts';
import type { RadiantId } from '../../src/wire/identifiers.ts';
import { TIMES } from '../../src/wire/times.ts';
import { learnElsewhere, PlacementWorld } from './placement-world.ts';
import { founded, order as orderId, radiant } from './worlds.ts';

function voterIn(world: PlacementWorld, at: number): RadiantId {
  const voter = world.configuration.orders[at]?.members.voters[0];
  assert(voter !== undefined, 'an order has voters');
  return voter.radiant;
}

/** Runs placement until no step is due at this time, while logs follow. */
function decide(world: PlacementWorld): void {
  while (world.step(() => undefined)) world.settle();
}

test('spare learners form no order while a voter of another order is silent, and one of them replaces the voter', () => {
  const world = new PlacementWorld(founded({ radiants: 5 }), undefined);
  const wiped = voterIn(world, 0);
  world.become(wiped, 'silent');
  world.open(9);
  world.joinAll();
  for (let passedMs = 0; passedMs < TIMES.membership.deadAfterMs; passedMs += 5_000) {
    decide(world);
    expect(world.configuration.orders).toHaveLength(1);
    world.pass(5_000);
  }
  decide(world);
  const [order] = world.configuration.orders;
  expect(order?.members.voters.map(({ radiant }) => world.isPresent(radiant))).toEqual([true, true, true]);
  // All voters are present, so the next radiant completes a second order.
  world.open(10);
  world.joinAll();
  world.pass(TIMES.membership.promotionMs);
  decide(world);
  expect(world.configuration.orders).toHaveLength(2);
});

test('more learners than absent voters reserve form an order at once', () => {
  const world = new PlacementWorld(founded({ radiants: 5 }), undefined);
  world.become(voterIn(world, 0), 'silent');
  for (const home of [9, 10]) world.open(home);
  world.joinAll();
  world.pass(TIMES.membership.promotionMs);
  decide(world);
  expect(world.configuration.orders.map(membersOf).map(({ length }) => length)).toEqual([4, 3]);
});

test('a voter that nobody can replace delays a new order only until the voter counts as gone', () => {
  const world = new PlacementWorld(founded({ radiants: 3, orders: 2 }), 3);
  const sole = world.configuration.orders.findIndex(({ members }) => members.learners.length === 0);
  world.become(voterIn(world, sole), 'silent');
  for (let home = 9; home < 13; home++) world.open(home);
  world.joinAll();
  world.settle();
  world.pass(TIMES.membership.promotionMs);
  decide(world);
  expect(world.configuration.orders.map(membersOf).map(({ length }) => length)).toEqual(sole === 0 ? [1, 6] : [6, 1]);
  world.pass(TIMES.membership.deadAfterMs);
  decide(world);
  expect(world.configuration.orders).toHaveLength(3);
});

test('an order with few members gets no learner that is reserved for a silent voter of another order', () => {
  const world = new PlacementWorld(founded({ radiants: 6, orders: 2 }), 2);
  const [sender, short] = [orderId(1), orderId(2)];
  for (const { radiant: lost } of world.order(short).members.voters.slice(1)) {
    world.become(lost, 'departed');
    world.pass(70_000);
    decide(world);
  }
  expect(membersOf(world.order(short))).toHaveLength(1);
  world.open(9);
  world.joinAll();
  learnElsewhere(world, short);
  world.settle();
  const [silent] = world.order(sender).members.voters;
  world.become(silent?.radiant ?? radiant(0), 'silent');
  world.pass(TIMES.membership.promotionMs);
  decide(world);
  expect(world.order(sender).members.learners).toHaveLength(1);
  world.become(silent?.radiant ?? radiant(0), 'present');
  decide(world);
  expect(world.order(short).members.learners).toHaveLength(1);
});
