import { expect, test } from 'vitest';
import {
  assignmentOfSlot,
  assignments,
  configurationFault,
  groupById,
  groupsOf,
  movesOf,
  orderOfRadiant,
  participantsOf,
  slotCountOf,
  validateConfiguration,
} from '../../src/cluster/configuration.ts';
import { changed, changeFault } from '../../src/cluster/configuration-change.ts';
import type { Configuration, Order } from '../../src/wire/configuration/configuration.ts';
import { decodeConfiguration, encodeConfiguration } from '../../src/wire/configuration/configuration-codec.ts';
import { asReplicaId, asSlot, SLOT_COUNT } from '../../src/wire/identifiers.ts';
import { LIMITS } from '../../src/wire/limits.ts';
import { founded, order, participant, radiant } from './worlds.ts';

const three = founded({ radiants: 9 });

function orderAt({ orders }: Configuration, at: number): Order {
  const found = orders[at];
  if (found === undefined) throw new Error(`no order ${at}`);
  return found;
}

/** The configuration `three` with a change to the order at one position. */
function withOrder(at: number, part: (order: Order) => Partial<Order>): Configuration {
  return { ...three, orders: three.orders.map((one, place) => (place === at ? { ...one, ...part(one) } : one)) };
}

test('every slot has one assignment, and every radiant one order', () => {
  for (let slot = 0; slot < SLOT_COUNT; slot++) {
    const found = assignmentOfSlot(three, asSlot(slot));
    expect(found !== undefined && found.shard.first <= slot && slot <= found.shard.last).toBe(true);
  }
  expect(assignments(three)).toHaveLength(64);
  expect(participantsOf(three)).toHaveLength(9);
  for (const one of three.orders) {
    for (const { radiant: member } of one.members.voters) expect(orderOfRadiant(three, member)).toBe(one);
  }
  expect(orderOfRadiant(three, radiant(77))).toBeUndefined();
});

test("the bondsmith's order is a group like the orders", () => {
  expect(groupsOf(three).map(({ id }) => id)).toEqual([order(1), order(2), order(3), order(0)]);
  expect(groupById(three, order(0))).toBe(three.bondsmith);
  expect(groupById(three, order(2))).toBe(three.orders[1]);
});

const whole = founded({ radiants: 3 });
const [first, ...others] = orderAt(whole, 0).firstVoters;
const withVoters = (...firstVoters: readonly (typeof first)[]): Configuration => ({
  ...whole,
  orders: whole.orders.map((one) => ({ ...one, firstVoters: firstVoters.flatMap((voter) => voter ?? []) })),
});
const withShards = (...shards: readonly (readonly [number, number])[]): Configuration => ({
  ...whole,
  orders: whole.orders.map((one) => ({
    ...one,
    shards: shards.map(([from, to]) => ({ first: asSlot(from), last: asSlot(to), epoch: 1, source: undefined })),
  })),
});

test.each<readonly [string, Configuration]>([
  ['number 0', { ...whole, number: 0 }],
  ['no algorithm', { ...whole, algorithm: '' }],
  ['a replication factor of 0', { ...whole, replicationFactor: 0 }],
  ['no order', { ...whole, orders: [] }],
  ['an order twice', { ...whole, orders: [...whole.orders, ...whole.orders] }],
  ['no voters', withVoters()],
  ['a radiant twice', withVoters(first, first === undefined ? undefined : { ...first, replica: asReplicaId(7) })],
  [
    'a replica id twice',
    withVoters(...others, others[0] === undefined ? undefined : { ...others[0], radiant: radiant(7) }),
  ],
  ['a gap between shards', withShards([0, 5], [7, SLOT_COUNT - 1])],
  ['shards that overlap', withShards([0, 5], [5, SLOT_COUNT - 1])],
  ['the end of the ring left out', withShards([0, 100])],
])('a configuration with %s is rejected', (_, broken) => {
  expect(() => validateConfiguration(whole)).not.toThrow();
  expect(() => validateConfiguration(broken)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
});

test.each<readonly [string, Configuration]>([
  [
    'an even number of voters',
    withOrder(0, ({ members }) => ({ members: { ...members, voters: members.voters.slice(1) } })),
  ],
  ['a radiant in two orders', withOrder(0, () => ({ members: orderAt(three, 1).members }))],
  [
    'a shard that comes from nowhere',
    withOrder(0, ({ shards }) => ({ shards: shards.map((shard) => ({ ...shard, source: order(9) })) })),
  ],
  [
    'a shard that comes from where it is',
    withOrder(0, ({ id, shards }) => ({ shards: shards.map((shard) => ({ ...shard, source: id })) })),
  ],
  ['members of a later configuration', withOrder(2, ({ members }) => ({ members: { ...members, number: 2 } }))],
  ["an order that is the bondsmith's", withOrder(1, () => ({ id: order(0) }))],
])('a configuration with %s cannot be', (_, broken) => {
  expect(configurationFault(three)).toBeUndefined();
  expect(configurationFault(broken)).toEqual(expect.any(String));
});

/** The configuration `three` after the first shard of the first order was given to the second order. */
function movedOnce(epoch: number, source = order(1)) {
  const [from, to] = [orderAt(three, 0), orderAt(three, 1)];
  const shard = from.shards[0];
  if (shard === undefined) throw new Error('an order without shards');
  const orders = [
    { ...from, shards: from.shards.slice(1) },
    { ...to, shards: [{ ...shard, epoch, source }, ...to.shards] },
  ];
  return { orders, removed: [] };
}

test('a change makes the next configuration and leaves the other orders as they are', () => {
  const next = changed(three, movedOnce(2));
  expect(next.number).toBe(2);
  expect(next.orders[2]).toBe(three.orders[2]);
  expect(movesOf(next).map(({ order: { id }, shard }) => [id, shard.source])).toEqual([[order(2), order(1)]]);
  expect(next.orders.map(slotCountOf).reduce((sum, count) => sum + count)).toBe(SLOT_COUNT);
});

test.each([
  ['without a new epoch', movedOnce(1)],
  ['from where it was not', movedOnce(2, order(3))],
  ['of an order that does not exist', { orders: [], removed: [order(7)] }],
  ['that leaves shards behind', { orders: [], removed: [order(1)] }],
  [
    'of the members without its number',
    {
      orders: [{ ...orderAt(three, 0), members: { ...orderAt(three, 0).members, learners: [participant(50)] } }],
      removed: [],
    },
  ],
  [
    'of the birth of an order',
    { orders: [{ ...orderAt(three, 0), firstVoters: [{ ...participant(50), replica: asReplicaId(1) }] }], removed: [] },
  ],
])('a change %s is rejected', (_, change) => {
  expect(changeFault(three, change)).toEqual(expect.any(String));
  expect(() => changed(three, change)).toThrow(expect.objectContaining({ code: 'INVARIANT_BROKEN' }));
});

test('a moving shard can move elsewhere only after it has arrived', () => {
  const moving = changed(three, movedOnce(2));
  const here = orderAt(moving, 1);
  const [shard, ...others] = here.shards;
  if (shard === undefined) throw new Error('an order without shards');
  const arrived = { ...here, shards: [{ ...shard, source: undefined }, ...others] };
  expect(changeFault(moving, { orders: [arrived], removed: [] })).toBeUndefined();
  const onward = {
    ...orderAt(moving, 2),
    shards: [{ ...shard, epoch: 3, source: order(2) }, ...orderAt(moving, 2).shards],
  };
  const change = { orders: [{ ...here, shards: others }, onward], removed: [] };
  expect(changeFault(moving, change)).toContain('before they have come');
  expect(changeFault(changed(moving, { orders: [arrived], removed: [] }), change)).toBeUndefined();
});

test('1,000 radiants in 333 orders with 1,024 shards have less than 64 KiB', () => {
  const large = founded({ radiants: 1_000, shards: 1_024 });
  expect(large.orders).toHaveLength(333);
  const grown = {
    ...large,
    number: 123_456,
    orders: large.orders.map((one, at) => ({
      ...one,
      members: { ...one.members, number: 120_000 + at },
      shards: one.shards.map((shard, place) => ({ ...shard, epoch: 100 + ((at * 7 + place) % 900) })),
    })),
  };
  const sizes = [large, grown].map((configuration) => encodeConfiguration(configuration).length);
  console.log(
    `a configuration of 1,000 radiants, 333 orders, 1,024 shards: ${sizes.join(' bytes, much later ')} bytes`,
  );
  for (const size of sizes) expect(size).toBeLessThanOrEqual(LIMITS.configuration.configurationBytes);
  for (const one of [large, grown]) expect(decodeConfiguration(encodeConfiguration(one))).toEqual(one);
  expect(configurationFault(large)).toBeUndefined();
});
