import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  configurationFault,
  headerOf,
  membersOf,
  participantsOf,
  slotCountOf,
  unfounded,
} from '../../src/cluster/configuration.ts';
import { changed, changeFault } from '../../src/cluster/configuration-change.ts';
import { foundingConfiguration, numberOfOrders } from '../../src/cluster/formation.ts';
import { nextStep } from '../../src/cluster/placement.ts';
import { largestOdd } from '../../src/cluster/voters.ts';
import type { Participant } from '../../src/wire/configuration/configuration.ts';
import { PlacementWorld } from './placement-world.ts';
import { CLUSTER, founded, mint, order, participant, radiant } from './worlds.ts';

const settings = fc.record({
  radiants: fc.integer({ min: 1, max: 40 }),
  replicationFactor: fc.integer({ min: 1, max: 7 }),
  orders: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
  shards: fc.integer({ min: 1, max: 80 }),
  devices: fc.integer({ min: 1, max: 12 }),
});

const mostUsed = (devices: readonly string[]) => {
  return Math.max(...devices.map((device) => devices.filter((other) => other === device).length));
};

test('a founding is valid, gives every radiant one place, and makes as many voters as possible', () => {
  fc.assert(
    fc.property(settings, fc.gen(), ({ devices, ...setting }, generate) => {
      const { radiants, replicationFactor, orders, shards } = setting;
      const beacons = Array.from({ length: radiants }, (_, at) => participant(at, at % devices));
      const names = { algorithm: 'raft', stateMachine: 'key-value' };
      const terms = () => ({ cluster: CLUSTER, ...names, replicationFactor, orders, shards, mintOrder: mint() });
      const founding = foundingConfiguration(terms(), radiant(0), beacons);
      expect(configurationFault(founding)).toBeUndefined();
      const change = { orders: founding.orders, removed: [] };
      expect(changed(unfounded(headerOf(founding)), change)).toEqual(founding);
      const inAnotherOrder = generate(fc.shuffledSubarray, beacons, { minLength: radiants });
      expect(foundingConfiguration(terms(), radiant(0), inAnotherOrder)).toEqual(founding);

      const count = numberOfOrders(radiants, replicationFactor, orders);
      expect(founding.orders).toHaveLength(count);
      expect(participantsOf(founding)).toHaveLength(radiants);
      const sizes = founding.orders.map((one) => membersOf(one).length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      const served = founding.orders.map((one) => one.shards.length);
      expect(Math.max(...served) - Math.min(...served)).toBeLessThanOrEqual(1);
      for (const one of founding.orders) {
        const { voters } = one.members;
        expect(voters).toHaveLength(largestOdd(Math.min(replicationFactor, membersOf(one).length)));
        expect(one.firstVoters.map((voter) => voter.radiant)).toEqual(voters.map((voter) => voter.radiant));
        expect(one.firstShards).toHaveLength(1);
        // The members of one order are spread over as many devices as possible.
        expect(mostUsed(membersOf(one).map(({ device }) => device))).toBeLessThanOrEqual(
          Math.ceil(Math.ceil(radiants / devices) / count),
        );
      }
      const seats = founding.bondsmith.firstVoters;
      expect(seats).toHaveLength(
        largestOdd(Math.min(replicationFactor, founding.orders.flatMap((one) => one.members.voters).length)),
      );
      expect(seats.some((seat) => seat.radiant === radiant(0))).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test('one radiant makes a voter, two make a voter and a learner, and nine make three orders', () => {
  const shapes = [1, 2, 3, 5, 9, 11].map((radiants) => {
    return founded({ radiants })
      .orders.map(({ members: { voters, learners } }) => `${voters.length}+${learners.length}`)
      .join(' ');
  });
  expect(shapes).toEqual(['1+0', '1+1', '3+0', '3+2', '3+0 3+0 3+0', '3+1 3+1 3+0']);
  const first = founded({ radiants: 3 });
  expect(first.bondsmith.firstVoters).toEqual(first.orders[0]?.firstVoters);
});

test('the founder is a voter, and the voters are on as many devices as possible', () => {
  const names = { algorithm: 'raft', stateMachine: 'key-value', replicationFactor: 3 };
  const present = [participant(9, 1), participant(2, 1), participant(3, 1), participant(4, 2), participant(5, 3)];
  const votersOf = (beacons: readonly Participant[]) => {
    const terms = { cluster: CLUSTER, ...names, orders: 1, shards: undefined, mintOrder: mint() };
    const founding = foundingConfiguration(terms, radiant(9), beacons);
    return new Set(founding.orders.flatMap(({ members }) => members.voters));
  };
  expect(votersOf(present)).toEqual(new Set([participant(9, 1), participant(4, 2), participant(5, 3)]));
  expect(votersOf(present.slice(0, 3))).toEqual(new Set(present.slice(0, 3)));
});

test('placement changes nothing in a new founding', () => {
  for (let radiants = 1; radiants <= 24; radiants++) {
    const world = new PlacementWorld(founded({ radiants }), undefined);
    world.pass(100_000);
    expect(nextStep(world.configuration, world.facts(), order(99))).toBeUndefined();
  }
});

test('while twelve radiants come and go, shards move only when orders are created or dissolved, and as few as possible', () => {
  const world = new PlacementWorld(founded({ radiants: 1 }), undefined);
  let moves = 0;
  const shape = () =>
    world.configuration.orders
      .map(slotCountOf)
      .toSorted((one, other) => one - other)
      .join(' ');
  const shapes = new Set<string>();
  const calm = () =>
    world.calm((before, { change }) => {
      expect(changeFault(before, change)).toBeUndefined();
      moves += change.orders.flatMap(({ shards }) => shards).filter(({ source }) => source !== undefined).length;
    });
  for (let count = 2; count <= 12; count++) {
    world.open(count);
    calm();
    shapes.add(shape());
  }
  expect([...shapes]).toEqual(['16384', '8192 8192', '5376 5376 5632', '4096 4096 4096 4096']);
  // 32 shards move to the second order, 21 to the third, and 16 to the fourth.
  expect(moves).toBe(32 + 21 + 16);
  moves = 0;
  for (let count = 11; count >= 1; count--) {
    const [leaver] = participantsOf(world.configuration).toReversed();
    if (leaver === undefined) throw new Error('somebody is left');
    world.become(leaver.radiant, 'departed');
    calm();
    expect(participantsOf(world.configuration)).toHaveLength(count);
    expect(world.configuration.orders).toHaveLength(Math.max(1, Math.floor(count / 3)));
  }
  expect(shape()).toBe('16384');
  expect(moves).toBeLessThanOrEqual(16 + 22 + 32);
});
