/** Sets of slots as sorted, disjoint ranges. */
import { asSlot } from '../wire/identifiers.ts';
import type { SlotRange } from './contract.ts';

/** Returns the parts of the ranges that are in one of the places. */
export function within<Range extends SlotRange>(
  ranges: readonly Range[],
  places: readonly SlotRange[],
): readonly Range[] {
  return ranges.flatMap((range) =>
    places
      .filter(({ first, last }) => first <= range.last && range.first <= last)
      .map(({ first, last }) => ({
        ...range,
        first: asSlot(Math.max(first, range.first)),
        last: asSlot(Math.min(last, range.last)),
      })),
  );
}

/** Returns the parts of the ranges that are in none of the places. */
export function without<Range extends SlotRange>(
  ranges: readonly Range[],
  places: readonly SlotRange[],
): readonly Range[] {
  return places.reduce<readonly Range[]>(
    (left, place) =>
      left.flatMap((range) => {
        if (place.last < range.first || range.last < place.first) return [range];
        const parts: Range[] = [];
        if (range.first < place.first) parts.push({ ...range, last: asSlot(place.first - 1) });
        if (place.last < range.last) parts.push({ ...range, first: asSlot(place.last + 1) });
        return parts;
      }),
    ranges,
  );
}
