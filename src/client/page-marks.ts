/** The pages of a watcher that show more than its positions. */
import { comparePositions } from '../store/change-window.ts';
import { type KeyText, slotOfKey } from '../store/key.ts';
import { isWithin } from '../store/shard-map.ts';
import type { WatchedChange, WatchedRange } from '../wire/frames/frame.ts';

/** The keys of a page, and the positions that its entries show. */
export interface PageMark {
  /** The lowest key. Undefined: no bound. */
  readonly from: KeyText | undefined;
  /** The key above the highest one. Undefined: no bound. */
  readonly to: KeyText | undefined;
  readonly ranges: readonly WatchedRange[];
}

/** Whether a page shows the change already. */
export function isDuplicate(marks: readonly PageMark[], key: KeyText, { position, ...change }: WatchedChange): boolean {
  if (marks.length === 0) return false;
  const slot = slotOfKey(change.key);
  return marks.some(({ from, to, ranges }) => {
    if ((from !== undefined && key < from) || (to !== undefined && key >= to)) return false;
    const range = ranges.find((one) => isWithin(slot, one));
    return range !== undefined && comparePositions(position, range.position) <= 0;
  });
}

/** Returns the marks that are ahead of the positions that a watcher has reached. */
export function remainingMarks(marks: readonly PageMark[], reached: readonly WatchedRange[]): readonly PageMark[] {
  return marks.filter(({ ranges }) =>
    ranges.some((range) =>
      reached.some(({ first, last, position }) => {
        const areTogether = first <= range.last && range.first <= last;
        return areTogether && comparePositions(position, range.position) < 0;
      }),
    ),
  );
}
