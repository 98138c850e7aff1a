/** The transfer of a shard from one order to another (design, rule 10), step by step on both sides. */
import { expect, test } from 'vitest';
import { slotOfKey } from '../../src/store/key.ts';
import type { ShardEntry } from '../../src/wire/entries/command.ts';
import { asLogIndex } from '../../src/wire/identifiers.ts';
import { TIMES } from '../../src/wire/times.ts';
import { bytesOf, Scribe } from './scribe.ts';
import {
  checkRestored,
  install,
  LAST,
  move,
  NEW,
  OLD,
  piecesOf,
  restored,
  shardAround,
  shardOf,
  steer,
  type WithoutTime,
} from './steering.ts';

test('a shard moves with values, versionstamps, outcomes and sessions, and one side serves it at a time', () => {
  const old = new Scribe();
  const fresh = new Scribe({ shards: [] });
  const shard = shardAround('k', 2, 10);
  old.open('ann');
  old.append('ann', 1, 'k', 'a');
  const outcome = old.append('ann', 2, 'k', 'b', { finishedThrough: 1 });
  old.put('ann', 3, 'other', 'stays');
  expect(fresh.read('k', { shardEpoch: 2 })).toMatchObject({ code: 'WRONG_SHARD' });

  expect(steer(old, { kind: 'freeze', shard, to: NEW })).toEqual({ kind: 'changed' });
  for (const shardEpoch of [1, 2]) {
    expect(old.read('k', { shardEpoch })).toMatchObject({ code: 'WRONG_SHARD' });
    expect(old.append('ann', 4, 'k', 'c', { shardEpoch })).toMatchObject({ code: 'WRONG_SHARD' });
  }
  expect(old.get('other')).toBe('stays');
  expect(old.store.shards.held()).toEqual([
    { ...shardOf(0, shard.first - 1, 1), shardState: { kind: 'active' } },
    { ...shard, shardState: { kind: 'frozen', to: NEW } },
    { ...shardOf(shard.last + 1, LAST, 1), shardState: { kind: 'active' } },
  ]);
  checkRestored(old.store);

  install(fresh, shard, piecesOf(old.store, shard));
  expect(fresh.store.shards.serves(shard)).toBe(true);
  expect(fresh.append('ann', 2, 'k', 'b', { shardEpoch: 2 })).toEqual(outcome);
  expect(fresh.append('ann', 1, 'k', 'a', { shardEpoch: 2 })).toMatchObject({ code: 'STALE_REQUEST' });
  expect(fresh.append('ann', 4, 'k', 'c', { shardEpoch: 2 })).toMatchObject({
    existed: true,
    versionstamp: { revision: 3 },
  });
  expect(fresh.read('k', { shardEpoch: 2 })).toMatchObject({ value: bytesOf('abc') });
  checkRestored(fresh.store);

  const bytesBefore = old.store.statistics().bytes;
  expect(steer(old, { kind: 'discard', shard })).toEqual({ kind: 'changed' });
  expect(old.store.statistics().bytes).toBe(bytesBefore - 'kab'.length);
  expect(piecesOf(old.store, shard)).toEqual([]);
  checkRestored(old.store);
});

test('a frozen shard stays unchanged while sessions change, also in a restored state', () => {
  const old = new Scribe();
  const shard = shardAround('k', 2);
  for (const client of ['ann', 'bob']) old.open(client);
  old.append('ann', 1, 'k', 'a');
  old.append('bob', 1, 'k', 'b');
  steer(old, { kind: 'freeze', shard, to: NEW });
  const pieces = piecesOf(old.store, shard);
  const clone = old.store.clone();
  old.append('ann', 2, 'other', 'x', { finishedThrough: 1 });
  old.open('cy');
  old.logTimeMs = TIMES.client.sessionExpiryMs - 1;
  old.open('cy');
  old.logTimeMs += 10;
  old.open('dan');
  expect(old.store.statistics().sessions).toBe(2);
  for (const state of [old.store, clone, restored(old.store), restored(restored(clone))]) {
    expect(piecesOf(state, shard)).toEqual(pieces);
  }
  checkRestored(old.store);
});

test('repeated, late and misdirected entries do nothing', () => {
  const old = new Scribe({
    shards: [
      [0, 99, 1],
      [100, 199, 5],
      [300, 399, 1],
    ],
  });
  const before = old.store.digest();
  const nothing: readonly WithoutTime<ShardEntry>[] = [
    { kind: 'freeze', shard: shardOf(0, 199, 5), to: NEW },
    { kind: 'freeze', shard: shardOf(0, 99, 1), to: NEW },
    { kind: 'freeze', shard: shardOf(150, 250, 9), to: NEW },
    { kind: 'freeze', shard: shardOf(150, 350, 9), to: NEW },
    { kind: 'consolidate', shard: shardOf(0, 199, 5) },
    { kind: 'consolidate', shard: shardOf(0, 399, 6) },
    { kind: 'discard', shard: shardOf(0, 99, 1) },
    { kind: 'discard', shard: shardOf(0, 99, 2) },
    { kind: 'install', shard: shardOf(0, 99, 2), from: NEW, chunk: 0, isLast: true, bytes: bytesOf('x') },
    { kind: 'install', shard: shardOf(99, 250, 9), from: NEW, chunk: 0, isLast: true, bytes: bytesOf('x') },
    { kind: 'install', shard: shardOf(200, 299, 2), from: NEW, chunk: 1, isLast: true, bytes: bytesOf('x') },
  ];
  for (const entry of nothing) expect(steer(old, entry)).toEqual({ kind: 'unchanged' });
  expect(old.store.digest()).toBe(before);

  const shard = shardOf(50, 149, 6);
  expect(steer(old, { kind: 'freeze', shard, to: NEW })).toEqual({ kind: 'changed' });
  const frozen = old.store.digest();
  const again: readonly WithoutTime<ShardEntry>[] = [
    { kind: 'freeze', shard, to: NEW },
    { kind: 'freeze', shard: { ...shard, epoch: 7 }, to: NEW },
    { kind: 'discard', shard: { ...shard, epoch: 7 } },
    { kind: 'discard', shard: shardOf(50, 148, 6) },
    { kind: 'consolidate', shard: shardOf(0, 199, 9) },
    { kind: 'install', shard, from: NEW, chunk: 0, isLast: true, bytes: bytesOf('x') },
  ];
  for (const entry of again) expect(steer(old, entry)).toEqual({ kind: 'unchanged' });
  expect(old.store.digest()).toBe(frozen);
  checkRestored(old.store);
});

test('consolidated slots are one shard at the new epoch, and nothing else changes', () => {
  const scribe = new Scribe({
    shards: [
      [0, 8_000, 1],
      [8_001, LAST, 4],
    ],
  });
  scribe.open('ann');
  scribe.put('ann', 1, 'k', 'v', { shardEpoch: slotOfKey(bytesOf('k')) > 8_000 ? 4 : 1 });
  expect(steer(scribe, { kind: 'consolidate', shard: shardOf(0, LAST, 5) })).toEqual({ kind: 'changed' });
  expect(scribe.store.shards.held()).toEqual([{ ...shardOf(0, LAST, 5), shardState: { kind: 'active' } }]);
  expect(scribe.read('k', { shardEpoch: 4 })).toMatchObject({ code: 'WRONG_SHARD' });
  expect(scribe.read('k', { shardEpoch: 5 })).toMatchObject({ value: bytesOf('v') });
  expect(scribe.put('ann', 2, 'k', 'w', { shardEpoch: 5 })).toMatchObject({ versionstamp: { revision: 2 } });
  checkRestored(scribe.store);
});

test('a session that arrived with one shard stays unknown in the other shards', () => {
  const [late, early] = [shardAround('late', 2), shardAround('early', 2)];
  const old = new Scribe();
  const fresh = new Scribe({ shards: [] });
  move(old, fresh, early);
  old.open('ann');
  expect(fresh.put('ann', 1, 'early', 'v', { shardEpoch: 2 })).toMatchObject({ code: 'UNKNOWN_SESSION' });
  move(old, fresh, late);
  expect(fresh.put('ann', 1, 'early', 'v', { shardEpoch: 2 })).toMatchObject({ code: 'UNKNOWN_SESSION' });
  expect(fresh.put('ann', 2, 'late', 'v', { shardEpoch: 2 })).toMatchObject({ kind: 'written' });
  fresh.open('ann');
  expect(fresh.put('ann', 1, 'early', 'v', { shardEpoch: 2 })).toMatchObject({ code: 'UNKNOWN_SESSION' });
  checkRestored(fresh.store);
});

test('a session on both sides keeps the higher watermark', () => {
  const old = new Scribe({ shards: [[0, LAST, 1]] });
  const fresh = new Scribe({ shards: [] });
  old.open('ann');
  move(old, fresh, shardAround('there', 2));
  fresh.append('ann', 1, 'there', '1', { shardEpoch: 2 });
  old.append('ann', 2, 'k', '2');
  old.append('ann', 4, 'k', '4');
  fresh.append('ann', 3, 'there', '3', { shardEpoch: 2, finishedThrough: 2 });
  fresh.append('ann', 5, 'there', '5', { shardEpoch: 2 });
  old.append('ann', 6, 'elsewhere', '6', { finishedThrough: 3 });
  move(old, fresh, shardAround('k', 2));
  expect(fresh.store.statistics()).toMatchObject({ sessions: 1, outcomes: 2 });
  expect(fresh.append('ann', 3, 'there', '3', { shardEpoch: 2 })).toMatchObject({ code: 'STALE_REQUEST' });
  expect(fresh.append('ann', 4, 'k', '4', { shardEpoch: 2 })).toMatchObject({ versionstamp: { revision: 2 } });
  expect(fresh.append('ann', 5, 'there', '5', { shardEpoch: 2 })).toMatchObject({ versionstamp: { revision: 3 } });
  expect(fresh.read('k', { shardEpoch: 2 })).toMatchObject({ value: bytesOf('24') });
  expect(fresh.read('there', { shardEpoch: 2 })).toMatchObject({ value: bytesOf('135') });
  checkRestored(fresh.store);
});

test('a shard that has left returns only at a later epoch', () => {
  const [one, two] = [new Scribe(), new Scribe({ shards: [] })];
  const shard = shardAround('k', 2, 10);
  one.open('ann');
  one.put('ann', 1, 'k', 'v');
  steer(one, { kind: 'freeze', shard, to: NEW });
  const early = piecesOf(one.store, shard);
  install(two, shard, early);
  const back = shardAround('k', 3, 5);
  steer(two, { kind: 'freeze', shard: back, to: OLD });
  install(one, back, piecesOf(two.store, back), NEW);
  // The new owner returns a part, so it must have received the whole frozen shard. The frozen shard is therefore gone.
  expect(one.store.shards.pieces(shard)).toBeUndefined();
  expect(steer(one, { kind: 'discard', shard })).toEqual({ kind: 'unchanged' });
  expect(one.read('k', { shardEpoch: 3 })).toMatchObject({ versionstamp: { revision: 1 } });
  steer(two, { kind: 'discard', shard: back });
  for (const scribe of [one, two]) {
    checkRestored(scribe.store);
    const digest = scribe.store.digest();
    expect(install(scribe, shard, early)).toEqual([{ kind: 'unchanged' }]);
    expect(install(scribe, back, early)).toEqual([{ kind: 'unchanged' }]);
    expect(scribe.store.digest()).toBe(digest);
  }
  expect(two.read('k', { shardEpoch: 2 })).toMatchObject({ code: 'WRONG_SHARD' });
});

test('a shard carries the sessions of its freeze, without those that expired since an earlier freeze', () => {
  const old = new Scribe();
  const fresh = new Scribe({ shards: [] });
  const [first, second] = [shardAround('first', 2), shardAround('second', 2)];
  old.open('ann');
  old.logTimeMs = 10;
  old.open('bob');
  steer(old, { kind: 'freeze', shard: first, to: NEW });
  old.logTimeMs = TIMES.client.sessionExpiryMs + 5;
  steer(old, { kind: 'freeze', shard: second, to: NEW });
  install(fresh, second, piecesOf(old.store, second));
  expect(fresh.store.statistics().sessions).toBe(1);
  install(fresh, first, piecesOf(old.store, first));
  expect(fresh.store.statistics().sessions).toBe(2);
  checkRestored(old.store);
});

test('a restored state installs a shard like the original state, also after a consolidation', () => {
  const old = new Scribe();
  const fresh = new Scribe({ shards: [] });
  old.open('ann');
  const [kept, gone, next] = [shardOf(0, 99, 2), shardOf(100, 199, 3), shardOf(200, 299, 4)];
  for (const shard of [kept, gone]) move(old, fresh, shard);
  // The consolidated shard has slots from two entries. All slots of the second entry then leave.
  steer(fresh, { kind: 'consolidate', shard: shardOf(0, 199, 5) });
  steer(fresh, { kind: 'freeze', shard: shardOf(100, 199, 6), to: OLD });
  const again = restored(fresh.store);
  const before = fresh.log.length;
  move(old, fresh, next);
  for (const [at, entry] of fresh.log.slice(before).entries()) again.apply(entry, asLogIndex(before + at + 1));
  expect(again.digest()).toBe(fresh.store.digest());
});
