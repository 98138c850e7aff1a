import fc from 'fast-check';
import { expect, test } from 'vitest';
import { extent } from '../extent.ts';
import { slotCountOf } from '../../src/cluster/configuration.ts';
import { filled, sharedOut } from '../../src/cluster/shard-balance.ts';
import { assert } from '../../src/wire/assertion.ts';
import type { Order, Shard } from '../../src/wire/configuration/configuration.ts';
import { asSlot, SLOT_COUNT } from '../../src/wire/identifiers.ts';
import { order as orderId } from './worlds.ts';

/** Rings with shards of any sizes. The bounds between shards are random and can be close to each other. */
const rings: fc.Arbitrary<readonly Shard[]> = fc
  .array(fc.oneof(fc.integer({ min: 1, max: SLOT_COUNT - 1 }), fc.integer({ min: 1, max: 600 })), { maxLength: 60 })
  .map((drawn) => {
    const bounds = [...new Set([0, ...drawn, SLOT_COUNT])].sort((one, other) => one - other);
    return bounds.slice(0, -1).map((first, at) => {
      return { first: asSlot(first), last: asSlot((bounds[at + 1] ?? SLOT_COUNT) - 1), epoch: 1, source: undefined };
    });
  });

function emptyOrder(number: number): Order {
  const members = { number: 1, voters: [], learners: [] };
  return { id: orderId(number), firstVoters: [], firstShards: [], members, shards: [], isDissolving: false };
}

function largestOf(orders: readonly Order[]): number {
  return Math.max(...orders.flatMap(({ shards }) => shards.map(({ first, last }) => last - first + 1)));
}

function gapOf(orders: readonly Order[]): number {
  const counts = orders.map(slotCountOf);
  return Math.max(...counts) - Math.min(...counts);
}

/** Deals the shards of the ring to `count` orders. */
function dealt(ring: readonly Shard[], count: number): readonly Order[] {
  const nobody = { ...emptyOrder(99), shards: ring };
  const orders = Array.from({ length: count }, (_, at) => emptyOrder(at + 1));
  const ids = new Set(orders.map(({ id }) => id));
  return sharedOut([...orders, nobody], nobody.id, ids).filter(({ id }) => ids.has(id));
}

test('a new order gets as few shards as possible until the slots of orders differ by one shard at most', () => {
  fc.assert(
    fc.property(rings, fc.integer({ min: 1, max: 6 }), (ring, count) => {
      const before = dealt(ring, count);
      const newcomer = emptyOrder(50);
      const after = filled([...before, newcomer], newcomer.id, new Set(before.map(({ id }) => id)));
      const moved = after.find(({ id }) => id === newcomer.id)?.shards ?? [];
      expect(moved.length).toBeLessThanOrEqual(Math.max(1, Math.ceil(ring.length / (count + 1))));
      for (const old of before) {
        const now = after.find(({ id }) => id === old.id);
        assert(now !== undefined && now.shards.length <= old.shards.length + 1, 'nobody else gets anything');
      }
      expect(gapOf(after)).toBeLessThanOrEqual(largestOf(after));
    }),
    { numRuns: extent(750, 5_000) },
  );
});

test('the shards of a dissolved order are divided so that the slots of the others differ by one shard at most', () => {
  fc.assert(
    fc.property(rings, fc.integer({ min: 2, max: 6 }), fc.nat(5), (ring, count, which) => {
      const before = dealt(ring, count);
      const ending = before[which % count];
      assert(ending !== undefined, 'one of them');
      const others = new Set(before.map(({ id }) => id).filter((id) => id !== ending.id));
      const after = sharedOut(before, ending.id, others);
      expect(after.find(({ id }) => id === ending.id)?.shards).toEqual([]);
      expect(gapOf(after.filter(({ id }) => others.has(id)))).toBeLessThanOrEqual(largestOf(after));
    }),
    { numRuns: 1_000 },
  );
});

/** Rings with thousands of shards of at most two sizes. */
const largeRings: fc.Arbitrary<readonly Shard[]> = fc.integer({ min: 4_096, max: SLOT_COUNT }).map((count) => {
  const bound = (at: number) => Math.floor((at * SLOT_COUNT) / count);
  return Array.from({ length: count }, (_, at) => {
    return { first: asSlot(bound(at)), last: asSlot(bound(at + 1) - 1), epoch: 1, source: undefined };
  });
});

test('thousands of shards are divided in one step or in several steps with the same result', {
  timeout: 60_000,
}, () => {
  fc.assert(
    fc.property(
      largeRings,
      fc.integer({ min: 2, max: 40 }),
      fc.integer({ min: 900, max: 9_000 }),
      (ring, count, most) => {
        const before = dealt(ring, count);
        const newcomer = emptyOrder(50);
        const ids = new Set(before.map(({ id }) => id));
        const grown = filled([...before, newcomer], newcomer.id, ids);
        expect(gapOf(grown)).toBeLessThanOrEqual(largestOf(grown));
        const shrunk = sharedOut(grown, newcomer.id, ids);
        let inGoes = grown;
        const held = () => inGoes.find(({ id }) => id === newcomer.id)?.shards.length ?? 0;
        while (held() > 0) {
          const left = held();
          inGoes = sharedOut(inGoes, newcomer.id, ids, most);
          expect(held()).toBe(Math.max(0, left - most));
        }
        expect(inGoes).toEqual(shrunk);
        expect(gapOf(shrunk.filter(({ id }) => ids.has(id)))).toBeLessThanOrEqual(largestOf(shrunk));
      },
    ),
    { numRuns: 20 },
  );
});
