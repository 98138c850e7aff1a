import fc from 'fast-check';
import { expect, test } from 'vitest';
import { extent } from '../extent.ts';
import { majority, membersOf, movesOf, participantsOf, slotCountOf } from '../../src/cluster/configuration.ts';
import { withChange } from '../../src/cluster/configuration-change.ts';
import { type ClusterFacts, canVote, isGone } from '../../src/cluster/cluster-facts.ts';
import { numberOfOrders } from '../../src/cluster/formation.ts';
import { nextStep, type Step } from '../../src/cluster/placement.ts';
import { largestOdd } from '../../src/cluster/voters.ts';
import { assert } from '../../src/wire/assertion.ts';
import type { Configuration, Order } from '../../src/wire/configuration/configuration.ts';
import { asSlot, SLOT_COUNT, type OrderId } from '../../src/wire/identifiers.ts';
import { TIMES } from '../../src/wire/times.ts';
import { learnElsewhere, PlacementWorld } from './placement-world.ts';
import { founded, order as orderId, radiant } from './worlds.ts';

type Action =
  | { readonly kind: 'open'; readonly home: number; readonly durable: boolean }
  | { readonly kind: 'silent' | 'departed' | 'present' | 'retired' | 'leave'; readonly which: number }
  | { readonly kind: 'pass'; readonly durationMs: number }
  | { readonly kind: 'install' | 'settle' | 'join' }
  | { readonly kind: 'move'; readonly slot: number; readonly to: number; readonly all: boolean };

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('open'), home: fc.nat(7), durable: fc.nat(9).map((n) => n > 0) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('silent', 'departed', 'present'), which: fc.nat(99) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('departed', 'present', 'leave'), which: fc.nat(99) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('retired'), which: fc.nat(99) }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('pass'), durationMs: fc.constantFrom(1_000, 4_000, 11_000, 70_000) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('install', 'settle', 'settle', 'join') }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('move'),
      slot: fc.nat(SLOT_COUNT - 1),
      to: fc.nat(9),
      all: fc.boolean(),
    }),
  },
);

interface History {
  readonly radiants: number;
  readonly replicationFactor: number;
  readonly orders: number | undefined;
  readonly shards: number;
  readonly perDevice: number;
  readonly actions: readonly Action[];
}

const histories: fc.Arbitrary<History> = fc.record({
  radiants: fc.integer({ min: 1, max: 14 }),
  replicationFactor: fc.constantFrom(1, 3, 3, 3, 5, 4),
  orders: fc.constantFrom(undefined, undefined, undefined, 1, 2, 4),
  shards: fc.constantFrom(1, 4, 16, 32),
  perDevice: fc.constantFrom(1, 1, 2, 5),
  // Half of the histories have no moves by an administrator. The balance between orders can be checked only in these.
  actions: fc
    .tuple(fc.boolean(), fc.array(action, { maxLength: 45, size: 'max' }))
    .map(([moves, actions]) => (moves ? actions : actions.filter(({ kind }) => kind !== 'move'))),
});

function act(world: PlacementWorld, action: Action): void {
  switch (action.kind) {
    case 'open':
      world.open(action.home, action.durable);
      return;
    case 'pass':
      return world.pass(action.durationMs);
    case 'install':
      return world.install();
    case 'settle':
      return world.settle();
    case 'join':
      return world.joinAll();
    case 'move':
      return move(world, action);
    default: {
      const all = [...world.inhabitants.keys()];
      const radiant = all[action.which % all.length];
      if (radiant === undefined) return;
      if (action.kind !== 'leave') return world.become(radiant, action.kind);
      const outcome = world.administer({ kind: 'leave', radiants: [radiant] });
      const isMeant = outcome.kind !== 'refused' || ['LAST_RADIANT', 'NO_QUORUM'].includes(outcome.code);
      assert(isMeant, `a leave that is refused without a reason: ${JSON.stringify(outcome)}`);
    }
  }
}

/** Moves one shard, or all shards of its order, as an administrator. */
function move(world: PlacementWorld, { slot, to, all }: Extract<Action, { kind: 'move' }>): void {
  const { orders } = world.configuration;
  const receiver = orders[to % orders.length];
  const from = orders.find(({ shards }) => shards.some(({ first, last }) => first <= slot && slot <= last));
  assert(receiver !== undefined && from !== undefined, 'every slot has an order');
  for (const { first } of all ? from.shards : [{ first: asSlot(slot) }]) {
    const outcome = world.administer({ kind: 'move', slot: first, to: receiver.id });
    const isStuck = !world.hasQuorum(from.id) || !world.hasQuorum(receiver.id);
    const reasons = isStuck ? ['SHARD_MOVING', 'NO_QUORUM'] : ['SHARD_MOVING'];
    const isMeant = outcome.kind !== 'refused' || reasons.includes(outcome.code);
    assert(isMeant, `a move that is refused without a reason: ${JSON.stringify(outcome)}`);
    world.wasMoved ||= outcome.kind === 'change';
  }
}

function checkStep(world: PlacementWorld, history: History, before: Configuration, { change, reason }: Step): void {
  const facts = world.facts();
  expect(reason).not.toBe('');
  const old = new Map(before.orders.map((order) => [order.id, order]));
  const after = withChange(before, change);
  for (const order of change.orders) {
    const was = old.get(order.id);
    checkVoters(facts, was, order, was === undefined || facts.orders.get(order.id)?.isSettled === true);
    // A fixed number of orders can exceed the number of full orders. Further orders then take voters from full ones.
    if (was !== undefined && history.orders === undefined) checkSeats(facts, was, order, history.replicationFactor);
  }
  if (after.orders.length > before.orders.length) checkSpares(world, before, after);
  const joinAndLeave = new Set(participantsOf(after).map(({ radiant }) => radiant));
  for (const { radiant } of participantsOf(before))
    expect(joinAndLeave.has(radiant) || isGone(facts, radiant)).toBe(true);
  const moving = movesOf(after).filter(
    ({ shard, order }) =>
      !old.get(order.id)?.shards.some((one) => one.epoch === shard.epoch && one.first === shard.first),
  );
  if (moving.length === 0) return;
  // No order is created or dissolved while a shard moves. No shard moves between two orders that stay.
  expect(movesOf(before)).toHaveLength(0);
  const receivers = [...new Set(moving.map(({ order }) => order.id))];
  const donors = [...new Set(moving.map(({ shard }) => shard.source))];
  const shards = after.orders.reduce((count, { shards: held }) => count + held.length, 0);
  // A shard stays where an administrator moved it. Only a new order, or one whose dissolution was cancelled, gets
  // shards.
  const isFilled =
    receivers.length === 1 &&
    receivers.every((id) => {
      const was = old.get(id);
      return was === undefined || (was.isDissolving && was.shards.length === 0);
    });
  const isEmptied = donors.every((donor) => {
    const giving = after.orders.find(({ id }) => id === donor);
    return giving?.isDissolving === true && giving.shards.length === 0;
  });
  const isMinimal =
    (isFilled && moving.length <= Math.ceil(shards / after.orders.length)) || (isEmptied && donors.length === 1);
  assert(isMinimal, `${moving.length} shards of ${shards} are moved: ${reason}`);
}

function checkVoters(facts: ClusterFacts, before: Order | undefined, after: Order, isSettled: boolean): void {
  const known = new Set(before?.members.voters.map(({ radiant }) => radiant));
  const fresh = after.members.voters.filter(({ radiant }) => !known.has(radiant));
  const learned = new Set(before?.members.learners.map(({ radiant }) => radiant));
  for (const { radiant } of fresh) {
    expect(canVote(facts, radiant, learned.has(radiant) ? 0 : TIMES.membership.candidatePresenceMs)).toBe(true);
  }
  if (before === undefined || after.members === before.members) return;
  // The target membership of an order changes only while it has a quorum, and most of its voters stay.
  expect(facts.orders.get(after.id)?.hasQuorum).toBe(true);
  // A present former voter stays a member, because it may be the only other radiant with the data.
  const staying = new Set(membersOf(after).map(({ radiant }) => radiant));
  for (const radiant of known) expect(staying.has(radiant) || isGone(facts, radiant)).toBe(true);
  if (!isSettled) return;
  const kept = after.members.voters.length - fresh.length;
  const isGrowth = after.members.voters.length > known.size;
  const areSteady = fresh.every(({ radiant }) => canVote(facts, radiant, TIMES.membership.promotionMs));
  const goesOn = isGrowth ? kept === known.size && areSteady : kept >= majority(after.members.voters.length);
  assert(goesOn, `${kept} of ${known.size} voters go on, and ${fresh.length} are new`);
}

/**
 * Checks that the creation of an order leaves a spare learner for every absent voter. A voter that nobody can replace
 * is not counted.
 */
function checkSpares(world: PlacementWorld, before: Configuration, after: Configuration): void {
  const facts = world.facts();
  const absent = before.orders.flatMap(({ id, members }) => {
    return members.voters.filter(({ radiant }) => {
      return !world.isPresent(radiant) && (world.hasQuorum(id) || !isGone(facts, radiant));
    });
  });
  const spares = after.orders
    .filter(({ id }) => facts.orders.has(id) && world.hasQuorum(id))
    .flatMap(({ members }) => members.learners)
    .filter(({ radiant }) => canVote(facts, radiant, 0));
  assert(spares.length >= absent.length, `${spares.length} spares are left for ${absent.length} absent voters`);
}

/** Checks that an order loses a voter only if none of its members can vote instead. */
function checkSeats(facts: ClusterFacts, before: Order, after: Order, replicationFactor: number): void {
  const { voters, learners } = after.members;
  const able = voters.length + learners.filter(({ radiant }) => canVote(facts, radiant, 0)).length;
  const least = Math.min(before.members.voters.length, largestOdd(Math.min(replicationFactor, able)));
  expect(voters.length).toBeGreaterThanOrEqual(least);
}

/** Checks that no order is short of members while another order has a learner to spare. */
function checkFilled(orders: readonly Order[], facts: ClusterFacts, replicationFactor: number): void {
  const least = Math.min(...orders.map((order) => membersOf(order).length));
  if (least >= replicationFactor) return;
  for (const order of orders.filter((donor) => membersOf(donor).length > least + 1)) {
    const spare = order.members.learners.filter(({ radiant }) =>
      canVote(facts, radiant, TIMES.membership.candidatePresenceMs),
    );
    assert(spare.length === 0, `${spare.length} learners are to spare, and an order has ${least} members`);
  }
}

function checkCalm(world: PlacementWorld, history: History): void {
  const { configuration } = world;
  const facts = world.facts();
  const able = configuration.orders.filter(({ id }) => world.hasQuorum(id));
  for (const order of able) {
    for (const { radiant } of membersOf(order)) expect(isGone(facts, radiant)).toBe(false);
    const voting = membersOf(order).filter(({ radiant }) => canVote(facts, radiant, 0)).length;
    expect(order.members.voters).toHaveLength(largestOdd(Math.min(history.replicationFactor, voting)));
    const devices = order.members.voters.map(({ device }) => device);
    const isShared = new Set(devices).size < devices.length;
    const isSpread =
      devices.length < 3 ||
      !isShared ||
      order.members.learners.every(({ radiant, device }) => {
        return !canVote(facts, radiant, 0) || devices.includes(device);
      });
    assert(isSpread, 'a learner of another device could vote in place of one that shares its own');
  }
  checkFilled(able, facts, history.replicationFactor);
  const joinAndLeave = new Set(participantsOf(configuration).map(({ radiant }) => radiant));
  for (const { radiant, durable, kind } of world.inhabitants.values()) {
    assert(kind !== 'present' || !durable || joinAndLeave.has(radiant), 'a present radiant belongs to the cluster');
  }
  if (able.length < configuration.orders.length) return;
  expect(movesOf(configuration)).toHaveLength(0);
  const target = numberOfOrders(joinAndLeave.size, history.replicationFactor, history.orders);
  expect(configuration.orders).toHaveLength(target);
  if (world.wasUnable || world.wasMoved) return;
  const slots = configuration.orders.map(slotCountOf);
  const largest = Math.max(
    ...configuration.orders.flatMap(({ shards }) => shards.map(({ first, last }) => last - first + 1)),
  );
  expect(Math.max(...slots) - Math.min(...slots)).toBeLessThanOrEqual(largest);
}

/**
 * A history in which all radiants that should take over an order leave before its log names them. The order still
 * decides by the voter that left. One of its shards moves to a lost order, so it cannot be dissolved. A learner of
 * another order must replace the voter.
 */
const FORSAKEN: History = {
  radiants: 5,
  replicationFactor: 5,
  orders: 4,
  shards: 1,
  perDevice: 1,
  actions: [
    { kind: 'departed', which: 17 },
    { kind: 'open', home: 0, durable: true },
    { kind: 'pass', durationMs: 11_000 },
    { kind: 'leave', which: 0 },
    { kind: 'open', home: 0, durable: true },
    { kind: 'join' },
    { kind: 'open', home: 0, durable: false },
    { kind: 'silent', which: 41 },
    { kind: 'pass', durationMs: 11_000 },
    { kind: 'retired', which: 11 },
    { kind: 'open', home: 0, durable: false },
    { kind: 'retired', which: 60 },
  ],
};

test('every step keeps the quorum of each order, and placement comes to rest, whatever happens to the radiants', {
  timeout: 120_000,
}, () => {
  fc.assert(
    fc.property(histories, (history) => {
      const world = new PlacementWorld(founded(history), history.orders);
      const check = (before: Configuration, step: Step) => checkStep(world, history, before, step);
      for (const one of history.actions) {
        act(world, one);
        world.step(check);
      }
      world.calm(check);
      checkCalm(world, history);
    }),
    { numRuns: extent(250, 2_000), examples: [[FORSAKEN]] },
  );
});

/** The same configuration and facts, with every list whose order is irrelevant in reverse order. */
function shuffled(configuration: Configuration, facts: ClusterFacts): readonly [Configuration, ClusterFacts] {
  const orders = configuration.orders.toReversed().map((order) => {
    const { number, voters, learners } = order.members;
    const members = { number, voters: voters.toReversed(), learners: learners.toReversed() };
    return { ...order, members, shards: order.shards.toReversed() };
  });
  const reversed = <Key, Value>(map: ReadonlyMap<Key, Value>) => new Map([...map].toReversed());
  return [
    { ...configuration, orders },
    { radiants: reversed(facts.radiants), orders: reversed(facts.orders), times: facts.times },
  ];
}

function plain(step: Step | undefined) {
  const orders = step?.change.orders.map((order) => {
    const sortedBy = <Item>(items: readonly Item[], key: (item: Item) => string | number) =>
      items.toSorted((one, other) => (key(one) < key(other) ? -1 : 1));
    const { number, voters, learners } = order.members;
    return {
      ...order,
      members: {
        number,
        voters: sortedBy(voters, ({ radiant }) => radiant),
        learners: sortedBy(learners, ({ radiant }) => radiant),
      },
      shards: sortedBy(order.shards, ({ first }) => first),
    };
  });
  return { orders: orders?.toSorted((one, other) => (one.id < other.id ? -1 : 1)), removed: step?.change.removed };
}

test('decisions do not depend on the order of lists', () => {
  fc.assert(
    fc.property(histories, (history) => {
      const world = new PlacementWorld(founded(history), history.orders);
      const newOrder = orderId(5_000);
      for (const one of history.actions) {
        act(world, one);
        const facts = world.facts();
        const again = shuffled(world.configuration, facts);
        expect(plain(nextStep(...again, newOrder))).toEqual(plain(nextStep(world.configuration, facts, newOrder)));
        world.step(() => undefined);
      }
    }),
    { numRuns: extent(100, 300) },
  );
});

/** Runs placement until no change is due and all shards have arrived. */
function rest(world: PlacementWorld): void {
  world.calm(() => undefined);
}

function moveAll(world: PlacementWorld, from: OrderId, to: OrderId): void {
  for (const { first } of world.order(from).shards) {
    expect(world.administer({ kind: 'move', slot: first, to }).kind).toBe('change');
    world.install();
  }
}

test('an order that an administrator has emptied stays empty until the number of orders changes', () => {
  const world = new PlacementWorld(founded({ radiants: 9, shards: 12 }), undefined);
  const [one, two] = [orderId(1), orderId(2)];
  moveAll(world, one, two);
  rest(world);
  expect(world.order(one).shards).toEqual([]);
  const newcomer = world.open(1);
  rest(world);
  world.become(newcomer, 'departed');
  rest(world);
  expect(world.order(one).shards).toEqual([]);
  // The number of orders is now too large. The empty order is dissolved, and no shard moves.
  const before = world.configuration;
  for (const { radiant } of world.order(two).members.voters.slice(1)) world.become(radiant, 'departed');
  rest(world);
  expect(world.configuration.orders.map(({ id }) => id)).toEqual([two, orderId(3)]);
  expect(slotCountOf(world.order(two))).toBe(slotCountOf(before.orders[1] ?? { shards: [] }));
});

test('an order that gave its shards away for its dissolution gets its part if it is needed after all', () => {
  const world = new PlacementWorld(founded({ radiants: 6, shards: 8 }), undefined);
  const away = world.configuration.orders[0]?.members.voters[0]?.radiant ?? radiant(0);
  world.become(away, 'departed');
  world.pass(70_000);
  while (world.step(() => undefined)) world.settle();
  const [dissolving] = world.configuration.orders.filter(({ isDissolving }) => isDissolving);
  assert(dissolving !== undefined, 'one is dissolved');
  expect(dissolving.shards).toEqual([]);
  world.become(away, 'present');
  rest(world);
  expect(world.configuration.orders).toHaveLength(2);
  expect(world.configuration.orders.some(({ isDissolving }) => isDissolving)).toBe(false);
  expect(world.configuration.orders.map(slotCountOf)).toEqual([8_192, 8_192]);
});

test.each([
  [4, 2],
  [6, 3],
  [7, 3],
  [11, 4],
])(
  'when %i radiants have to form %i orders, a new order gets its part before other orders get more voters',
  (radiants, orders) => {
    const world = new PlacementWorld(founded({ radiants, orders: 1 }), orders);
    rest(world);
    const sizes = world.configuration.orders.map((order) => membersOf(order).length);
    expect(sizes).toHaveLength(orders);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    // With enough further radiants, every order has all of its voters.
    for (let home = radiants; home < 3 * orders; home++) world.open(home);
    rest(world);
    expect(new Set(world.configuration.orders.map(({ members }) => members.voters.length))).toEqual(new Set([3]));
  },
);

test.each([
  ['that come', 0],
  ['that learn elsewhere', 2],
])('an order that is needed after all and has lost two of three voters gets radiants %s', (_, learners) => {
  const world = new PlacementWorld(founded({ radiants: 6, shards: 8 }), undefined);
  const [short] = world.configuration.orders;
  assert(short !== undefined, 'there are two');
  for (const { radiant: lost } of short.members.voters.slice(1)) {
    world.become(lost, 'departed');
    world.pass(70_000);
    while (world.step(() => undefined)) world.settle();
  }
  expect(world.order(short.id)).toMatchObject({ isDissolving: true, shards: [] });
  for (let home = 0; home < 2; home++) world.open(home);
  world.joinAll();
  if (learners > 0) learnElsewhere(world, short.id);
  rest(world);
  expect(world.configuration.orders.map(({ id }) => id)).toContain(short.id);
  expect(world.configuration.orders.map(({ members }) => members.voters.length)).toEqual([3, 3]);
  expect(world.configuration.orders.map(slotCountOf)).toEqual([8_192, 8_192]);
});

test('an order is not dissolved while a returned radiant has not yet reported its kind of storage', () => {
  const world = new PlacementWorld(founded({ radiants: 6 }), undefined);
  const facts = world.facts();
  const [known] = [...facts.radiants.values()];
  assert(known !== undefined, 'somebody is known');
  const radiants = new Map(facts.radiants).set(known.radiant, {
    ...known,
    durable: undefined,
    presence: { kind: 'present', forMs: 0 },
  });
  expect(nextStep(world.configuration, { ...facts, radiants }, orderId(9))).toBe(undefined);
});

test('an order waits for the successor of a voter that lost its data, and then continues with fewer voters', () => {
  const world = new PlacementWorld(founded({ radiants: 3 }), undefined);
  const step = () => world.step(() => undefined);
  const voters = () => world.configuration.orders[0]?.members.voters.map(({ radiant }) => radiant);
  world.pass(20_000);
  const [lost] = voters() ?? [];
  assert(lost !== undefined, 'somebody votes');
  world.become(lost, 'retired');
  expect(step()).toBe(false);
  const heir = world.open(1);
  world.pass(TIMES.membership.candidatePresenceMs - 1);
  world.joinAll();
  world.settle();
  expect(step()).toBe(true);
  expect(voters()).toHaveLength(3);
  expect(voters()).toContain(heir);

  world.settle();
  world.become(heir, 'retired');
  expect(step()).toBe(false);
  world.pass(TIMES.membership.candidatePresenceMs);
  expect(step()).toBe(true);
  expect(voters()).toHaveLength(1);
});
