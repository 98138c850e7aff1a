import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keyTextOf, slotOfKey, slotOfTag } from '../../src/store/key.ts';
import type { Page } from '../../src/wire/frames/frame.ts';
import { asSlot, type OrderId, parseId, SLOT_COUNT } from '../../src/wire/identifiers.ts';
import { LIMITS } from '../../src/wire/limits.ts';
import { bytesOf, Scribe } from './scribe.ts';

const ALL = { first: asSlot(0), last: asSlot(SLOT_COUNT - 1), epoch: 1 };
const HALVES = [
  { ...ALL, last: asSlot(8_191) },
  { ...ALL, first: asSlot(8_192) },
];
const OTHER = parseId<OrderId>('0b'.repeat(16));

interface Bounds {
  readonly from?: Uint8Array | undefined;
  readonly to?: Uint8Array | undefined;
  readonly isReversed?: boolean;
  readonly limit?: number;
}

function pageOf(scribe: Scribe, bounds: Bounds, shards = [ALL]): Page {
  const { from, to, isReversed = false, limit = 2 } = bounds;
  const result = scribe.store.read({ kind: 'list', shards, from, to, isReversed, limit });
  if (result.kind !== 'page') throw new Error(result.kind, { cause: result });
  return result;
}

/** All pages of a list, one after another. */
function listAll(scribe: Scribe, bounds: Bounds, shards = [ALL]): string[] {
  const keys: string[] = [];
  for (let next = bounds; ; ) {
    const page = pageOf(scribe, next, shards);
    keys.push(...page.entries.map(({ key }) => keyTextOf(key)));
    if (page.next === undefined) return keys;
    next = bounds.isReversed === true ? { ...next, to: page.next } : { ...next, from: page.next };
  }
}

const key = fc.uint8Array({ minLength: 1, maxLength: 3, max: 3 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
const change = fc.record({ key, kind: fc.constantFrom('put', 'put', 'delete', 'list') });
const bound = fc.option(fc.uint8Array({ minLength: 1, maxLength: 4, max: 4 }), { nil: undefined });

test('a list has every key within its bounds once and in order, in both directions', () => {
  fc.assert(
    fc.property(
      fc.array(change, { maxLength: 40 }),
      bound,
      bound,
      fc.boolean(),
      fc.integer({ min: 1, max: 5 }),
      (changes, from, to, isReversed, limit) => {
        const scribe = new Scribe();
        scribe.open('ann');
        const existing = new Set<string>();
        for (const [at, one] of changes.entries()) {
          // A list in between builds the index, which later changes must keep up to date.
          if (one.kind === 'list') listAll(scribe, {});
          else if (one.kind === 'put') {
            scribe.put('ann', at + 1, one.key, 'v');
            existing.add(one.key);
          } else {
            scribe.delete('ann', at + 1, one.key);
            existing.delete(one.key);
          }
        }
        const [low, high] = [from, to].map((bytes) => bytes && keyTextOf(bytes));
        const within = [...existing].filter(
          (one) => (low === undefined || one >= low) && (high === undefined || one < high),
        );
        const sorted = within.toSorted();
        expect(listAll(scribe, { from, to, isReversed, limit })).toEqual(isReversed ? sorted.toReversed() : sorted);
      },
    ),
  );
});

test('a list of some shards has their keys alone, and both halves have all keys', () => {
  const scribe = new Scribe({ shards: [[0, SLOT_COUNT - 1, 1]] });
  scribe.open('ann');
  const keys = Array.from({ length: 50 }, (_, at) => `key ${at}`).toSorted();
  for (const [at, one] of keys.entries()) scribe.put('ann', at + 1, one, 'v');
  const [lower = [], upper = []] = HALVES.map((half) => listAll(scribe, {}, [half]));
  expect(lower.every((one) => slotOfKey(bytesOf(one)) < 8_192)).toBe(true);
  expect([...lower, ...upper].toSorted()).toEqual(keys);
});

test('a shard that leaves takes its keys out of the list, and a list of it is refused', () => {
  const scribe = new Scribe({
    shards: [
      [0, 8_191, 1],
      [8_192, SLOT_COUNT - 1, 1],
    ],
  });
  scribe.open('ann');
  for (let at = 1; at <= 50; at++) scribe.put('ann', at, `key ${at}`, 'v');
  const [lower, upper] = HALVES;
  if (lower === undefined || upper === undefined) throw new Error('there are two halves');
  const remaining = listAll(scribe, {}, [upper]);
  scribe.apply({ kind: 'freeze', logTimeMs: 0, shard: { ...lower, epoch: 2 }, to: OTHER });
  expect(listAll(scribe, {}, [upper])).toEqual(remaining);
  for (const shards of [[lower], [ALL], [{ ...upper, epoch: 2 }]]) {
    const list = { kind: 'list', shards, from: undefined, to: undefined, isReversed: false, limit: 2 } as const;
    expect(scribe.store.read(list)).toMatchObject({ kind: 'refused', code: 'WRONG_SHARD' });
  }
});

test('a page ends at its limits of bytes and of examined keys', () => {
  const scribe = new Scribe();
  scribe.open('ann');
  const large = 'x'.repeat(LIMITS.lists.pageBytes / 2);
  for (let at = 1; at <= 5; at++) scribe.put('ann', at, `{a}${at}`, large);
  expect(pageOf(scribe, { limit: 5 }).entries).toHaveLength(2);
  expect(listAll(scribe, { limit: 5 })).toHaveLength(5);
  for (let at = 0; at < LIMITS.lists.examinedKeys + 1; at++)
    scribe.put('ann', 6 + at, `{b}${at}`, 'v', {
      finishedThrough: 5 + at,
    });
  const tagged = asSlot(slotOfKey(bytesOf('{a}')));
  const shard = { first: tagged, last: tagged, epoch: 1 };
  const reversed = pageOf(scribe, { isReversed: true, limit: 5 }, [shard]);
  expect(reversed.entries).toEqual([]);
  expect(reversed.next).toBeDefined();
  expect(listAll(scribe, { isReversed: true, limit: 5 }, [shard])).toHaveLength(5);
});

test('a page of one slot names the revision of the slot', () => {
  const scribe = new Scribe();
  scribe.open('ann');
  for (let at = 1; at <= 3; at++) scribe.put('ann', at, `{a}${at}`, 'v');
  const slot = slotOfKey(bytesOf('{a}'));
  expect(pageOf(scribe, {}, [{ first: slot, last: slot, epoch: 1 }])).toMatchObject({ revision: 3 });
  expect(pageOf(scribe, {})).toMatchObject({ revision: 0 });
});

test('only a prefix with a whole hash tag names its slot', () => {
  expect(slotOfTag(bytesOf('{cart}/'))).toBe(slotOfKey(bytesOf('{cart}/7')));
  expect(slotOfTag(bytesOf('a{cart}'))).toBe(slotOfKey(bytesOf('a{cart}/7')));
  for (const prefix of ['cart', '{cart', '{}', 'cart}']) expect(slotOfTag(bytesOf(prefix))).toBeUndefined();
});
