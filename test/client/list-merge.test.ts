import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ListCall, ListedPage, SlotRange } from '../../src/client/contract.ts';
import { ListMerge } from '../../src/client/list-merge.ts';
import { keyBytesOf, keyTextOf, slotOfKey } from '../../src/store/key.ts';
import { asLogIndex, asSlot, SLOT_COUNT } from '../../src/wire/identifiers.ts';

const ALL = { first: asSlot(0), last: asSlot(SLOT_COUNT - 1) };
const KEYS = Array.from({ length: 60 }, (_, at) => `k${at}`).toSorted();
const NO_VALUE = { value: new Uint8Array(0), versionstamp: { generation: 0, revision: 1 } };

/** Divides all slots at these slots among some orders. Order `at % orders` serves range number `at`. */
function partitionOf(cuts: readonly number[], orders: number): SlotRange[][] {
  const firsts = [0, ...cuts.toSorted((one, other) => one - other)];
  const ranges = firsts.map((first, at) => ({
    first: asSlot(first),
    last: asSlot((firsts[at + 1] ?? SLOT_COUNT) - 1),
  }));
  return Array.from({ length: orders }, (_, order) => ranges.filter((_range, at) => at % orders === order));
}

function intersection(slots: readonly SlotRange[], served: readonly SlotRange[]): SlotRange[] {
  return slots.flatMap(({ first, last }) =>
    served
      .filter((one) => one.first <= last && first <= one.last)
      .map((one) => ({ first: asSlot(Math.max(first, one.first)), last: asSlot(Math.min(last, one.last)) })),
  );
}

/** Returns the page that the order of the call's first slot would give. */
function answer(call: ListCall, partition: readonly (readonly SlotRange[])[]): ListedPage {
  const [{ first } = ALL] = call.slots;
  const served = partition.find((ranges) => ranges.some((range) => range.first <= first && first <= range.last)) ?? [];
  const covered = intersection(call.slots, served);
  const [from, to] = [call.from, call.to].map((bound) => bound && keyTextOf(bound));
  const within = KEYS.filter((key) => {
    const slot = slotOfKey(keyBytesOf(key));
    const isCovered = covered.some((range) => range.first <= slot && slot <= range.last);
    return isCovered && (from === undefined || key >= from) && (to === undefined || key < to);
  });
  const ordered = call.isReversed ? within.toReversed() : within;
  const keys = ordered.slice(0, call.limit);
  const last = keys.at(-1);
  const next = last === undefined || ordered.length <= call.limit ? undefined : call.isReversed ? last : `${last}\0`;
  const entries = keys.map((key) => ({ key: keyBytesOf(key), ...NO_VALUE }));
  return {
    kind: 'page',
    entries,
    next: next === undefined ? undefined : keyBytesOf(next),
    revision: 0,
    index: asLogIndex(0),
    covered: covered.map((range) => ({ ...range, epoch: 1 })),
  };
}

const cuts = fc.uniqueArray(fc.integer({ min: 1, max: SLOT_COUNT - 1 }), { maxLength: 6 });
const partition = fc.record({ cuts, orders: fc.integer({ min: 1, max: 3 }) }).map((one) => {
  return partitionOf(one.cuts, one.orders).filter(({ length }) => length > 0);
});

test('a list has each key once and in order, while slots move between its pages and answers come in any order', () => {
  fc.assert(
    fc.property(
      fc.array(partition, { minLength: 1, maxLength: 6 }),
      fc.boolean(),
      fc.integer({ min: 1, max: 9 }),
      fc.infiniteStream(fc.nat()),
      (partitions, isReversed, limit, choices) => {
        const merge = new ListMerge({ from: undefined, to: undefined, isReversed, limit }, partitions[0] ?? [[ALL]]);
        const found: string[] = [];
        const asked = [...merge.takeRequests()];
        let steps = 0;
        while (!merge.isOver) {
          const [request] = asked.splice((choices.next().value ?? 0) % asked.length, 1);
          if (request === undefined) throw new Error('a list that is not over waits for a page');
          // Each page can come at another division of the slots.
          merge.answered(request, answer(request.call, partitions[steps % partitions.length] ?? [[ALL]]));
          found.push(...merge.takeEntries().map(({ key }) => keyTextOf(key)));
          asked.push(...merge.takeRequests());
          steps += 1;
        }
        expect(found).toEqual(isReversed ? KEYS.toReversed() : KEYS);
        expect(asked).toEqual([]);
      },
    ),
  );
});
