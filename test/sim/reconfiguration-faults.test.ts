import { expect, test } from 'vitest';
import { CALM } from '../../src/sim/network/conditions.ts';
import { runSeed } from '../../src/sim/runs/run-seed.ts';

test('the bondsmith is cut off and orders are down while shards move, and several administrators ask for the same', {
  timeout: 120_000,
}, () => {
  const { violation, covered } = runSeed({
    seed: 1,
    faultsMs: 12_000,
    mix: {
      meanMs: { 'bondsmith-cut-off': 6_000, 'order-down': 6_000 },
      bondsmithCuts: 0.3,
      conditions: CALM,
      early: false,
    },
    cluster: {
      shape: { hosts: 7, clientTabs: 1, hostsOnDevice: 1, replicationFactor: 3, unlinked: [] },
      founding: { windowMs: 500, shards: 8, orders: 2 },
      administration: { meanMs: 600, administrators: 3 },
      turnover: { meanMs: undefined, lateTabs: 0 },
    },
  });
  expect(violation).toBeUndefined();
  const expected = ['bondsmith-cut-off-under-way', 'order-down', 'administered-at-once', 'pure-client-answered'];
  expect(expected.filter((kind) => covered[kind] === 0)).toEqual([]);
});
