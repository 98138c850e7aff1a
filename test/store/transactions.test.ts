import { describe, expect, test } from 'vitest';
import type { StateMachine } from '../../src/store/contract.ts';
import { KEY_VALUE } from '../../src/store/registry.ts';
import { asLogIndex, asSlot, type LockId, type OrderId, parseId } from '../../src/wire/identifiers.ts';
import { LIMITS } from '../../src/wire/limits.ts';
import { TIMES } from '../../src/wire/times.ts';
import { bytesOf, Scribe, settleEntry } from './scribe.ts';

const COMMITTED = { kind: 'transacted', result: 'committed', conflicts: [] };
const PREPARED = { kind: 'transacted', result: 'prepared', conflicts: [] };
const ABORTED = { kind: 'transacted', result: 'aborted', conflicts: [] };
const LOCKED = { kind: 'refused', code: 'LOCKED' };
const settled = (isCommitted: boolean) => ({ kind: 'settled', isCommitted });

function scribeOf(...clients: readonly string[]): Scribe {
  const scribe = new Scribe();
  for (const client of clients) scribe.open(client);
  return scribe;
}

/** Restores the state from its chunks. */
function restored(store: StateMachine): StateMachine {
  const restoration = KEY_VALUE.restoration();
  for (const chunk of store.chunks()) restoration.add(chunk);
  const copy = restoration.finish();
  expect(copy.digest()).toBe(store.digest());
  return copy;
}

describe('a transaction within one order', () => {
  test('performs all its writes in several slots, or none of them if a check fails', () => {
    const scribe = scribeOf('ann');
    scribe.put('ann', 1, 'a', 'old');
    expect(scribe.commit('ann', 2, [{ checks: { a: 1 }, puts: { a: 'new' } }, { puts: { b: 'B' } }])).toEqual(
      COMMITTED,
    );
    expect([scribe.get('a'), scribe.get('b')]).toEqual(['new', 'B']);
    const conflicting = scribe.commit('ann', 3, [{ checks: { a: 2 }, deletes: ['a'] }, { checks: { b: undefined } }]);
    expect(conflicting).toEqual({ kind: 'transacted', result: 'conflict', conflicts: [1] });
    expect([scribe.get('a'), scribe.get('b')]).toEqual(['new', 'B']);
  });

  test('takes effect once, however often it is repeated', () => {
    const scribe = scribeOf('ann');
    const parts = [{ appends: { a: 'x' } }, { appends: { b: 'y' } }];
    expect(scribe.commit('ann', 1, parts)).toEqual(COMMITTED);
    expect(scribe.commit('ann', 1, parts)).toEqual(COMMITTED);
    expect([scribe.get('a'), scribe.get('b')]).toEqual(['x', 'y']);
    scribe.put('ann', 2, 'c', 'z', { finishedThrough: 1 });
    expect(scribe.commit('ann', 1, parts)).toMatchObject({ code: 'STALE_REQUEST' });
  });

  test('performs nothing if one append would make its value too large, and keeps that outcome', () => {
    const scribe = scribeOf('ann');
    scribe.put('ann', 1, 'b', 'x'.repeat(LIMITS.messages.valueBytes));
    const parts = [{ puts: { a: 'A' } }, { appends: { b: 'y' } }];
    expect(scribe.commit('ann', 2, parts)).toMatchObject({ code: 'VALUE_TOO_LARGE' });
    expect(scribe.get('a')).toBeUndefined();
    scribe.delete('ann', 3, 'b');
    expect(scribe.commit('ann', 2, parts)).toMatchObject({ code: 'VALUE_TOO_LARGE' });
  });

  test('fails if another key of a checked slot was written', () => {
    const scribe = scribeOf('ann');
    scribe.put('ann', 1, '{t}a', '1');
    expect(scribe.commit('ann', 2, [{ revision: 1, puts: { '{t}b': '1' } }])).toEqual(COMMITTED);
    const phantom = scribe.commit('ann', 3, [{ revision: 1, puts: { '{t}c': '1' } }]);
    expect(phantom).toEqual({ kind: 'transacted', result: 'conflict', conflicts: [0] });
  });

  test('is refused without an outcome if the order does not serve one of its slots', () => {
    const scribe = scribeOf('ann');
    const parts = [{ puts: { a: '1' } }, { puts: { b: '2' }, shardEpoch: 2 }];
    expect(scribe.commit('ann', 1, parts)).toMatchObject({ code: 'WRONG_SHARD' });
    expect(scribe.commit('ann', 1, [{ puts: { a: '1' } }, { puts: { b: '2' } }])).toEqual(COMMITTED);
  });
});

describe('locks', () => {
  test('keep others from reading and writing written keys until the transaction is settled', () => {
    const scribe = scribeOf('ann', 'bob');
    scribe.put('ann', 1, '{t}a', 'old');
    scribe.put('ann', 2, '{t}b', 'free');
    expect(scribe.prepare('ann', 3, 'home', 4, { puts: { '{t}a': 'new' } })).toEqual(PREPARED);
    expect(scribe.read('{t}a')).toMatchObject(LOCKED);
    expect(scribe.put('bob', 1, '{t}a', 'x')).toMatchObject(LOCKED);
    expect(scribe.commit('bob', 2, [{ checks: { '{t}a': 1 }, puts: { '{t}c': 'x' } }])).toMatchObject(LOCKED);
    expect(scribe.get('{t}b')).toBe('free');
    expect(scribe.put('bob', 3, '{t}b', 'freely')).toMatchObject({ kind: 'written' });
    expect(scribe.commit('ann', 4, [{ puts: { home: '1' } }], ['{t}a'])).toEqual(COMMITTED);
    expect(scribe.read('{t}a')).toMatchObject(LOCKED);
    expect(scribe.settle('commit', '{t}a', 'ann', 4)).toEqual(settled(true));
    expect(scribe.get('{t}a')).toBe('new');
    expect(scribe.put('bob', 1, '{t}a', 'x')).toMatchObject({ kind: 'written' });
  });

  test('keep others from writing checked keys, but not from reading them', () => {
    const scribe = scribeOf('ann', 'bob');
    scribe.put('ann', 1, '{t}a', 'old');
    scribe.prepare('ann', 2, 'home', 3, { checks: { '{t}a': 1 } });
    expect(scribe.get('{t}a')).toBe('old');
    expect(scribe.put('bob', 1, '{t}a', 'x')).toMatchObject(LOCKED);
    expect(scribe.prepare('bob', 2, 'other', 3, { checks: { '{t}a': 1 } })).toEqual(PREPARED);
    scribe.settle('abort', '{t}a', 'ann', 3);
    expect(scribe.put('bob', 4, '{t}a', 'x')).toMatchObject(LOCKED);
    scribe.settle('abort', '{t}a', 'bob', 3);
    expect(scribe.put('bob', 4, '{t}a', 'x')).toMatchObject({ kind: 'written' });
  });

  test('of a whole slot keep others from writing any of its keys', () => {
    const scribe = scribeOf('ann', 'bob');
    scribe.put('ann', 1, '{t}a', 'old');
    scribe.prepare('ann', 2, 'home', 3, { checks: { '{t}a': 1 }, revision: 1 });
    expect(scribe.put('bob', 1, '{t}new', 'x')).toMatchObject(LOCKED);
    expect(scribe.prepare('bob', 2, 'other', 9, { puts: { '{t}new': 'x' } })).toMatchObject(LOCKED);
  });

  test('make a transaction that holds locks elsewhere abort instead of waiting', () => {
    const scribe = scribeOf('ann', 'bob');
    scribe.prepare('ann', 1, 'home', 2, { puts: { a: '1' } });
    expect(scribe.commit('bob', 1, [{ puts: { a: '2' } }], ['other'])).toEqual(ABORTED);
    expect(scribe.commit('bob', 1, [{ puts: { a: '2' } }], ['other'])).toEqual(ABORTED);
    scribe.settle('commit', 'a', 'ann', 2);
    expect(scribe.commit('bob', 1, [{ puts: { a: '2' } }], ['other'])).toEqual(ABORTED);
  });

  test('are not taken again by a late copy of a prepare, after they were settled', () => {
    const scribe = scribeOf('ann');
    const prepare = () => scribe.prepare('ann', 1, 'home', 2, { puts: { a: '1' } });
    prepare();
    scribe.settle('abort', 'a', 'ann', 2);
    expect(prepare()).toEqual(PREPARED);
    expect(scribe.read('a')).toEqual({ kind: 'missing' });
  });

  test('are not taken by a prepare whose checks fail', () => {
    const scribe = scribeOf('ann');
    const conflict = { kind: 'transacted', result: 'conflict', conflicts: [0] };
    expect(scribe.prepare('ann', 1, 'home', 2, { checks: { a: 7 }, puts: { a: '1' } })).toEqual(conflict);
    expect(scribe.read('a')).toEqual({ kind: 'missing' });
  });

  test('of one slot are bounded', () => {
    const scribe = scribeOf('ann');
    for (let at = 1; at <= LIMITS.transactions.locksOfSlot; at++) {
      expect(scribe.prepare('ann', at, 'home', 1_000 + at, { puts: { [`{t}${at}`]: '' } })).toEqual(PREPARED);
    }
    expect(scribe.prepare('ann', 500, 'home', 2_000, { puts: { '{t}more': '' } })).toMatchObject({
      code: 'OVERLOADED',
    });
  });

  test('keep a page of a list from showing a key that may change, and no page without such a key', () => {
    const scribe = scribeOf('ann');
    for (const [at, key] of ['a', 'b', 'c'].entries()) scribe.put('ann', at + 1, key, key);
    scribe.prepare('ann', 5, 'home', 6, { puts: { bb: 'new' } });
    const list = (range: { from?: string; to?: string; limit?: number; isReversed?: boolean }) =>
      scribe.store.read({
        kind: 'list',
        shards: [{ first: asSlot(0), last: asSlot(16_383), epoch: 1 }],
        from: range.from === undefined ? undefined : bytesOf(range.from),
        to: range.to === undefined ? undefined : bytesOf(range.to),
        limit: range.limit ?? 10,
        isReversed: range.isReversed ?? false,
      });
    expect(list({})).toMatchObject(LOCKED);
    expect(list({ from: 'b', to: 'bc' })).toMatchObject(LOCKED);
    expect(list({ limit: 2 })).toMatchObject({ kind: 'page' });
    expect(list({ to: 'bb' })).toMatchObject({ kind: 'page' });
    expect(list({ isReversed: true, limit: 1 })).toMatchObject({ kind: 'page' });
    expect(list({ isReversed: true, limit: 2 })).toMatchObject(LOCKED);
  });
});

describe('a locked range', () => {
  const lock = parseId<LockId>('c'.repeat(32));
  const shards = [{ first: asSlot(0), last: asSlot(16_383), epoch: 1 }];
  const lockRange = (scribe: Scribe, from?: string, to?: string, id = lock) =>
    scribe.apply({
      kind: 'lock-range',
      logTimeMs: 0,
      lock: id,
      shards,
      from: from === undefined ? undefined : bytesOf(from),
      to: to === undefined ? undefined : bytesOf(to),
    });
  const release = (scribe: Scribe) => scribe.apply({ kind: 'release-range', logTimeMs: 0, lock });

  test('keeps its keys from changing, and lets them be read', () => {
    const scribe = scribeOf('ann');
    scribe.put('ann', 1, 'b', 'old');
    expect(lockRange(scribe, 'b', 'd')).toEqual({ kind: 'range-locked', index: 3 });
    expect(lockRange(scribe, 'b', 'd')).toEqual({ kind: 'range-locked', index: 3 });
    expect(scribe.get('b')).toBe('old');
    for (const [at, key] of ['b', 'c'].entries()) {
      expect(scribe.put('ann', 10 + at, key, 'new')).toMatchObject(LOCKED);
      expect(scribe.prepare('ann', 20 + at, 'home', 99, { puts: { [key]: 'new' } })).toMatchObject(LOCKED);
      expect(scribe.commit('ann', 30 + at, [{ puts: { [key]: 'new' } }])).toMatchObject(LOCKED);
      expect(scribe.commit('ann', 40 + at, [{ puts: { [key]: 'new' } }], ['home'])).toEqual(ABORTED);
      expect(scribe.commit('ann', 50 + at, [{ checks: { [key]: 7 } }])).toMatchObject({ result: 'conflict' });
    }
    for (const [at, key] of ['a', 'd'].entries()) {
      expect(scribe.put('ann', 60 + at, key, 'new')).toMatchObject({ kind: 'written' });
    }
    expect(release(scribe)).toEqual({ kind: 'range-released', index: 3 });
    expect(release(scribe)).toEqual({ kind: 'range-released', index: undefined });
    expect(scribe.put('ann', 10, 'b', 'new')).toMatchObject({ kind: 'written' });
  });

  test('lets transactions finish that hold locks in it', () => {
    const scribe = scribeOf('ann');
    scribe.prepare('ann', 1, 'home', 2, { puts: { b: 'new' } });
    lockRange(scribe);
    expect(scribe.read('b')).toMatchObject(LOCKED);
    scribe.settle('commit', 'b', 'ann', 2);
    expect(scribe.get('b')).toBe('new');
  });

  test('survives a snapshot, and ends when one of its slots leaves the order', () => {
    const scribe = scribeOf('ann');
    lockRange(scribe, undefined, 'm');
    lockRange(scribe, 'x', undefined, parseId<LockId>('b'.repeat(32)));
    expect(restored(scribe.store).lockedRanges()).toHaveLength(2);
    const to = parseId<OrderId>('d'.repeat(32));
    scribe.apply({ kind: 'freeze', logTimeMs: 0, shard: { first: asSlot(5), last: asSlot(9), epoch: 2 }, to });
    expect(release(scribe)).toEqual({ kind: 'range-released', index: undefined });
    restored(scribe.store);
  });

  test('needs an order that serves all its shards, and their number is bounded', () => {
    const scribe = scribeOf();
    for (let at = 0; at < LIMITS.transactions.rangeLocks; at++) {
      const id = parseId<LockId>(at.toString(16).padStart(32, '0'));
      expect(lockRange(scribe, undefined, undefined, id)).toMatchObject({ kind: 'range-locked' });
    }
    expect(lockRange(scribe)).toMatchObject({ code: 'OVERLOADED' });
    const elsewhere = new Scribe({ shards: [[0, 9, 1]] });
    expect(lockRange(elsewhere)).toMatchObject({ code: 'WRONG_SHARD' });
  });
});

describe('resolving a transaction', () => {
  test('aborts an undecided one for good', () => {
    const scribe = scribeOf('ann');
    expect(scribe.settle('resolve', 'home', 'ann', 2)).toEqual(settled(false));
    expect(scribe.commit('ann', 2, [{ puts: { home: '1' } }], ['a'])).toEqual(ABORTED);
    expect(scribe.get('home')).toBeUndefined();
  });

  test('tells of a commit, also after its client has finished the command and its session has expired', () => {
    const scribe = scribeOf('ann');
    expect(scribe.commit('ann', 2, [{ puts: { home: '1' } }], ['a'])).toEqual(COMMITTED);
    expect(scribe.settle('resolve', 'home', 'ann', 2)).toEqual(settled(true));
    scribe.put('ann', 3, 'home', '2', { finishedThrough: 2 });
    expect(scribe.settle('resolve', 'home', 'ann', 2)).toEqual(settled(true));
    scribe.logTimeMs += TIMES.client.sessionExpiryMs;
    expect(scribe.settle('resolve', 'home', 'ann', 2)).toEqual(settled(true));
    expect(scribe.settle('forget', 'home', 'ann', 2)).toEqual(settled(true));
    expect(scribe.settle('resolve', 'home', 'ann', 2)).toEqual(settled(false));
    expect(scribe.commit('ann', 2, [{ puts: { home: '1' } }], ['a'])).toMatchObject({ code: 'UNKNOWN_SESSION' });
  });

  test('needs no outcome if the session is unknown or has finished the command', () => {
    const scribe = scribeOf('ann');
    scribe.put('ann', 5, 'home', '1', { finishedThrough: 4 });
    expect(scribe.settle('resolve', 'home', 'ann', 3)).toEqual(settled(false));
    expect(scribe.settle('resolve', 'home', 'bob', 1)).toEqual(settled(false));
    expect(scribe.store.statistics().outcomes).toBe(1);
  });
});

test('locks, commits and outcomes survive a snapshot', () => {
  const scribe = scribeOf('ann', 'bob');
  scribe.put('ann', 1, '{t}a', 'old');
  scribe.prepare('ann', 2, 'home', 4, { checks: { '{t}a': 1 }, puts: { '{t}b': 'new' }, deletes: ['{t}c'] });
  scribe.prepare('bob', 1, 'other', 2, { checks: { '{t}a': 1, '{t}z': undefined }, appends: { '{t}y': '+' } });
  scribe.commit('bob', 7, [{ checks: { k: 3 } }]);
  scribe.commit('ann', 4, [{ puts: { home: '1' } }], ['{t}b', 'elsewhere']);
  const copy = restored(scribe.store);
  const settling = settleEntry('commit', '{t}b', 'ann', 4);
  copy.apply(settling, asLogIndex(scribe.log.length + 1));
  scribe.apply(settling);
  expect(copy.digest()).toBe(scribe.store.digest());
  expect(scribe.get('{t}b')).toBe('new');
});
