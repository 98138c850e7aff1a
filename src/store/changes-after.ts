/** Answers watchers (design, rule 17). */
import type { Changes, ChangePosition, Watch, WatchedChange, WatchedRange } from '../wire/frames/frame.ts';
import { asSlot, type LogIndex } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
import { bytesOfChange, type Change, comparePositions } from './change-window.ts';
import type { StateRefusal } from './contract.ts';
import { keyBytesOf, keyTextOf } from './key.ts';
import { refusal } from './refusal.ts';
import { ShardMap } from './shard-map.ts';
import type { SlotTable } from './slot-table.ts';

/** The watched slots that one shard serves. `epoch` is that of the shard. */
interface ServedRange extends WatchedRange {
  readonly epoch: number;
}

/**
 * Returns the changes after the positions of a watcher, up to the limits of an answer. The answer covers only slots that
 * this state serves at the epoch of the watcher's position or a later one. If the state serves an earlier epoch, this
 * replica has not applied the latest move of the slot.
 * @param index last applied entry of the order
 */
export function changesAfter(
  slots: SlotTable,
  served: ShardMap,
  watch: Watch,
  index: LogIndex,
): Changes | StateRefusal {
  const ranges = new ShardMap(watch.ranges.flatMap((range) => servedOf(range, served)));
  if (ranges.shards.length === 0) return refusal('WRONG_SHARD', 'This order serves none of the watched slots.');
  if (!areCovered(ranges, slots)) return { kind: 'changes', changes: [], ranges: [], isLost: true };
  const { changes, cut } = limited(changesIn(ranges, slots, watch), watch.limit);
  const positions = ranges.shards.map(({ first, last, position, epoch }) => {
    // A cut at a later epoch is no position of this shard, whose changes all precede the cut.
    const whole = { epoch, index };
    return { first, last, position: later(position, cut === undefined ? whole : earlier(cut, whole)) };
  });
  return { kind: 'changes', changes: changes.map(watchedChange), ranges: joined(positions), isLost: false };
}

/** Whether the answer is about all slots of the question. */
export function coversAll({ ranges: asked }: Watch, { ranges: answered }: Changes): boolean {
  return countSlots(asked) === countSlots(answered);
}

function countSlots(ranges: readonly WatchedRange[]): number {
  return ranges.reduce((count, { first, last }) => count + last - first + 1, 0);
}

function servedOf({ first, last, position }: WatchedRange, served: ShardMap): readonly ServedRange[] {
  return served
    .overlapping({ first, last })
    .filter(({ epoch }) => epoch >= position.epoch)
    .map((shard) => ({
      first: asSlot(Math.max(shard.first, first)),
      last: asSlot(Math.min(shard.last, last)),
      position,
      epoch: shard.epoch,
    }));
}

/** Whether no change after the positions was dropped. */
function areCovered(ranges: ShardMap<ServedRange>, slots: SlotTable): boolean {
  const { recent } = slots;
  const isRecent = ranges.shards.every(({ position, epoch }) => {
    return position.epoch === epoch && recent.surelyCovers(position.index);
  });
  if (isRecent) return true;
  for (const { slot, window } of slots.values()) {
    const range = ranges.find(slot);
    if (range !== undefined && !window.covers(range.position)) return false;
  }
  return true;
}

/** Returns the changes after the positions, sorted by position. */
function changesIn(ranges: ShardMap<ServedRange>, { recent }: SlotTable, { from, to }: Watch): readonly Change[] {
  const [low, high] = [from, to].map((bound) => (bound === undefined ? undefined : keyTextOf(bound)));
  // Changes that came to this order before a position of the current epoch precede the position.
  const floor = Math.min(
    ...ranges.shards.map(({ position, epoch }) => (position.epoch === epoch ? position.index : -1)),
  );
  const found: Change[] = [];
  for (const { slot, change } of recent.latestFirst()) {
    if (change.since <= floor) break;
    const range = ranges.find(slot);
    if (range === undefined || comparePositions(change.position, range.position) <= 0) continue;
    const isWithinBounds = (low === undefined || change.key >= low) && (high === undefined || change.key < high);
    if (isWithinBounds) found.push(change);
  }
  return found.toReversed().toSorted((one, other) => comparePositions(one.position, other.position));
}

interface LimitedChanges {
  readonly changes: readonly Change[];
  /** The position through which the changes are complete. Undefined: all changes are within the limits. */
  readonly cut: ChangePosition | undefined;
}

/** Returns the first changes. All changes of one position are in one answer. */
function limited(changes: readonly Change[], limit: number): LimitedChanges {
  let bytes = 0;
  let latest: ChangePosition | undefined;
  for (const [at, change] of changes.entries()) {
    const isFull = at >= limit || bytes >= LIMITS.watches.answerBytes;
    if (isFull && latest !== undefined && comparePositions(latest, change.position) < 0) {
      return { changes: changes.slice(0, at), cut: latest };
    }
    bytes += bytesOfChange(change);
    latest = change.position;
  }
  return { changes, cut: undefined };
}

function later(one: ChangePosition, other: ChangePosition): ChangePosition {
  return comparePositions(one, other) >= 0 ? one : other;
}

function earlier(one: ChangePosition, other: ChangePosition): ChangePosition {
  return comparePositions(one, other) <= 0 ? one : other;
}

/** Joins adjacent ranges with equal positions. */
function joined(ranges: readonly WatchedRange[]): readonly WatchedRange[] {
  const found: WatchedRange[] = [];
  for (const range of ranges) {
    const before = found.at(-1);
    const isSame = before !== undefined && comparePositions(before.position, range.position) === 0;
    if (isSame && before.last + 1 === range.first) found.splice(-1, 1, { ...before, last: range.last });
    else found.push(range);
  }
  return found;
}

function watchedChange({ type, key, value, versionstamp, position }: Change): WatchedChange {
  return { type, key: keyBytesOf(key), value: value ?? NO_BYTES, versionstamp, position };
}

const NO_BYTES: Uint8Array = new Uint8Array(0);
