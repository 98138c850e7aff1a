/** Locks of ranges of keys, so that a range can be read at one point. They belong to the order, not to a shard. */
import type { LockRange } from '../wire/entries/command.ts';
import type { LockId, LogIndex, Slot } from '../wire/identifiers.ts';
import type { StateRangeLock } from '../wire/records/state-chunk.ts';
import { EMPTY_HASH, feedNumbers, feedText, type Hash, SetDigest } from './hash.ts';
import { keyBytesOf, type KeyText, keyTextOf } from './key.ts';
import { isWithin, overlap, type SlotRange } from './shard-map.ts';

interface RangeLock {
  readonly shards: LockRange['shards'];
  readonly from: KeyText | undefined;
  readonly to: KeyText | undefined;
  /** Index of the entry with which the lock began. Two locks with the same id have different indexes. */
  readonly index: LogIndex;
}

export class RangeLocks {
  readonly #locks: Map<LockId, RangeLock>;

  constructor(locks = new Map<LockId, RangeLock>()) {
    this.#locks = locks;
  }

  clone(): RangeLocks {
    return new RangeLocks(new Map(this.#locks));
  }

  get size(): number {
    return this.#locks.size;
  }

  ids(): readonly LockId[] {
    return [...this.#locks.keys()];
  }

  indexOf(lock: LockId): LogIndex | undefined {
    return this.#locks.get(lock)?.index;
  }

  /** Adds a lock. Copies the bounds, because they are views of a larger message. */
  add({ lock, shards, from, to }: LockRange, index: LogIndex): void {
    this.#locks.set(lock, { shards, from: from && keyTextOf(from), to: to && keyTextOf(to), index });
  }

  /** @returns the index of the entry with which the lock began; undefined if the lock does not exist */
  release(lock: LockId): LogIndex | undefined {
    const index = this.indexOf(lock);
    this.#locks.delete(lock);
    return index;
  }

  /** Ends the locks of a shard that leaves the order. */
  breakWithin(range: SlotRange): void {
    for (const [id, { shards }] of this.#locks) {
      if (shards.some((shard) => overlap(shard, range))) this.#locks.delete(id);
    }
  }

  blocks(slot: Slot, key: Uint8Array): boolean {
    if (this.#locks.size === 0) return false;
    const text = keyTextOf(key);
    for (const { shards, from, to } of this.#locks.values()) {
      const isInRange = (from === undefined || text >= from) && (to === undefined || text < to);
      if (isInRange && shards.some((shard) => isWithin(slot, shard))) return true;
    }
    return false;
  }

  /** Yields the locks, sorted by id. */
  *items(): Generator<StateRangeLock> {
    const sorted = [...this.#locks].toSorted(([one], [other]) => (one < other ? -1 : 1));
    for (const [lock, { shards, from, to, index }] of sorted) {
      yield { kind: 'range-lock', lock, shards, from: boundOf(from), to: boundOf(to), index };
    }
  }

  hash(): Hash {
    const digest = new SetDigest();
    for (const [lock, { shards, from, to, index }] of this.#locks) {
      let hash = feedNumbers(feedText(EMPTY_HASH, lock), index, shards.length);
      for (const { first, last, epoch } of shards) hash = feedNumbers(hash, first, last, epoch);
      for (const bound of [from, to]) hash = feedText(feedNumbers(hash, bound?.length ?? 0), bound ?? '');
      digest.add(hash);
    }
    return digest.hash;
  }
}

function boundOf(key: KeyText | undefined): Uint8Array | undefined {
  return key === undefined ? undefined : keyBytesOf(key);
}
