import { expect, test } from 'vitest';
import { NO_FAULTS } from '../../src/sim/faults/fault-mix.ts';
import { runSeed } from '../../src/sim/runs/run-seed.ts';
import { oneOrder } from './one-order.ts';
import { orderOf, World } from '../../src/sim/world/world.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const key = encoder.encode('k');

const put = (value: string) =>
  ({ kind: 'write', operation: { kind: 'put', key, value: encoder.encode(value) } }) as const;

test('three tabs form one order, and what one writes the others read', () => {
  const world = new World({ seed: 1 });
  world.form();
  expect(orderOf(world.host(1))?.members).toHaveLength(3);
  expect(world.callAndWait(world.host(2), put('v'))).toMatchObject({ kind: 'written', existed: false });
  for (const host of world.hosts) {
    const outcome = world.callAndWait(host, { kind: 'get', key });
    expect(outcome.kind === 'value' ? decoder.decode(outcome.value) : outcome).toBe('v');
  }
});

test('the herald is killed: another takes over, and the killed one comes back as the same radiant', () => {
  const world = new World({ seed: 2 });
  world.form();
  world.callAndWait(world.host(1), put('before'));
  const herald = world.herald();
  const host = world.hosts.find((candidate) => candidate.radiants[0] === herald);
  if (host === undefined) throw new Error('nobody leads');
  const { identity } = host;
  host.kill();
  const survivor = world.hosts.find((candidate) => candidate !== host) ?? host;
  expect(world.callAndWait(survivor, put('after')).kind).toBe('written');
  host.open();
  world.runUntil(
    () =>
      host.radiants[0]?.view().orders[0]?.replica?.applied === survivor.radiants[0]?.view().orders[0]?.replica?.applied,
    5_000,
  );
  expect(host.identity).toBe(identity);
});

test('the same seed gives the same trace, another seed another one', () => {
  const cluster = oneOrder(3, 3, { meanMs: 2_000, lateTabs: 1 });
  const hashOf = (seed: number): string => runSeed({ seed, faultsMs: 5_000, cluster }).traceHash;
  expect(hashOf(11)).toBe(hashOf(11));
  expect(hashOf(11)).not.toBe(hashOf(12));
});

test('without faults nothing fails, and the first term of each order lasts', () => {
  const cluster = oneOrder(3, 3, { meanMs: undefined, lateTabs: 0 });
  const report = runSeed({ seed: 5, faultsMs: 10_000, mix: NO_FAULTS, cluster });
  // One election is that of the order, and one is that of the bondsmith's order.
  expect(report).toMatchObject({ violation: undefined, terms: 2, retired: 0, covered: { election: 2, kill: 0 } });
  expect(Object.keys(report.calls).toSorted()).toEqual(['conflict', 'ok']);
});
