/** The console's map of orders and shards, and its texts for changes. */
import { expect, test } from 'vitest';
import { wordsAfter, wordsForFailure } from '../../src/app/console/change.ts';
import { clusterMapOf, shardAt, shareOf } from '../../src/app/console/cluster-map.ts';
import { memberGroupsOf } from '../../src/app/console/member-lines.ts';
import { stretchesOf } from '../../src/app/console/moves.tsx';
import { describePlace, slotFrom } from '../../src/app/console/place.ts';
import { arcsOf, OWNER_BAND } from '../../src/app/console/ring-shape.ts';
import { slotOfKey } from '../../src/store/key.ts';
import { ShardbearerError } from '../../src/wire/errors.ts';
import { asSlot, type DeviceId, parseId, SLOT_COUNT } from '../../src/wire/identifiers.ts';
import { type ClusterShape, clusterOf, hostView, orderAt, radiantAt } from '../browser/pages/cluster-states.ts';

function mapOf(shape: ClusterShape) {
  const map = clusterMapOf(hostView(clusterOf(shape)));
  if (map === undefined) throw new Error('the cluster is formed');
  return map;
}

test('the map contains every slot once, and the share of every order', () => {
  const map = mapOf({ radiants: 12, orders: 3, moving: 9 });
  expect(map.shards[0]?.first).toBe(0);
  for (const [at, shard] of map.shards.entries()) {
    expect((map.shards[at + 1]?.first ?? SLOT_COUNT) - 1).toBe(shard.last);
  }
  expect(map.orders.reduce((sum, { slots }) => sum + slots, 0)).toBe(SLOT_COUNT);
  expect(map.orders.map(({ voters, learners, isOwn }) => [voters, learners, isOwn])).toEqual([
    [3, 1, true],
    [3, 1, false],
    [3, 1, false],
  ]);
  expect(shardAt(map, 300)).toMatchObject({ first: 256, last: 511, source: { id: orderAt(0) } });
});

test('an order shows its state', () => {
  const states = (shape: ClusterShape) => mapOf(shape).orders.map(({ state }) => state);
  expect(states({ radiants: 9, orders: 3 })).toEqual(['serving', 'serving', 'serving']);
  expect(states({ radiants: 9, orders: 3, missing: [1, 4] })).toEqual(['serving', 'without-quorum', 'serving']);
  const radiant = clusterOf({ radiants: 3, orders: 1 });
  const orders = radiant.orders.map((order) => ({ ...order, members: order.members.slice(0, 2) }));
  expect(clusterMapOf(hostView({ ...radiant, orders }))?.orders[0]?.state).toBe('changing');
});

test('a tab that has left and has no link reports no missing quorum', () => {
  const radiant = clusterOf({ radiants: 4, orders: 1, devices: 2, own: 70, missing: [0, 1, 2, 3] });
  const stateBeside = (neighbours: typeof radiant.neighbours) =>
    clusterMapOf(hostView({ ...radiant, neighbours }))?.orders.map(({ state }) => state);
  expect(stateBeside([])).toEqual(['unknown']);
  const { neighbours } = clusterOf({ radiants: 2, orders: 1 });
  expect(neighbours).toHaveLength(1);
  expect(stateBeside(neighbours)).toEqual(['without-quorum']);
});

test('adjacent shards with the same move share a line, and a shard with known progress has its own', () => {
  const seen = { direction: 'in', stage: 'arriving', chunks: 3, bytes: 99 } as const;
  const { moves } = mapOf({ radiants: 9, orders: 3, moving: 9, own: 1, seen });
  expect(moves).toHaveLength(9);
  expect(
    stretchesOf(moves).map(({ first, last, shards, seen: known }) => [first, last, shards, known?.chunks]),
  ).toEqual([
    [0, 255, 1, 3],
    [256, 2_303, 8, undefined],
  ]);
});

test.each([1, 3, 64, 16_384])('%i shards have one arc each, all on the ring', (shards) => {
  const { shards: lines } = mapOf({ radiants: 3, orders: 1, shards });
  const arcs = arcsOf(lines, OWNER_BAND);
  expect(arcs).toHaveLength(shards);
  for (const { path } of arcs) {
    const numbers = [...path.matchAll(/-?\d+(?:\.\d+)?/gu)].map(([text]) => Number(text));
    for (const number of numbers) expect(number).toBeGreaterThanOrEqual(0);
    expect(Math.max(...numbers)).toBeLessThanOrEqual(320);
  }
});

test('the list of radiants is grouped by order, heralds first, radiants without an order last', () => {
  const radiant = clusterOf({ radiants: 7, orders: 2, devices: 2 });
  const [nearest] = radiant.neighbours;
  if (nearest === undefined) throw new Error('it has neighbours');
  // A tab without storage has a temporary device id, which no other tab shares.
  const device = parseId<DeviceId>('f'.repeat(32));
  const neighbours = [...radiant.neighbours, { ...nearest, radiant: radiantAt(50), device, clientOnly: true }];
  const groups = memberGroupsOf(hostView({ ...radiant, neighbours }));
  expect(groups.map(({ order, lines }) => [order, lines.map(({ role }) => role)])).toEqual([
    [orderAt(0), ['herald', 'follower', 'follower', 'learner']],
    [orderAt(1), ['herald', 'follower', 'follower']],
    [undefined, ['client']],
  ]);
  expect(groups.at(-1)?.lines[0]?.place).toBe('some tab');
  expect(groups.flatMap(({ lines }) => lines).filter(({ isBondsmith }) => isBondsmith)).toHaveLength(1);
});

test('a place is a slot or a key by choice, and is not guessed from the text', () => {
  const slot = (text: string) => slotFrom({ by: 'slot', text });
  expect([slot('8192'), slot(' 0 '), slot('16384'), slot(''), slot('greeting')]).toEqual([
    8_192,
    0,
    undefined,
    undefined,
    undefined,
  ]);
  for (const text of ['greeting', '20000', ' 7 ']) {
    expect(slotFrom({ by: 'key', text })).toBe(slotOfKey(new TextEncoder().encode(text)));
  }
  expect(slotFrom({ by: 'key', text: '' })).toBeUndefined();
  const { shards } = mapOf({ radiants: 6, orders: 2 });
  expect(describePlace({ by: 'slot', text: '7' }, shards[0])).toContain('Slot 7: shard 0');
  expect(describePlace({ by: 'key', text: '7' }, shards[0])).toContain('This key is in slot');
  expect(describePlace({ by: 'slot', text: '20000' }, undefined)).toBe('The ring has slots 0 to 16383.');
});

test('the text after a change states the result, or that the configuration already includes it', () => {
  const { formation } = clusterOf({ radiants: 9, orders: 3 });
  if (formation.kind !== 'formed') throw new Error('formed');
  const { configuration } = formation;
  const move = { kind: 'move', slot: asSlot(5), to: orderAt(1) } as const;
  expect(wordsAfter(move, 11, configuration)).toContain('Configuration 12: slots 0–255 move to order');
  expect(wordsAfter(move, 12, configuration)).toContain('already includes this change');
});

test('after an unknown outcome of a change the text points to the part of the page that shows it', () => {
  const unknown = new ShardbearerError('OUTCOME_UNKNOWN', 'no answer; look at the configuration');
  const told = (change: Parameters<typeof wordsForFailure>[0]) => {
    const { headline, detail } = wordsForFailure(change, unknown);
    expect(`${headline} ${detail}`).not.toMatch(/\bkey\b/u);
    return detail;
  };
  expect(told({ kind: 'fracture', slot: asSlot(5) })).toContain('the ring');
  expect(told({ kind: 'remove', radiant: radiantAt(1) })).toContain('the list of radiants');
  const moving = wordsForFailure({ kind: 'fracture', slot: asSlot(5) }, new ShardbearerError('SHARD_MOVING', 'moves'));
  expect(moving.headline).toContain('moving already');
});

test('shares of the ring are short', () => {
  expect([0, 1, 256, 5_461, 8_192, SLOT_COUNT].map(shareOf)).toEqual([
    '0 %',
    '0.0 %',
    '1.6 %',
    '33 %',
    '50 %',
    '100 %',
  ]);
});
