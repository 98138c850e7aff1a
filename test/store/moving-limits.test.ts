/** Limits of sessions, outcomes and bytes when shards move. */
import { expect, test } from 'vitest';
import { slotOfKey } from '../../src/store/key.ts';
import { SLOT_COUNT } from '../../src/wire/identifiers.ts';
import { LIMITS } from '../../src/wire/limits.ts';
import { bytesOf, clientNamed, Scribe } from './scribe.ts';
import { checkRestored, install, move, NEW, OLD, piecesOf, restored, shardAround, shardOf, steer } from './steering.ts';

test('beyond the limit of sessions every replica removes the same least recently used ones', () => {
  const old = new Scribe();
  const shard = shardAround('k', 2);
  for (let at = 0; at < 20; at++) old.open(`old ${at}`);
  old.put('old 0', 1, 'k', 'v');
  steer(old, { kind: 'freeze', shard, to: NEW });
  const fresh = new Scribe({ shards: [[0, shard.first - 1, 1]] });
  const key = ['a', 'b', 'c', 'd'].find((one) => slotOfKey(bytesOf(one)) < shard.first) ?? '';
  // All sessions were last used at the same time, so the sessions with the smallest ids are removed.
  const names = Array.from(
    { length: LIMITS.herald.sessions },
    (_, at) => `fresh ${(at * 7_919) % LIMITS.herald.sessions}`,
  );
  const gone = names.toSorted((left, right) => (clientNamed(left) < clientNamed(right) ? -1 : 1)).slice(0, 20);
  for (const name of names) fresh.open(name);
  fresh.put(gone[0] ?? '', 1, key, 'v');
  fresh.logTimeMs = 10;
  const replica = restored(fresh.store);
  const [bytes = new Uint8Array()] = piecesOf(old.store, shard);
  const entry = { kind: 'install', shard, from: OLD, chunk: 0, isLast: true, bytes } as const;
  expect(steer(fresh, entry)).toEqual({ kind: 'changed' });
  replica.apply({ ...entry, logTimeMs: fresh.logTimeMs }, fresh.store.appliedIndex);
  expect(replica.digest()).toBe(fresh.store.digest());
  expect(fresh.store.statistics().sessions).toBe(LIMITS.herald.sessions);
  expect(fresh.put('old 0', 1, 'k', 'v', { shardEpoch: 2 })).toMatchObject({ versionstamp: { revision: 1 } });
  for (const [at, name] of gone.entries()) {
    expect(fresh.put(name, at + 1, key, 'w')).toMatchObject({ code: 'UNKNOWN_SESSION' });
  }
  expect(fresh.store.statistics()).toMatchObject({ outcomes: 1 });
  checkRestored(fresh.store);
});

test('all outcomes arrive with a shard; a new command is refused until its client finishes some', () => {
  const old = new Scribe();
  const fresh = new Scribe({ shards: [] });
  old.open('ann');
  const [first, second] = [shardAround('first', 2), shardAround('second', 2)];
  for (let at = 1; at <= LIMITS.herald.sessionOutcomes; at++) old.append('ann', at, 'first', 'x');
  expect(old.append('ann', 9_000, 'second', 'y')).toMatchObject({ code: 'OVERLOADED' });
  move(old, fresh, first);
  for (let at = 1; at <= 10; at++) old.append('ann', 9_000 + at, 'second', 'y');
  move(old, fresh, second);
  expect(fresh.store.statistics().outcomes).toBe(LIMITS.herald.sessionOutcomes + 10);
  checkRestored(fresh.store);
  const shardEpoch = 2;
  expect(fresh.append('ann', 7, 'first', 'x', { shardEpoch })).toMatchObject({ versionstamp: { revision: 7 } });
  expect(fresh.append('ann', 9_003, 'second', 'y', { shardEpoch })).toMatchObject({ versionstamp: { revision: 3 } });
  expect(fresh.append('ann', 9_011, 'first', 'x', { shardEpoch })).toMatchObject({ code: 'OVERLOADED' });
  const finishedThrough = LIMITS.herald.sessionOutcomes;
  expect(fresh.append('ann', 9_011, 'first', 'x', { shardEpoch, finishedThrough })).toMatchObject({ kind: 'written' });
  expect(fresh.store.statistics().outcomes).toBe(11);
});

function bytesOfState({ store }: Scribe): number {
  return [...store.clone().chunks()].reduce((sum, { length }) => sum + length, 0);
}

test('a small state has at most 500 bytes during and after a move', () => {
  const old = new Scribe();
  const fresh = new Scribe({ shards: [] });
  for (const client of ['ann', 'bob']) old.open(client);
  for (let at = 1; at <= 5; at++) old.put('ann', at, `key ${at}`, `value ${at}`, { finishedThrough: at - 1 });
  const shard = shardOf(0, 8_000, 2);
  steer(old, { kind: 'freeze', shard, to: NEW });
  old.put('bob', 1, '{key 5}', 'v', { shardEpoch: 1 });
  expect(bytesOfState(old)).toBeLessThan(500);
  install(fresh, shard, piecesOf(old.store, shard));
  steer(old, { kind: 'discard', shard });
  expect(bytesOfState(old)).toBeLessThan(400);
  expect(bytesOfState(fresh)).toBeLessThan(400);
});

test('after moves 30 keys of 1,000 bytes take less than 117,000 bytes in three orders of three', () => {
  const one = new Scribe();
  const two = new Scribe({ shards: [] });
  const three = new Scribe({ shards: [] });
  one.open('ann');
  for (let at = 1; at <= 30; at++) one.put('ann', at, `key ${at}`, 'x'.repeat(1_000), { finishedThrough: at - 1 });
  const third = Math.ceil(SLOT_COUNT / 3);
  let epoch = 1;
  for (let round = 0; round < 5; round++) {
    epoch++;
    move(one, two, shardOf(third, 2 * third - 1, epoch));
    move(one, three, shardOf(2 * third, SLOT_COUNT - 1, epoch));
    if (round === 4) break;
    epoch++;
    move(two, one, shardOf(third, 2 * third - 1, epoch));
    move(three, one, shardOf(2 * third, SLOT_COUNT - 1, epoch));
  }
  const orders = [one, two, three];
  const bytes = orders.map(bytesOfState);
  expect(orders.map(({ store }) => store.statistics().keys).reduce((sum, keys) => sum + keys)).toBe(30);
  expect(3 * bytes.reduce((sum, size) => sum + size)).toBeLessThan(100_000);
});

test('sessions shared by many frozen shards are stored once', () => {
  const old = new Scribe();
  for (let at = 0; at < 1_000; at++) old.open(`client ${at}`);
  const before = bytesOfState(old);
  for (let shard = 0; shard < 50; shard++) {
    old.open(`late ${shard}`);
    old.put(`client ${shard}`, 2, 'k', 'v', { finishedThrough: 1 });
    steer(old, { kind: 'freeze', shard: shardOf(100 * shard, 100 * shard + 99, 2), to: NEW });
  }
  expect(bytesOfState(old) - before).toBeLessThan(50 * 300);
  checkRestored(old.store);
});
