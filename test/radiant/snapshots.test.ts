import { queryObjects } from 'node:v8';
import { expect, test } from 'vitest';
import { KeyValueStore } from '../../src/store/key-value-store.ts';
import { LIMITS } from '../../src/wire/limits.ts';
import { TIMES } from '../../src/wire/times.ts';
import { get, gist, put } from './calls.ts';
import {
  CHECKPOINT_LOG_BYTES,
  fill,
  followers,
  herald,
  isolate,
  linkToAll,
  replicaOf,
  tabsWithCheckpoints,
  untilAlike,
  valueOf,
  watchSnapshots,
} from './large-state.ts';
import { areMembers, change, tabsOfScriptedOrder } from './members.ts';

test('a replica whose missing entries no log holds catches up by a snapshot while writes continue', () => {
  const world = tabsWithCheckpoints();
  const [away, other] = followers(world);
  isolate(world, away.name);
  fill(world, herald(world).name, 300, 200);
  expect(replicaOf(herald(world)).firstIndex).toBeGreaterThan(replicaOf(away).lastIndex + 1);
  const seen = watchSnapshots(world);
  linkToAll(world, away.name);
  for (let at = 0; at < 100; at++) {
    world.call(herald(world).name, put(`running${at}`, 'v'));
    world.run(20);
  }
  untilAlike(world);
  expect(seen.some(({ kind }) => kind === 'snapshot-chunk')).toBe(true);
  expect(replicaOf(away).firstIndex).toBeGreaterThan(1);
  world.kill(other.name);
  expect(gist(world.ask(away.name, get('running99')))).toBe('"v"');
  expect(gist(world.ask(away.name, get('k299')))).toBe(`"${valueOf(299, 200)}"`);
});

test('a state of many chunks arrives whole even if every third of its frames is lost', () => {
  const world = tabsWithCheckpoints();
  const [away] = followers(world);
  isolate(world, away.name);
  fill(world, herald(world).name, 100, 16_000);
  let count = 0;
  const seen = watchSnapshots(world, () => {
    count += 1;
    return count % 3 === 0;
  });
  linkToAll(world, away.name);
  untilAlike(world, 120_000);
  const chunks = new Set(seen.flatMap((body) => (body.kind === 'snapshot-chunk' ? [body.chunk] : [])));
  expect(chunks.size).toBeGreaterThan(20);
});

test('only a few chunks are under way at a time, and none is sent with the urgency of a heartbeat', () => {
  const world = tabsWithCheckpoints();
  const [away] = followers(world);
  isolate(world, away.name);
  fill(world, herald(world).name, 50, 16_000);
  let underWay = 0;
  let most = 0;
  let urgentChunks = 0;
  world.loses = (_, __, { body, urgent }) => {
    if (body.kind === 'snapshot-request') underWay += 1;
    if (body.kind === 'snapshot-chunk') {
      most = Math.max(most, underWay);
      underWay -= 1;
      if (urgent) urgentChunks += 1;
    }
    return false;
  };
  linkToAll(world, away.name);
  untilAlike(world);
  expect(urgentChunks).toBe(0);
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(LIMITS.snapshots.snapshotWindow);
});

test('one snapshot is enough, even if the herald makes checkpoints during the transfer', () => {
  const world = tabsWithCheckpoints();
  const [away] = followers(world);
  isolate(world, away.name);
  fill(world, herald(world).name, 50, 16_000);
  let count = 0;
  const seen = watchSnapshots(world, ({ kind }) => {
    if (kind !== 'snapshot-chunk') return false;
    count += 1;
    return count % 2 === 0;
  });
  linkToAll(world, away.name);
  world.until(() => (replicaOf(away).fetch?.chunks ?? 0) >= 2);
  const index = replicaOf(away).fetch?.index ?? 0;
  fill(world, herald(world).name, 50, 16_000, 'more');
  world.until(() => (replicaOf(herald(world)).checkpointIndex ?? 0) > index);
  expect(replicaOf(away).fetch).toMatchObject({ index, isWhole: false });
  untilAlike(world);
  expect(new Set(seen.map((body) => body.index))).toEqual(new Set([index]));
  world.run(TIMES.snapshots.snapshotOfferMs + 1_000);
  expect(replicaOf(herald(world)).firstIndex).toBeGreaterThan(index);
});

test('a new member of an order with a compacted log gets state and members by a snapshot and keeps them', () => {
  const world = tabsOfScriptedOrder({ checkpointLogBytes: CHECKPOINT_LOG_BYTES });
  fill(world, 'a', 100, 2_000);
  world.until(() => [...world.tabs.values()].every((tab) => replicaOf(tab).firstIndex > 1));
  for (const name of ['d', 'e', 'f']) {
    world.open(name);
    linkToAll(world, name);
  }
  world.run(1_000);
  change(world, ['d', 'e', 'f']);
  for (const name of ['a', 'b', 'c']) world.kill(name);
  fill(world, 'd', 100, 200, 'late');
  world.until(() => ['d', 'e', 'f'].every((name) => (replicaOf(world.tab(name)).checkpointIndex ?? 0) > 100));
  for (const name of ['d', 'e', 'f']) world.kill(name);
  for (const name of ['d', 'e', 'f']) world.reopen(name);
  world.linkAll('d', 'e', 'f');
  expect(gist(world.ask('f', get('k99')))).toBe(`"${valueOf(99, 2_000)}"`);
  expect(gist(world.ask('e', get('late99')))).toBe(`"${valueOf(99, 200)}"`);
  expect(areMembers(world, ['d', 'e', 'f'])).toBe(true);
});

test('once a replica has caught up, its herald keeps neither the offered state nor the log behind that state', () => {
  const world = tabsWithCheckpoints();
  const leader = herald(world);
  const [away] = followers(world);
  fill(world, leader.name, 50, 2_000);
  isolate(world, away.name);
  fill(world, leader.name, 50, 2_000);
  world.run(1_000);
  const before = statesInMemory();
  linkToAll(world, away.name);
  world.until(() => replicaOf(away).fetch !== undefined);
  expect(statesInMemory()).toBeGreaterThan(before);
  untilAlike(world);
  fill(world, leader.name, 50, 2_000);
  world.run(1_000);
  expect(statesInMemory()).toBe(before);
  expect(replicaOf(leader).logBytes).toBeLessThan(50 * 2_000);
});

/** Number of states in memory after a garbage collection. Unreferenced states are not counted. */
function statesInMemory(): number {
  return queryObjects(KeyValueStore, { format: 'count' });
}
