/** A shard on its way from one order to another (design, rule 10): what each side does, step by step. */
import { expect, test } from 'vitest';
import type { StateMachine } from '../../src/store/contract.ts';
import { KEY_VALUE } from '../../src/store/key-value.ts';
import { slotOfKey } from '../../src/store/slot.ts';
import type { ShardEntry } from '../../src/wire/command.ts';
import type { ShardRange } from '../../src/wire/configuration.ts';
import { asSlot, type OrderId, parseId, SLOT_COUNT } from '../../src/wire/identifiers.ts';
import { INTERVALS } from '../../src/wire/limits.ts';
import { bytesOf, Scribe } from './scribe.ts';

const OLD = parseId<OrderId>('a'.repeat(32));
const NEW = parseId<OrderId>('b'.repeat(32));
const LAST = SLOT_COUNT - 1;

function shardOf(first: number, last: number, epoch: number): ShardRange {
  return { first: asSlot(first), last: asSlot(last), epoch };
}

/** Around the slot of a key. */
function shardAround(key: string, epoch: number, slots = 0): ShardRange {
  const slot = slotOfKey(bytesOf(key));
  return shardOf(Math.max(0, slot - slots), Math.min(LAST, slot + slots), epoch);
}

type WithoutTime<Entry> = Entry extends unknown ? Omit<Entry, 'logTimeMs'> : never;

function steer(scribe: Scribe, entry: WithoutTime<ShardEntry>) {
  return scribe.apply({ ...entry, logTimeMs: scribe.logTimeMs });
}

function piecesOf(state: StateMachine, shard: ShardRange): readonly Uint8Array[] {
  return [...(state.shards?.pieces(shard) ?? [])];
}

function install(scribe: Scribe, shard: ShardRange, pieces: readonly Uint8Array[], from = OLD) {
  return pieces.map((bytes, chunk) => {
    return steer(scribe, { kind: 'install', shard, from, chunk, isLast: chunk === pieces.length - 1, bytes });
  });
}

function move(from: Scribe, to: Scribe, shard: ShardRange): void {
  expect(steer(from, { kind: 'freeze', shard, to: NEW })).toEqual({ kind: 'changed' });
  const results = install(to, shard, piecesOf(from.store, shard));
  for (const result of results) expect(result).toEqual({ kind: 'changed' });
  expect(steer(from, { kind: 'discard', shard })).toEqual({ kind: 'changed' });
}

function restored(state: StateMachine): StateMachine {
  const restoration = KEY_VALUE.restoration();
  for (const chunk of state.clone().chunks()) restoration.add(chunk);
  return restoration.finish();
}

/** A state as it comes back from its own pieces. */
function checkRestored(state: StateMachine): void {
  const again = restored(state);
  expect(again.digest()).toBe(state.digest());
  expect([...again.chunks()]).toEqual([...state.chunks()]);
  expect(again.shards?.held()).toEqual(state.shards?.held());
  expect(again.statistics()).toEqual(state.statistics());
}

test('a shard moves with values, versionstamps, outcomes and sessions; each side serves it or refuses it', () => {
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
    { ...shardOf(0, shard.first - 1, 1), standing: { kind: 'active' } },
    { ...shard, standing: { kind: 'frozen', to: NEW } },
    { ...shardOf(shard.last + 1, LAST, 1), standing: { kind: 'active' } },
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

test('what was frozen stays the same while sessions go on, end and come, also in a restored state', () => {
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
  old.logTimeMs = INTERVALS.sessionExpiryMs - 1;
  old.open('cy');
  old.logTimeMs += 10;
  old.open('dan');
  expect(old.store.statistics().sessions).toBe(2);
  for (const state of [old.store, clone, restored(old.store), restored(restored(clone))]) {
    expect(piecesOf(state, shard)).toEqual(pieces);
  }
  checkRestored(old.store);
});

test('entries that come again, too late or for what is not here do nothing', () => {
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
    { kind: 'regroup', shard: shardOf(0, 199, 5) },
    { kind: 'regroup', shard: shardOf(0, 399, 6) },
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
    { kind: 'regroup', shard: shardOf(0, 199, 9) },
    { kind: 'install', shard, from: NEW, chunk: 0, isLast: true, bytes: bytesOf('x') },
  ];
  for (const entry of again) expect(steer(old, entry)).toEqual({ kind: 'unchanged' });
  expect(old.store.digest()).toBe(frozen);
  checkRestored(old.store);
});

test('regrouped slots are one shard at the new epoch, and nothing else changes', () => {
  const scribe = new Scribe({
    shards: [
      [0, 8_000, 1],
      [8_001, LAST, 4],
    ],
  });
  scribe.open('ann');
  scribe.put('ann', 1, 'k', 'v', { shardEpoch: slotOfKey(bytesOf('k')) > 8_000 ? 4 : 1 });
  expect(steer(scribe, { kind: 'regroup', shard: shardOf(0, LAST, 5) })).toEqual({ kind: 'changed' });
  expect(scribe.store.shards.held()).toEqual([{ ...shardOf(0, LAST, 5), standing: { kind: 'active' } }]);
  expect(scribe.read('k', { shardEpoch: 4 })).toMatchObject({ code: 'WRONG_SHARD' });
  expect(scribe.read('k', { shardEpoch: 5 })).toMatchObject({ value: bytesOf('v') });
  expect(scribe.put('ann', 2, 'k', 'w', { shardEpoch: 5 })).toMatchObject({ versionstamp: { revision: 2 } });
  checkRestored(scribe.store);
});

test('a session that came with one shard is not known in a shard that was there before: what was refused stays so', () => {
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

test('a session that is on both sides has finished what it has finished on either', () => {
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
