import { expect, test } from 'vitest';
import { assignmentOfSlot } from '../../src/cluster/configuration.ts';
import type { Configuration, Order } from '../../src/wire/configuration/configuration.ts';
import type { Administration } from '../../src/wire/frames/frame.ts';
import type { RadiantId, Slot } from '../../src/wire/identifiers.ts';
import { asSlot } from '../../src/wire/identifiers.ts';
import { append, get, gist, foundedTabs, put, type SmallWorld, type Tab } from './small-world.ts';
import { keysIn } from './hand-made-orders.ts';

const LONG = { timeout: 120_000 };
const VALUE = 'v'.repeat(40_000);

function configurationOf(tab: Tab): Configuration {
  const { formation } = tab.radiant.view();
  if (formation.kind !== 'formed') throw new Error('not formed');
  return formation.configuration;
}

function ordersOf(world: SmallWorld): readonly [Order, Order] {
  const [one, other] = configurationOf(world.tab('t1')).orders;
  if (one === undefined || other === undefined) throw new Error('there are two orders');
  return [one, other];
}

function isMoving(world: SmallWorld): boolean {
  return configurationOf(world.tab('t1')).orders.some(({ shards }) =>
    shards.some(({ source }) => source !== undefined),
  );
}

function administer(world: SmallWorld, administration: Exclude<Administration, { kind: 'installed' }>): string {
  return gist(world.ask('t1', { kind: 'administer', administration }));
}

function tabOf(world: SmallWorld, radiant: RadiantId | undefined): Tab {
  const tab = [...world.tabs.values()].find(({ id }) => id === radiant);
  if (tab === undefined) throw new Error('no tab is that radiant');
  return tab;
}

/** The slots that a replica of the order holds in another state than as their owner. */
function shardStates(world: SmallWorld, { id }: Order): readonly string[] {
  return [...world.tabs.values()].flatMap(
    ({ radiant }) => radiant.shards(id)?.map(({ shardState }) => shardState.kind) ?? [],
  );
}

test('shards that are split, moved, moved back and merged keep their data', LONG, () => {
  const world = foundedTabs(6);
  const [one, other] = ordersOf(world);
  const [shard] = one.shards;
  if (shard === undefined) throw new Error('an order has a shard');
  const keys = keysIn(shard, 6);
  for (const key of keys) expect(gist(world.ask('t2', put(key, `${key}:${VALUE}`)))).toBe('written');
  const middle: Slot = asSlot((shard.first + shard.last) >>> 1);
  const steps: readonly Exclude<Administration, { kind: 'installed' }>[] = [
    { kind: 'fracture', slot: middle },
    { kind: 'move', slot: middle, to: other.id },
    { kind: 'move', slot: shard.first, to: other.id },
    { kind: 'consolidate', slot: middle },
    { kind: 'move', slot: middle, to: one.id },
  ];
  for (const [number, step] of steps.entries()) {
    expect(administer(world, step)).toBe('configuration');
    for (const key of keys) expect(gist(world.ask('t3', append(key, `;${number}`)))).toBe('written');
    world.until(() => !isMoving(world));
  }
  world.until(() =>
    [one, other].every((order) => shardStates(world, order).every((shardState) => shardState === 'active')),
  );
  expect(assignmentOfSlot(configurationOf(world.tab('t1')), middle)).toMatchObject({
    order: { id: one.id },
    shard: { first: shard.first, last: shard.last },
  });
  for (const key of keys) expect(gist(world.ask('t4', get(key)))).toBe(`"${key}:${VALUE};0;1;2;3;4"`);
});

test('a sole voter hands over, and reports, only what its companion holds', LONG, () => {
  const world = foundedTabs(4, { founding: { orders: 2 } });
  const [one, other] = ordersOf(world);
  const [shard] = one.shards;
  if (shard === undefined) throw new Error('an order has a shard');
  const learners = [one, other].map(({ members }) => tabOf(world, members.learners[0]?.radiant));
  for (const { members } of [one, other]) expect([members.voters.length, members.learners.length]).toEqual([1, 1]);
  const [sender, receiver] = learners;
  for (const key of keysIn(shard, 3)) expect(gist(world.ask('t1', put(key, VALUE)))).toBe('written');
  world.run(5_000);
  world.flushMs = (tab) => (tab === sender ? 300 : 1);
  let sent = 0;
  world.observes = (tab, effect) => {
    if (tab.id === one.members.voters[0]?.radiant && effect.kind === 'send' && effect.bytes.length > VALUE.length)
      sent += 1;
  };
  expect(administer(world, { kind: 'move', slot: shard.first, to: other.id })).toBe('configuration');
  world.until(() => shardStates(world, one).includes('frozen'));
  world.run(200);
  expect(sent).toBe(0);
  world.until(() => shardStates(world, other).includes('incoming'));
  world.flushMs = (tab) => (tab === receiver ? 300 : 1);
  const voter = tabOf(world, other.members.voters[0]?.radiant);
  world.until(() => voter.radiant.shards(other.id)?.every(({ shardState }) => shardState.kind === 'active') ?? false);
  world.run(200);
  expect(isMoving(world)).toBe(true);
  world.until(() => !isMoving(world));
});
