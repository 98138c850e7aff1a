import { expect, test } from 'vitest';
import type { SnapshotBody } from '../../src/wire/frames/frame.ts';
import { LIMITS } from '../../src/wire/limits.ts';
import { TIMES } from '../../src/wire/times.ts';
import { get, gist, put } from './calls.ts';
import {
  digestOf,
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
import type { SmallWorld, Tab } from './small-world.ts';

const VALUES = 100;
const VALUE_BYTES = 16_000;

/**
 * A world in which a follower begins to fetch a snapshot of about 25 chunks. The follower is linked with the others
 * again.
 */
function beginTransfer(isLost?: (body: SnapshotBody) => boolean): {
  readonly world: SmallWorld;
  readonly away: Tab;
  readonly other: Tab;
  readonly seen: readonly SnapshotBody[];
} {
  const world = tabsWithCheckpoints();
  const [away, other] = followers(world);
  isolate(world, away.name);
  fill(world, herald(world).name, VALUES, VALUE_BYTES);
  const seen = watchSnapshots(world, isLost);
  linkToAll(world, away.name);
  return { world, away, other, seen };
}

const requests = (seen: readonly SnapshotBody[]) =>
  seen.flatMap((body) => (body.kind === 'snapshot-request' ? [body] : []));
const chunkNumbers = (seen: readonly SnapshotBody[]) =>
  new Set(seen.flatMap((body) => (body.kind === 'snapshot-chunk' ? [body.chunk] : [])));

test('a follower that is killed in the middle of a transfer requests only the missing chunks', () => {
  const { world, away, seen } = beginTransfer();
  world.until(() => (replicaOf(away).fetch?.chunks ?? 0) >= 10);
  world.kill(away.name);
  const before = requests(seen).length;
  world.reopen(away.name);
  expect(replicaOf(away).fetch).toMatchObject({ isWhole: false, isAsking: false });
  const chunks = replicaOf(away).fetch?.chunks ?? 0;
  expect(chunks).toBeGreaterThanOrEqual(10 - LIMITS.snapshots.snapshotWindow);
  linkToAll(world, away.name);
  untilAlike(world);
  const again = requests(seen).slice(before);
  expect(Math.min(...again.map(({ chunk }) => chunk))).toBe(chunks);
  expect(again.length).toBeLessThanOrEqual(chunkNumbers(seen).size - chunks + LIMITS.snapshots.snapshotWindow);
});

test('a follower that is killed after all chunks are on its disk, but before the install, requests one chunk', () => {
  const { world, away, seen } = beginTransfer();
  // The last chunk and the manifest share a batch. This test writes only the chunks of that batch, then kills the tab.
  world.observes = (tab, effect) => {
    if (tab !== away || effect.kind !== 'write') return;
    const manifest = effect.batch.findIndex(({ key }) => key.endsWith('/checkpoint'));
    if (manifest < 0) return;
    const chunks = effect.batch.filter(({ key, kind }) => kind === 'put' && key.includes('/chunk/'));
    if (chunks.length > 0) tab.connection.beginWrite(chunks).complete();
    world.kill(tab.name);
  };
  world.until(() => !away.alive);
  world.observes = () => undefined;
  const before = requests(seen).length;
  world.reopen(away.name);
  expect(replicaOf(away).fetch).toMatchObject({ chunks: chunkNumbers(seen).size, isWhole: false });
  linkToAll(world, away.name);
  untilAlike(world);
  expect(
    requests(seen)
      .slice(before)
      .map(({ chunk }) => chunk),
  ).toEqual([chunkNumbers(seen).size]);
});

test('a transfer continues at the next missing chunk when the link returns', () => {
  const { world, away, seen } = beginTransfer();
  world.until(() => (replicaOf(away).fetch?.chunks ?? 0) >= 10);
  isolate(world, away.name);
  world.run(3_000);
  const before = requests(seen).length;
  const chunks = replicaOf(away).fetch?.chunks ?? 0;
  linkToAll(world, away.name);
  untilAlike(world);
  const again = requests(seen).slice(before);
  expect(Math.min(...again.map(({ chunk }) => chunk))).toBe(chunks);
});

test('when the herald is killed in the middle of a transfer, the next one brings the follower up', () => {
  const { world, away, other, seen } = beginTransfer();
  const first = herald(world);
  world.until(() => (replicaOf(away).fetch?.chunks ?? 0) >= 10);
  const before = new Set(requests(seen).map(({ index }) => index));
  world.kill(first.name);
  world.until(() => world.herald() === other, 60_000);
  fill(world, other.name, 3, 10, 'more');
  untilAlike(world);
  expect(replicaOf(away).role).toBe('follower');
  expect(new Set(requests(seen).map(({ index }) => index)).size).toBeGreaterThanOrEqual(before.size);
  expect(gist(world.ask(away.name, get('k99')))).toBe(`"${valueOf(99, VALUE_BYTES)}"`);
});

test('a follower whose disk is slow installs one snapshot after another', () => {
  const world = tabsWithCheckpoints();
  const [away] = followers(world);
  isolate(world, away.name);
  fill(world, herald(world).name, 20, 400);
  const seen = watchSnapshots(world);
  world.flushMs = (tab) => (tab === away ? 1_900 : 1);
  linkToAll(world, away.name);
  world.until(() => seen.some((body) => body.kind === 'snapshot-chunk' && body.isLast));
  for (let round = 0; round < 8; round++) {
    fill(world, herald(world).name, 100, 400, 'more');
    world.run(1_500);
  }
  const indexes = new Set(requests(seen).map(({ index }) => index));
  expect(indexes.size).toBeGreaterThan(1);
  world.flushMs = () => 1;
  untilAlike(world);
  expect(away.halted).toBeUndefined();
});

test('damaged chunks are refused with a message and fetched again', () => {
  const { world, away } = beginTransfer();
  let damaged = 0;
  world.changes = (_, __, frame) => {
    const { body } = frame;
    if (body.kind !== 'snapshot-chunk' || body.chunk !== 3 || damaged >= 2) return frame;
    damaged += 1;
    // The damage is in the middle of a value. The chunk can still be decoded, and only the digest reveals the damage.
    return { ...frame, body: { ...body, bytes: body.bytes.with(body.bytes.length - 100, 0x21) } };
  };
  untilAlike(world);
  expect(damaged).toBe(2);
  expect(away.radiant.view().refusedFrames['FRAME_MALFORMED']).toBe(2);
  expect(away.halted).toBeUndefined();
});

test('a snapshot that is damaged each time is requested only after a pause', () => {
  const { world, away, seen } = beginTransfer();
  world.changes = (_, __, frame) => {
    const { body } = frame;
    if (body.kind !== 'snapshot-chunk' || body.chunk !== 0) return frame;
    return { ...frame, body: { ...body, bytes: body.bytes.with(0, 0xff) } };
  };
  const firsts = () => requests(seen).filter(({ chunk }) => chunk === 0).length;
  world.run(TIMES.snapshots.snapshotDistrustMs / 2);
  expect(firsts()).toBe(LIMITS.snapshots.snapshotFailures);
  world.changes = undefined;
  untilAlike(world, 2 * TIMES.snapshots.snapshotDistrustMs);
  expect(away.halted).toBeUndefined();
});

test('requests for chunks far ahead, far back or of no snapshot do no harm', () => {
  const { world, away, seen } = beginTransfer();
  world.until(() => requests(seen).length >= 4);
  const leader = herald(world);
  const request = requests(seen)[0];
  const order = away.radiant.view().orders[0]?.order;
  if (request === undefined || order === undefined) throw new Error('a request');
  const header = {
    cluster: away.radiant.view().cluster,
    sender: away.id,
    senderBoot: away.connection.boot,
    receiver: leader.id,
    receiverBoot: leader.connection.boot,
    group: order,
    hopLimit: LIMITS.messages.hops,
    urgent: false,
  };
  for (const chunk of [LIMITS.snapshots.snapshotChunks - 1, 0, 20, 1, 0, 2, 19, 5]) {
    world.deliver({ ...header, body: { ...request, chunk } });
  }
  const { index } = request;
  world.deliver({ ...header, body: { kind: 'snapshot-gone', from: request.from, to: request.to, index } });
  untilAlike(world);
  expect(leader.halted).toBeUndefined();
});

test('a checkpoint with a missing or unreadable part retires the identity', () => {
  const world = tabsWithCheckpoints();
  const [tab] = followers(world);
  fill(world, herald(world).name, 20, 16_000);
  world.until(() => replicaOf(tab).firstIndex > 1);
  for (const value of ['1', '2', '3']) world.ask(tab.name, put('behind the checkpoint', value));
  world.run(200);
  const order = tab.radiant.view().orders[0]?.order;
  world.kill(tab.name);
  const whole = tab.disk.copy();
  const keys = [...(whole.files.get(tab.id)?.keys() ?? [])];
  const chunk = keys.find((key) => key.includes('/chunk/'));
  const logs = keys.filter((key) => key.includes('/log/'));
  const manifest = `group/${order}/checkpoint`;
  if (chunk === undefined) throw new Error('a chunk');
  const changes: readonly (readonly string[])[] = [[chunk], [manifest], logs.slice(0, 1), [chunk, manifest]];
  expect(logs.length).toBeGreaterThan(1);
  for (const gone of changes) {
    tab.disk.rollBack(whole);
    for (const key of gone) tab.disk.tamper(tab.id, key, () => undefined);
    expect(() => world.reopen(tab.name), `without ${gone.join(', ')}`).toThrow(
      expect.objectContaining({ code: 'STORAGE_LOST' }),
    );
  }
  tab.disk.rollBack(whole);
  world.reopen(tab.name);
  linkToAll(world, tab.name);
  world.ask(herald(world).name, put('k', 'v'));
  untilAlike(world);
  expect(digestOf(tab)).toBe(digestOf(herald(world)));
});
