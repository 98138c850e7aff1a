import { LIMITS } from '../../src/wire/limits.ts';
import { expect, test } from 'vitest';
import type { WriteBatch } from '../../src/storage/contract.ts';
import type { Frame } from '../../src/wire/frames/frame.ts';
import { decodeRaftMessage } from '../../src/wire/raft/raft-codec.ts';
import { append, get, gist, put } from './calls.ts';
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
import { type SmallWorld, type Tab, threeTabs } from './small-world.ts';

const VALUES = 64;
const VALUE_BYTES = 16_000;

const isOfCheckpoint = (batch: WriteBatch) => batch.some(({ key }) => /\/(chunk|checkpoint)/.test(key));
const switchesManifest = (batch: WriteBatch) => batch.some(({ key }) => key.endsWith('/checkpoint'));
const cutsLog = (batch: WriteBatch) => batch.some(({ key, kind }) => kind === 'delete' && key.includes('/log/'));

interface Killed {
  readonly world: SmallWorld;
  readonly acknowledged: readonly number[];
  /** The batch that the kill interrupted. Undefined: the checkpoint was complete and the log was cut before. */
  readonly batch: WriteBatch | undefined;
}

/** Kills all tabs when the herald begins write `number`. Writes are counted from the first write of a checkpoint on. */
function killAtWrite(number: number): Killed {
  const world = tabsWithCheckpoints();
  const leader = herald(world);
  let writes = 0;
  let batch: WriteBatch | undefined;
  world.observes = (tab, effect) => {
    if (tab !== leader || effect.kind !== 'write') return;
    if (writes > 0 || isOfCheckpoint(effect.batch)) writes += 1;
    if (writes !== number) return;
    batch = effect.batch;
    for (const name of world.tabs.keys()) world.kill(name);
  };
  const calls = Array.from({ length: VALUES }, (_, at) =>
    world.call(leader.name, put(`k${at}`, valueOf(at, VALUE_BYTES))),
  );
  world.until(() => !leader.alive || leader.outcomes.size === VALUES);
  world.until(() => !leader.alive || replicaOf(leader).firstIndex > 1);
  if (leader.alive) world.run(100);
  world.observes = () => undefined;
  const acknowledged = calls.flatMap((call, at) => (leader.outcomes.get(call)?.kind === 'written' ? [at] : []));
  return { world, acknowledged, batch };
}

test('no acknowledged write is lost if all tabs are killed at any write of a checkpoint', () => {
  const batches: WriteBatch[] = [];
  for (let number = 1; ; number++) {
    const { world, acknowledged, batch } = killAtWrite(number);
    if (batch === undefined) break;
    batches.push(batch);
    for (const name of world.tabs.keys()) world.reopen(name);
    world.linkAll(...world.tabs.keys());
    world.until(() => world.herald() !== undefined);
    for (const at of acknowledged) {
      expect(gist(world.ask('a', get(`k${at}`))), `killed at write ${number}`).toBe(`"${valueOf(at, VALUE_BYTES)}"`);
    }
    expect(gist(world.ask('b', put('after', 'v')))).toBe('written');
    untilAlike(world);
  }
  expect(batches.length).toBeGreaterThan(5);
  expect(batches.findIndex(cutsLog)).toBeGreaterThan(batches.findIndex(switchesManifest));
});

test('the log on the disk stays bounded while writes go on', { timeout: 120_000 }, () => {
  const world = tabsWithCheckpoints();
  const leader = herald(world);
  let most = 0;
  for (let round = 0; round < 200; round++) {
    fill(world, leader.name, 100, 20);
    for (const tab of world.tabs.values()) most = Math.max(most, replicaOf(tab).logBytes);
    if (round % 20 === 0) for (const tab of world.tabs.values()) most = Math.max(most, logBytesOf(tab));
  }
  expect(replicaOf(leader).committed).toBeGreaterThan(20_000);
  // The log may have half of the bytes of the state. The state has few values, and the latest changes for watchers.
  const windowBytes = LIMITS.watches.windowChanges * (20 + CHANGE_BYTES);
  expect(most).toBeLessThan(8 * CHECKPOINT_LOG_BYTES + windowBytes / LIMITS.log.checkpointStateDivisor);
});

/** Most bytes in a checkpoint of a change of a short key, without its value. */
const CHANGE_BYTES = 48;

function logBytesOf(tab: Tab): number {
  return bytesOnDisk(tab, '/log/');
}

function bytesOnDisk({ disk, id }: Tab, part: string): number {
  let bytes = 0;
  for (const [key, value] of disk.copy().files.get(id) ?? []) if (key.includes(part)) bytes += value.length;
  return bytes;
}

test('a disk at rest keeps little log next to a large state, and the state is not written repeatedly', () => {
  const world = tabsWithCheckpoints();
  const leader = herald(world);
  fill(world, leader.name, 100, 1_600);
  let checkpoints = 0;
  world.observes = (_, effect) => {
    if (effect.kind === 'write' && switchesManifest(effect.batch)) checkpoints += 1;
  };
  for (let at = 0; at < 30; at++) world.ask(leader.name, put(`k${at}`, valueOf(at, 1_600)));
  world.run(10_000);
  for (const tab of world.tabs.values()) {
    expect(bytesOnDisk(tab, '/chunk/')).toBeGreaterThan(160_000);
    expect(logBytesOf(tab)).toBeLessThan(bytesOnDisk(tab, '/chunk/') / 8 + CHECKPOINT_LOG_BYTES);
  }
  expect(checkpoints).toBeLessThanOrEqual(6);
});

test('a retried command takes effect once at a herald that was restored by a snapshot', () => {
  const world = tabsWithCheckpoints();
  const [away, asking] = followers(world);
  const first = herald(world);
  isolate(world, away.name);
  expect(gist(world.ask(asking.name, append('k', 'a')))).toBe('written');
  world.loses = (_, to, { body }) => to === asking && body.kind === 'reply';
  const call = world.call(asking.name, append('k', 'b'));
  fill(world, first.name, 40, 200);
  world.until(() => replicaOf(first).firstIndex > replicaOf(away).lastIndex + 1);
  let chunks = 0;
  world.loses = (from, to, frame) => {
    if (frame.body.kind === 'snapshot-chunk') chunks += 1;
    return (to === asking && frame.body.kind === 'reply') || (from === asking && isVote(frame));
  };
  linkToAll(world, away.name);
  world.until(() => replicaOf(away).applied === replicaOf(first).applied);
  expect(chunks).toBeGreaterThan(0);
  world.kill(first.name);
  world.until(() => world.herald() === away);
  expect(asking.outcomes.has(call)).toBe(false);
  world.loses = undefined;
  world.until(() => asking.outcomes.has(call));
  expect(asking.outcomes.get(call)?.kind).toBe('written');
  expect(gist(world.ask(asking.name, get('k')))).toBe('"ab"');
});

test('after a failover a follower gets its fifty missing entries without a snapshot, even if the new herald has a checkpoint', () => {
  const world = threeTabs('raft', 1, { checkpointLogBytes: 65_536 });
  const first = herald(world);
  const [away, heir] = followers(world);
  const before = () => replicaOf(heir).checkpointIndex;
  // Writes repeatedly, until a checkpoint becomes due while one follower lacks the entries just before the checkpoint.
  for (let last = before(); last === before(); ) {
    linkToAll(world, away.name);
    untilAlike(world);
    last = before();
    isolate(world, away.name);
    for (let at = 0; at < 50 && last === before(); at++) world.ask(first.name, put(`k${at}`, valueOf(at, 20)));
    world.run(100);
  }
  expect(replicaOf(heir).checkpointIndex).toBeGreaterThan(replicaOf(away).lastIndex);
  expect(replicaOf(heir).firstIndex).toBeGreaterThan(100);
  const snapshots = watchSnapshots(world);
  world.kill(first.name);
  linkToAll(world, away.name);
  world.until(() => world.herald() === heir);
  untilAlike(world);
  expect(snapshots).toEqual([]);
});

function isVote({ body }: Frame): boolean {
  if (body.kind !== 'consensus') return false;
  const { type } = decodeRaftMessage(body.message);
  return type === 'vote' || type === 'pre-vote';
}

test('a restarted replica serves its checkpoint and the log behind it', () => {
  const world = tabsWithCheckpoints();
  fill(world, herald(world).name, 200, 100);
  fill(world, herald(world).name, 5, 30, 'late');
  world.run(1_000);
  for (const name of world.tabs.keys()) world.kill(name);
  for (const tab of world.tabs.values()) {
    world.reopen(tab.name);
    expect(replicaOf(tab).checkpointIndex).toBeGreaterThan(1);
    expect(replicaOf(tab).applied).toBeGreaterThanOrEqual(replicaOf(tab).checkpointIndex ?? 0);
  }
  world.linkAll('a', 'b', 'c');
  world.until(() => world.herald() !== undefined);
  for (let at = 0; at < 200; at += 7) expect(gist(world.ask('c', get(`k${at}`)))).toBe(`"${valueOf(at, 100)}"`);
  for (let at = 0; at < 5; at++) expect(gist(world.ask('b', get(`late${at}`)))).toBe(`"${valueOf(at, 30)}"`);
});
