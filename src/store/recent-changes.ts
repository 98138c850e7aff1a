/** The changes in all windows of a table, in the order in which they are dropped. */
import type { LogIndex, Slot } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
import { bytesOfChange, type Change, comparePositions } from './change-window.ts';
import { isWithin, type SlotRange } from './shard-map.ts';
import type { SlotState } from './slot-state.ts';

export interface RecentChange {
  readonly slot: Slot;
  readonly change: Change;
}

/** Room for changes. */
export interface WindowRoom {
  readonly changes: number;
  readonly bytes: number;
}

/** The room of the windows of all served slots together. The frozen shards of an order have as much room again. */
export const WINDOW_ROOM: WindowRoom = {
  changes: LIMITS.watches.windowChanges,
  bytes: LIMITS.watches.windowBytes,
};

/**
 * The oldest change of an order is dropped first. The order of the changes depends only on their contents, so a restored
 * table drops the same changes.
 */
export class RecentChanges {
  #changes: RecentChange[];
  /** Number of dropped changes at the beginning of the array. */
  #dropped = 0;
  #bytes = 0;
  /** The highest index in the position of any dropped change. 0: no change was dropped. */
  #droppedThrough: number;

  /** @param changes sorted changes */
  private constructor(changes: RecentChange[], droppedThrough: number) {
    this.#changes = changes;
    this.#droppedThrough = droppedThrough;
    for (const { change } of changes) this.#bytes += bytesOfChange(change);
  }

  static of(slots: Iterable<SlotState>): RecentChanges {
    const changes: RecentChange[] = [];
    let droppedThrough = 0;
    for (const { slot, window } of slots) {
      for (const change of window.changes) changes.push({ slot, change });
      droppedThrough = Math.max(droppedThrough, window.trimmedThrough?.index ?? 0);
    }
    return new RecentChanges(changes.toSorted(compare), droppedThrough);
  }

  clone(): RecentChanges {
    return new RecentChanges(this.#changes.slice(this.#dropped), this.#droppedThrough);
  }

  get size(): WindowRoom {
    return { changes: this.#changes.length - this.#dropped, bytes: this.#bytes };
  }

  /** Whether no change with a higher index was dropped. If false, the windows of the slots tell more. */
  surelyCovers(index: LogIndex): boolean {
    return index >= this.#droppedThrough;
  }

  add(added: RecentChange): void {
    let at = this.#changes.length;
    // Changes of one entry are sorted by slot, so an added change can precede earlier changes of its entry.
    for (
      let before = this.#changes[at - 1];
      at > this.#dropped && before !== undefined;
      before = this.#changes[at - 1]
    ) {
      if (compare(before, added) <= 0) break;
      at -= 1;
    }
    if (at === this.#changes.length) this.#changes.push(added);
    else this.#changes.splice(at, 0, added);
    this.#bytes += bytesOfChange(added.change);
  }

  /**
   * Removes and returns the oldest change, if the changes exceed the room. The latest change always stays, so that a
   * watcher receives values of any size.
   */
  takeBeyond(room: WindowRoom): RecentChange | undefined {
    const { changes, bytes } = this.size;
    if (changes <= 1 || (changes <= room.changes && bytes <= room.bytes)) return undefined;
    const oldest = this.#changes[this.#dropped];
    if (oldest === undefined) return undefined;
    this.#bytes -= bytesOfChange(oldest.change);
    this.#dropped += 1;
    this.#droppedThrough = Math.max(this.#droppedThrough, oldest.change.position.index);
    if (this.#dropped > LIMITS.watches.windowChanges) {
      this.#changes = this.#changes.slice(this.#dropped);
      this.#dropped = 0;
    }
    return oldest;
  }

  /** Removes and returns the changes of a range of slots. */
  takeWithin(range: SlotRange): RecentChanges {
    const all = this.#changes.slice(this.#dropped);
    const taken = new RecentChanges(
      all.filter(({ slot }) => isWithin(slot, range)),
      this.#droppedThrough,
    );
    this.#changes = all.filter(({ slot }) => !isWithin(slot, range));
    this.#dropped = 0;
    this.#bytes -= taken.size.bytes;
    return taken;
  }

  /** Yields the changes, the latest first. */
  *latestFirst(): Generator<RecentChange> {
    for (let at = this.#changes.length - 1; at >= this.#dropped; at--) {
      const change = this.#changes[at];
      if (change !== undefined) yield change;
    }
  }
}

/** Changes with the same entry, position and slot keep their order in the window of the slot, since sorting is stable. */
function compare(one: RecentChange, other: RecentChange): number {
  return (
    one.change.since - other.change.since ||
    comparePositions(one.change.position, other.change.position) ||
    one.slot - other.slot
  );
}
