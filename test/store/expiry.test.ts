/** Keys that expire by log time. */
import { describe, expect, test } from 'vitest';
import { asLogIndex, asSlot, type LockId, parseId, SLOT_COUNT } from '../../src/wire/identifiers.ts';
import { LIMITS } from '../../src/wire/limits.ts';
import { bytesOf, Scribe } from './scribe.ts';
import { checkRestored, move, NEW, OLD, piecesOf, restored, shardAround, shardOf, steer } from './steering.ts';

const ALL = { shards: [{ first: asSlot(0), last: asSlot(SLOT_COUNT - 1), epoch: 1 }] };

function scribeOf(...clients: readonly string[]): Scribe {
  const scribe = new Scribe();
  for (const client of clients) scribe.open(client);
  return scribe;
}

function listed(scribe: Scribe): readonly string[] {
  const question = { kind: 'list', ...ALL, from: undefined, to: undefined, isReversed: false, limit: 256 } as const;
  const page = scribe.store.read(question);
  if (page.kind !== 'page') throw new Error('a list is answered by a page');
  return page.entries.map(({ key }) => Buffer.from(key).toString());
}

/** The changes of the whole order, each as its type and key. */
function changesOf(scribe: Scribe): readonly string[] {
  const ranges = [{ first: asSlot(0), last: asSlot(SLOT_COUNT - 1), position: { epoch: 0, index: asLogIndex(0) } }];
  const watch = { kind: 'watch', ranges, from: undefined, to: undefined, limit: 256, waits: false } as const;
  const answer = scribe.store.read(watch);
  if (answer.kind !== 'changes') throw new Error('a watch is answered by changes');
  return answer.changes.map(({ type, key }) => `${type} ${Buffer.from(key).toString()}`);
}

describe('a key with an expiry', () => {
  test('exists through its log time, and the next entry with a later time removes it', () => {
    const scribe = scribeOf('ann');
    scribe.logTimeMs = 1_000;
    scribe.put('ann', 1, 'k', 'v', { expiresInMs: 500 });
    scribe.put('ann', 2, 'other', 'stays');
    expect(scribe.store.nextExpiryMs).toBe(1_500);
    scribe.expire(1_500);
    expect(scribe.get('k')).toBe('v');
    expect(listed(scribe)).toEqual(['k', 'other']);
    const { bytes } = scribe.store.statistics();
    expect(scribe.expire(1_501)).toEqual({ kind: 'unchanged' });
    expect(scribe.get('k')).toBeUndefined();
    expect(listed(scribe)).toEqual(['other']);
    expect(scribe.store.statistics()).toMatchObject({ keys: 1, bytes: bytes - 'kv'.length });
    expect(scribe.store.nextExpiryMs).toBeUndefined();
    expect(changesOf(scribe)).toEqual(['put k', 'put other', 'expire k']);
    checkRestored(scribe.store);
  });

  test('is removed by any entry, before the command of the entry takes effect', () => {
    const scribe = scribeOf('ann');
    scribe.put('ann', 1, 'k', 'old', { expiresInMs: 10 });
    scribe.logTimeMs = 11;
    const written = scribe.append('ann', 2, 'k', 'new', { condition: { versionstamp: undefined } });
    expect(written).toEqual({ kind: 'written', versionstamp: { generation: 0, revision: 3 }, existed: false });
    expect(scribe.get('k')).toBe('new');
    expect(changesOf(scribe)).toEqual(['put k', 'expire k', 'put k']);
  });

  test('has its remaining time in answers, counted from the log time of the answer', () => {
    const scribe = scribeOf('ann');
    scribe.put('ann', 1, 'k', 'v', { expiresInMs: 500 });
    const read = { kind: 'read', slot: shardAround('k', 1).first, shardEpoch: 1, key: bytesOf('k') } as const;
    expect(scribe.store.read(read)).toMatchObject({ expiresInMs: 500 });
    expect(scribe.store.read(read, 120)).toMatchObject({ expiresInMs: 380 });
    expect(scribe.store.read(read, 9_999)).toMatchObject({ kind: 'value', expiresInMs: 1 });
    const conflict = scribe.put('ann', 2, 'k', 'v', { condition: { versionstamp: undefined } });
    expect(conflict).toMatchObject({ kind: 'conflict', current: { expiresInMs: 500 } });
  });

  test('keeps it at an append, and loses it at a put without one and at a delete', () => {
    const scribe = scribeOf('ann');
    for (const [at, key] of ['appended', 'put', 'deleted'].entries()) {
      scribe.put('ann', at + 1, key, 'v', { expiresInMs: 10 });
    }
    scribe.append('ann', 4, 'appended', 'w');
    scribe.put('ann', 5, 'put', 'w');
    scribe.delete('ann', 6, 'deleted');
    scribe.put('ann', 7, 'deleted', 'again');
    scribe.expire(11);
    expect(listed(scribe)).toEqual(['deleted', 'put']);
    checkRestored(scribe.store);
  });
});

test('one entry removes a limited number of keys, the earliest first, and further entries remove the others', () => {
  const scribe = scribeOf('ann');
  const { keysOfEntry } = LIMITS.expiry;
  for (let at = 0; at < keysOfEntry + 5; at++) {
    const options = { expiresInMs: 2_000 - at, finishedThrough: at };
    scribe.put('ann', at + 1, `k${at}`, 'v', options);
  }
  const clone = scribe.store.clone();
  scribe.expire(9_000);
  expect(scribe.store.statistics().keys).toBe(5);
  for (let at = 0; at < 5; at++) expect(scribe.get(`k${at}`)).toBe('v');
  checkRestored(scribe.store);
  expect(clone.statistics().keys).toBe(keysOfEntry + 5);
  const again = restored(scribe.store);
  scribe.expire(9_000);
  again.apply({ kind: 'expire', logTimeMs: 9_000 }, scribe.store.appliedIndex);
  expect(scribe.store.statistics().keys).toBe(0);
  expect(again.digest()).toBe(scribe.store.digest());
});

describe('a key that a transaction holds', () => {
  test('stays until the transaction is settled, and nobody waits for it meanwhile', () => {
    const scribe = scribeOf('ann');
    scribe.put('ann', 1, '{t}a', 'v', { expiresInMs: 10 });
    scribe.put('ann', 2, '{t}b', 'v', { expiresInMs: 20 });
    scribe.prepare('ann', 3, 'home', 4, { checks: { '{t}a': 1 } });
    expect(scribe.store.nextExpiryMs).toBe(20);
    scribe.expire(100);
    expect([scribe.get('{t}a'), scribe.get('{t}b')]).toEqual(['v', undefined]);
    expect(scribe.store.nextExpiryMs).toBeUndefined();
    scribe.settle('abort', '{t}a', 'ann', 4);
    expect(scribe.store.nextExpiryMs).toBe(10);
    scribe.expire(101);
    expect(scribe.get('{t}a')).toBeUndefined();
  });

  test('of a snapshot stays until the range is released', () => {
    const scribe = scribeOf('ann');
    const lock = parseId<LockId>('7'.repeat(32));
    scribe.put('ann', 1, 'k', 'v', { expiresInMs: 10 });
    scribe.apply({ kind: 'lock-range', logTimeMs: 0, lock, ...ALL, from: undefined, to: undefined });
    scribe.expire(11);
    expect(scribe.get('k')).toBe('v');
    expect(scribe.store.nextExpiryMs).toBeUndefined();
    scribe.apply({ kind: 'release-range', logTimeMs: 11, lock });
    scribe.expire(11);
    expect(scribe.get('k')).toBeUndefined();
  });

  test('makes a check of its slot fail once it is removed', () => {
    const scribe = scribeOf('ann');
    scribe.put('ann', 1, '{t}a', 'v', { expiresInMs: 10 });
    scribe.expire(11);
    const stale = scribe.commit('ann', 2, [{ revision: 1, puts: { '{t}b': 'x' } }]);
    expect(stale).toMatchObject({ result: 'conflict', conflicts: [0] });
    expect(scribe.commit('ann', 3, [{ checks: { '{t}a': 1 }, puts: { '{t}b': 'x' } }])).toMatchObject({
      result: 'conflict',
    });
  });
});

describe('a shard that moves', () => {
  /** An order whose log time is far ahead, and a new order. The key has 400 ms left at the freeze. */
  function frozenWith(expiresInMs: number) {
    const old = scribeOf('ann');
    const fresh = new Scribe({ shards: [] });
    old.logTimeMs = 1_000_000;
    old.put('ann', 1, 'k', 'v', { expiresInMs });
    old.logTimeMs += 100;
    const shard = shardAround('k', 2);
    return { old, fresh, shard };
  }

  test('keeps the remaining times of its keys, by the log time of its new order', () => {
    const { old, fresh, shard } = frozenWith(500);
    fresh.logTimeMs = 7;
    move(old, fresh, shard);
    expect(fresh.read('k', { shardEpoch: 2 })).toMatchObject({ expiresInMs: 401 });
    fresh.expire(7 + 401);
    expect(fresh.read('k', { shardEpoch: 2 })).toMatchObject({ kind: 'value' });
    fresh.expire(7 + 402);
    expect(fresh.read('k', { shardEpoch: 2 })).toEqual({ kind: 'missing' });
    checkRestored(fresh.store);
  });

  test('does not expire keys while it is frozen, and takes its log time through snapshots of both orders', () => {
    const { old, fresh, shard } = frozenWith(500);
    steer(old, { kind: 'freeze', shard, to: NEW });
    expect(old.store.nextExpiryMs).toBeUndefined();
    old.expire(2_000_000);
    expect(old.store.statistics().keys).toBe(1);
    checkRestored(old.store);
    const pieces = piecesOf(old.store, shard);
    expect(piecesOf(restored(old.store), shard)).toEqual(pieces);
    const [first, ...rest] = pieces;
    if (first === undefined) throw new Error('a shard has pieces');
    const install = { kind: 'install', shard, from: OLD, chunk: 0, isLast: rest.length === 0, bytes: first } as const;
    steer(fresh, install);
    checkRestored(fresh.store);
    expect(fresh.read('k', { shardEpoch: 2 })).toMatchObject({ expiresInMs: 401 });
  });

  test('that returns has no time of its keys twice', () => {
    const { old, fresh, shard } = frozenWith(500);
    move(old, fresh, shard);
    const back = shardOf(shard.first, shard.last, 3);
    fresh.logTimeMs += 100;
    steer(fresh, { kind: 'freeze', shard: back, to: OLD });
    old.logTimeMs += 50;
    for (const [chunk, bytes] of piecesOf(fresh.store, back).entries()) {
      steer(old, { kind: 'install', shard: back, from: NEW, chunk, isLast: true, bytes });
    }
    expect(old.read('k', { shardEpoch: 3 })).toMatchObject({ expiresInMs: 302 });
    old.expire(old.logTimeMs + 303);
    expect(old.read('k', { shardEpoch: 3 })).toEqual({ kind: 'missing' });
    checkRestored(old.store);
  });
});
