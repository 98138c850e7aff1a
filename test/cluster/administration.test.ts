import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type AdministrationOutcome, planAdministration } from '../../src/cluster/administration.ts';
import {
  assignmentOfSlot,
  configurationFault,
  membersOf,
  movesOf,
  orderById,
  orderOfRadiant,
  participantsOf,
} from '../../src/cluster/configuration.ts';
import { changed } from '../../src/cluster/configuration-change.ts';
import type { Configuration } from '../../src/wire/configuration/configuration.ts';
import type { Administration } from '../../src/wire/frames/frame.ts';
import { asSlot, type RadiantId } from '../../src/wire/identifiers.ts';
import { LIMITS } from '../../src/wire/limits.ts';
import { TIMES } from '../../src/wire/times.ts';
import { PlacementWorld } from './placement-world.ts';
import { ableOrders, founded, order, participant, radiant } from './worlds.ts';

const slot = asSlot;

/** Applies the administration step by step until it changes nothing. @returns the last configuration */
function done(configuration: Configuration, administration: Administration): Configuration {
  const outcome = planAdministration(configuration, administration, ableOrders(configuration));
  if (outcome.kind === 'unchanged') return configuration;
  if (outcome.kind !== 'change') throw new Error(JSON.stringify(outcome));
  return done(changed(configuration, outcome.change), administration);
}

function codeOf(outcome: AdministrationOutcome): string {
  return outcome.kind === 'refused' ? outcome.code : outcome.kind;
}

const three = founded({ radiants: 9, shards: 6 });
const [first, second] = [order(1), order(2)];
const shardAt = (configuration: Configuration, at: number) => assignmentOfSlot(configuration, slot(at));

test('a shard that moves to an order cannot move elsewhere before it has arrived', () => {
  const moving = done(three, { kind: 'move', slot: slot(5), to: second });
  const there = shardAt(moving, 5);
  expect([there?.order.id, there?.shard.epoch, there?.shard.source]).toEqual([second, 2, first]);
  expect(movesOf(moving)).toHaveLength(1);
  for (const kind of ['fracture', 'consolidate'] as const) {
    const at = kind === 'fracture' ? 5 : (there?.shard.last ?? 0) + 1;
    expect(codeOf(planAdministration(moving, { kind, slot: slot(at) }, ableOrders(moving)))).toBe('SHARD_MOVING');
  }
  expect(codeOf(planAdministration(moving, { kind: 'move', slot: slot(9), to: order(3) }, ableOrders(moving)))).toBe(
    'SHARD_MOVING',
  );
  const shard = there?.shard ?? { first: slot(0), last: slot(0), epoch: 0 };
  const arrived = done(moving, { kind: 'installed', order: second, shard });
  expect(shardAt(arrived, 5)?.shard.source).toBeUndefined();
  expect(shardAt(done(arrived, { kind: 'move', slot: slot(9), to: order(3) }), 5)?.shard.epoch).toBe(3);
  // A late copy of the arrival report, after the shard has moved on.
  const elsewhere = done(arrived, { kind: 'move', slot: slot(9), to: order(3) });
  expect(
    codeOf(planAdministration(elsewhere, { kind: 'installed', order: second, shard }, ableOrders(elsewhere))),
  ).toBe('unchanged');
});

test('no shard moves from or to an order without a quorum, since the move could not end', () => {
  const world = new PlacementWorld(three, undefined);
  const [, , third] = three.orders;
  if (third === undefined) throw new Error('three orders');
  for (const { radiant: lost } of third.members.voters.slice(1)) world.become(lost, 'silent');
  const at = third.shards[0]?.first ?? slot(0);
  expect(codeOf(planAdministration(three, { kind: 'move', slot: slot(0), to: third.id }, world.facts()))).toBe(
    'NO_QUORUM',
  );
  expect(codeOf(planAdministration(three, { kind: 'move', slot: at, to: first }, world.facts()))).toBe('NO_QUORUM');
  expect(codeOf(planAdministration(three, { kind: 'move', slot: slot(0), to: second }, world.facts()))).toBe('change');
  expect(codeOf(planAdministration(three, { kind: 'move', slot: at, to: third.id }, world.facts()))).toBe('unchanged');
});

test('fracturing keeps epochs, and consolidating creates an epoch that none of the slots has had', () => {
  const moved = done(three, { kind: 'move', slot: slot(5), to: second });
  const shard = shardAt(moved, 5)?.shard ?? { first: slot(0), last: slot(0), epoch: 0 };
  const arrived = done(moved, { kind: 'installed', order: second, shard });
  const fractured = done(arrived, { kind: 'fracture', slot: slot(100) });
  expect([shardAt(fractured, 99)?.shard, shardAt(fractured, 100)?.shard]).toMatchObject([
    { first: 0, last: 99, epoch: 2 },
    { first: 100, last: shard.last, epoch: 2 },
  ]);
  const merged = done(fractured, { kind: 'consolidate', slot: slot(100) });
  expect(shardAt(merged, 100)?.shard).toMatchObject({ first: 0, last: shard.last, epoch: 3 });
  const next = shard.last + 1;
  expect(codeOf(planAdministration(merged, { kind: 'consolidate', slot: slot(next) }, ableOrders(merged)))).toBe(
    'SHARDS_APART',
  );
  const back = done(merged, { kind: 'move', slot: slot(0), to: first });
  const home = shardAt(back, 0)?.shard ?? shard;
  const whole = done(done(back, { kind: 'installed', order: first, shard: home }), {
    kind: 'consolidate',
    slot: slot(next),
  });
  expect(shardAt(whole, 0)?.shard.epoch).toBe(5);
});

test.each<readonly [string, Administration, string]>([
  ['a move to an unknown order', { kind: 'move', slot: slot(0), to: order(77) }, 'UNKNOWN_ORDER'],
  [
    'a report from an unknown order',
    { kind: 'installed', order: order(77), shard: { first: slot(0), last: slot(1), epoch: 1 } },
    'UNKNOWN_ORDER',
  ],
  [
    'word of an epoch that nobody was given',
    { kind: 'installed', order: first, shard: { first: slot(0), last: slot(1), epoch: 9 } },
    'INVALID_ARGUMENT',
  ],
  ['a merger with what lies before the ring', { kind: 'consolidate', slot: slot(0) }, 'INVALID_ARGUMENT'],
  ['neighbours of two orders', { kind: 'consolidate', slot: slot(5_461) }, 'SHARDS_APART'],
  ['a move to where it is', { kind: 'move', slot: slot(0), to: first }, 'unchanged'],
  ['a fracture where a shard begins', { kind: 'fracture', slot: slot(0) }, 'unchanged'],
  ['a merger where no shard begins', { kind: 'consolidate', slot: slot(7) }, 'unchanged'],
  ['a join of a member', { kind: 'join', participants: [participant(3)] }, 'unchanged'],
  ['a leave of a stranger', { kind: 'leave', radiants: [radiant(77)] }, 'unchanged'],
  ['a leave while nobody else is there', { kind: 'leave', radiants: [radiant(3)] }, 'LAST_RADIANT'],
])('%s', (_, administration, expected) => {
  expect(codeOf(planAdministration(three, administration, ableOrders(three)))).toBe(expected);
});

test('a radiant that leaves an order waits while that order waits for the successor of lost data', () => {
  const world = new PlacementWorld(founded({ radiants: 9, orders: 2 }), 2);
  world.pass(60_000);
  const [order] = world.configuration.orders;
  const [lost, voter] = order?.members.voters ?? [];
  const [learner] = order?.members.learners ?? [];
  if (order === undefined || lost === undefined || voter === undefined || learner === undefined)
    throw new Error('a 3+1');
  for (const { radiant: other } of order.members.learners.slice(1)) world.become(other, 'silent');
  world.become(lost.radiant, 'retired');
  for (const leaver of [learner, voter]) {
    expect(world.administer({ kind: 'leave', radiants: [leaver.radiant] }).kind).toBe('later');
  }
  world.pass(TIMES.membership.candidatePresenceMs);
  expect(world.administer({ kind: 'leave', radiants: [learner.radiant] }).kind).toBe('change');
  expect(world.order(order.id)).toMatchObject({ isDissolving: false, shards: order.shards });
});

test('a learner takes the seat of a leaving voter, even if the learner has just joined', () => {
  const world = new PlacementWorld(founded({ radiants: 3 }), undefined);
  world.pass(60_000);
  const newcomer = world.open(7);
  world.joinAll();
  world.settle();
  expect(world.administer({ kind: 'leave', radiants: [radiant(1)] }).kind).toBe('change');
  const [order] = world.configuration.orders;
  expect(order?.members.voters.map((one) => one.radiant)).toEqual([radiant(0), radiant(2), newcomer].sort());
  expect(order?.members.learners).toEqual([]);
});

test('a repeated request gets the same answer, and two different requests both get theirs', () => {
  const administration: fc.Arbitrary<Administration> = fc.oneof(
    fc.record({ kind: fc.constantFrom('fracture', 'consolidate'), slot: fc.nat(20).map((at) => slot(at * 800)) }),
    fc.record({
      kind: fc.constant('move'),
      slot: fc.nat(20).map((at) => slot(at * 800)),
      to: fc.constantFrom(first, second),
    }),
    fc.record({
      kind: fc.constant('join'),
      participants: fc.array(
        fc.nat(40).map((at) => participant(at)),
        { maxLength: 3 },
      ),
    }),
  );
  fc.assert(
    fc.property(fc.array(administration, { maxLength: 20 }), (all) => {
      let configuration = three;
      for (const one of all) {
        const outcome = planAdministration(configuration, one, ableOrders(configuration));
        if (outcome.kind !== 'change') continue;
        configuration = changed(configuration, outcome.change);
        expect(planAdministration(configuration, one, ableOrders(configuration))).toEqual({ kind: 'unchanged' });
      }
      expect(configurationFault(configuration)).toBeUndefined();
    }),
    { numRuns: 150 },
  );
});

test('many radiants that join at once become learners, spread evenly over the orders', () => {
  const participants = Array.from({ length: 30 }, (_, at) => participant(100 + at));
  const joined = done(three, { kind: 'join', participants });
  expect(joined.number).toBe(2);
  expect(joined.orders.map(({ members }) => members.learners.length)).toEqual([10, 10, 10]);
  expect(joined.orders.map(({ members }) => members.voters.length)).toEqual([3, 3, 3]);
});

test('a configuration accepts radiants until it or one of its orders is full', () => {
  const large = founded({ radiants: 1_000, shards: 1_024 });
  const participants = (count: number) => Array.from({ length: count }, (_, at) => participant(5_000 + at));
  expect(codeOf(planAdministration(large, { kind: 'join', participants: participants(24) }, ableOrders(large)))).toBe(
    'change',
  );
  expect(codeOf(planAdministration(large, { kind: 'join', participants: participants(25) }, ableOrders(large)))).toBe(
    'CONFIGURATION_FULL',
  );
  const small = founded({ radiants: 3 });
  const full = done(small, { kind: 'join', participants: participants(LIMITS.configuration.orderMembers - 3) });
  expect(codeOf(planAdministration(full, { kind: 'join', participants: participants(62) }, ableOrders(full)))).toBe(
    'CONFIGURATION_FULL',
  );
});

/**
 * Applies a leave step by step, while logs follow and shards arrive.
 * @returns the number of steps, or the code of the refusal
 */
function leave(world: PlacementWorld, ...radiants: readonly RadiantId[]): number | string {
  for (let steps = 0; steps < 30; steps++) {
    const outcome = world.administer({ kind: 'leave', radiants });
    if (outcome.kind === 'unchanged') return steps;
    if (outcome.kind === 'refused') return outcome.code;
    world.settle();
    if (outcome.kind === 'later') world.install();
  }
  throw new Error('nobody gets anywhere');
}

test('other radiants take the places of leaving radiants, one after another', () => {
  const world = new PlacementWorld(founded({ radiants: 5 }), undefined);
  world.pass(20_000);
  const [only] = world.configuration.orders;
  const leavers = only?.members.voters.slice(0, 2).map(({ radiant: leaver }) => leaver) ?? [];
  expect(leave(world, ...leavers)).toBe(2);
  const [after] = world.configuration.orders;
  expect([after?.members.voters.length, after?.members.learners.length]).toEqual([3, 0]);
});

test('when three radiants leave in turn, one voter with a learner remains, then a sole voter, which cannot leave', () => {
  const world = new PlacementWorld(founded({ radiants: 3 }), undefined);
  world.pass(20_000);
  const members = () => world.configuration.orders.flatMap(membersOf).map(({ radiant: member }) => member);
  const counts = () =>
    world.configuration.orders.map(({ members: { voters, learners } }) => [voters.length, learners.length]);
  const [one, other, last] = members();
  if (one === undefined || other === undefined || last === undefined) throw new Error('three members');
  expect([leave(world, one), counts()]).toEqual([1, [[1, 1]]]);
  world.become(one, 'departed');
  expect([leave(world, other), counts()]).toEqual([1, [[1, 0]]]);
  world.become(other, 'departed');
  expect(leave(world, last)).toBe('LAST_RADIANT');
});

test('an order whose members all leave gives its shards away first', () => {
  const world = new PlacementWorld(founded({ radiants: 6 }), undefined);
  world.pass(20_000);
  const leaving = world.configuration.orders[0];
  if (leaving === undefined) throw new Error('two orders');
  expect(leave(world, ...membersOf(leaving).map(({ radiant: member }) => member))).toBeTypeOf('number');
  expect(orderById(world.configuration, leaving.id)).toBeUndefined();
  expect(participantsOf(world.configuration)).toHaveLength(3);
  expect(movesOf(world.configuration)).toHaveLength(0);
});

test('no radiant leaves an order without a quorum, since nobody could take over', () => {
  const world = new PlacementWorld(founded({ radiants: 6 }), undefined);
  world.pass(20_000);
  const [one, other, last] = world.configuration.orders[0]?.members.voters ?? [];
  if (one === undefined || other === undefined || last === undefined) throw new Error('three voters');
  for (const { radiant: member } of [one, other]) world.become(member, 'silent');
  world.pass(100_000);
  expect(leave(world, last.radiant)).toBe('NO_QUORUM');
  expect(world.step(() => undefined)).toBe(false);
  for (const { radiant: member } of [one, other]) world.become(member, 'present');
  world.pass(20_000);
  expect(leave(world, last.radiant)).toBeTypeOf('number');
  expect(orderOfRadiant(world.configuration, last.radiant)).toBeUndefined();
});
