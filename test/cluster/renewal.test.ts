import { expect, test } from 'vitest';
import { movesOf, participantsOf } from '../../src/cluster/configuration.ts';
import { assert } from '../../src/wire/assertion.ts';
import type { Configuration } from '../../src/wire/configuration/configuration.ts';
import { encodeConfiguration } from '../../src/wire/configuration/configuration-codec.ts';
import { LIMITS } from '../../src/wire/limits.ts';
import { PlacementWorld } from './placement-world.ts';
import { founded, participant } from './worlds.ts';

/** The configuration after the first voters of `count` orders have left and others have replaced them. */
function aged(configuration: Configuration, count: number): Configuration {
  const orders = configuration.orders.map((order, at) => {
    if (at >= count) return order;
    const firstVoters = order.firstVoters.map(({ replica }) => ({
      ...participant(10_000 + 10 * at + replica),
      replica,
    }));
    return { ...order, firstVoters };
  });
  return { ...configuration, orders };
}

/** Number of first voters that have left. */
function strangersIn({ configuration }: PlacementWorld): number {
  const present = new Set(participantsOf(configuration).map(({ radiant }) => radiant));
  const first = configuration.orders.flatMap(({ firstVoters }) => firstVoters);
  return first.filter(({ radiant }) => !present.has(radiant)).length;
}

const roomOf = (configuration: Configuration) =>
  LIMITS.configuration.configurationBytes -
  LIMITS.configuration.configurationReserveBytes -
  encodeConfiguration(configuration).length;

test('when newcomers replace first voters and room runs short, orders whose first voters are gone end', {
  timeout: 300_000,
}, () => {
  const old = aged(founded({ radiants: 960, shards: 1_024, orders: 320 }), 100);
  expect(roomOf(old)).toBeLessThan(LIMITS.configuration.renewalBytes);
  const world = new PlacementWorld(old, 320);
  const first = participantsOf(old);
  for (let at = 0; at < 20; at++) world.open(at);
  for (let at = 0; at < 20; at++) world.become(first[41 * at]?.radiant ?? participant(0).radiant, 'departed');
  let born = 0;
  world.calm((before, { change }) => {
    const known = new Set(before.orders.map(({ id }) => id));
    born += change.orders.filter(({ id }) => !known.has(id)).length;
  });
  const everyone = new Set(participantsOf(world.configuration).map(({ radiant }) => radiant));
  for (const { radiant, kind } of world.inhabitants.values()) expect(everyone.has(radiant)).toBe(kind === 'present');
  expect(roomOf(world.configuration)).toBeGreaterThanOrEqual(LIMITS.configuration.renewalBytes);
  expect(world.configuration.orders).toHaveLength(320);
  expect(movesOf(world.configuration)).toEqual([]);
  // Only as many orders are created as the required room demands.
  assert(born > 0 && born < 20, `${born} orders were born`);
});

test('with enough room no order ends because its first voters have left', () => {
  const world = new PlacementWorld(founded({ radiants: 12, shards: 64 }), undefined);
  const before = world.configuration.orders.map(({ id }) => id);
  for (const { radiant } of participantsOf(world.configuration)) {
    world.open(900);
    world.become(radiant, 'departed');
    world.calm(() => undefined);
  }
  expect(strangersIn(world)).toBe(12);
  expect(world.configuration.orders.map(({ id }) => id)).toEqual(before);
});
