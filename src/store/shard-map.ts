import type { ShardRange } from '../wire/configuration/configuration.ts';
import { InvariantError } from '../wire/errors.ts';
import { asSlot, type LogIndex, type Slot } from '../wire/identifiers.ts';

/** The slots `[first, last]`, both included. */
export type SlotRange = Pick<ShardRange, 'first' | 'last'>;

/** A range of slots that this order received with one log entry. */
export interface Origin extends SlotRange {
  /** Index of the entry with which the slots arrived. 0 for the order's creation. */
  readonly since: LogIndex;
  /**
   * Index of the latest freeze in this order before these slots arrived. 0 if no such freeze exists. A freeze copies
   * the sessions of this order for other orders. A session that was opened after that freeze was known only here when
   * the slots arrived, so it cannot have written to the slots elsewhere.
   */
  readonly closedThrough: LogIndex;
}

export interface ServedShard extends ShardRange {
  /** Origins, sorted by slot. They cover the slots of the shard and possibly more. */
  readonly origins: readonly Origin[];
}

/** Returns a served shard whose slots all arrived with the log entry at `since`. */
export function servedSince(shard: ShardRange, since: LogIndex, closedThrough: LogIndex): ServedShard {
  const { first, last } = shard;
  return { ...shard, origins: [{ first, last, since, closedThrough }] };
}

/**
 * The origins of the slots that are in both the range and the shards. Adjacent slots that arrived with the same entry
 * share one origin.
 */
export function originsWithin(range: SlotRange, shards: readonly ServedShard[]): readonly Origin[] {
  const found: Origin[] = [];
  for (const origin of shards.flatMap((shard) => clipped(clipped(shard.origins, shard), range))) {
    const before = found.at(-1);
    if (before?.since === origin.since && before.last + 1 === origin.first) {
      found.splice(-1, 1, { ...before, last: origin.last });
    } else found.push(origin);
  }
  return found;
}

export function originAt({ origins }: ServedShard, slot: Slot): Origin {
  for (const origin of origins) if (isWithin(slot, origin)) return origin;
  throw new InvariantError('every served slot has an origin');
}

function clipped(origins: readonly Origin[], range: SlotRange): readonly Origin[] {
  return origins
    .filter((origin) => overlap(origin, range))
    .map((origin) => {
      const first = asSlot(Math.max(origin.first, range.first));
      const last = asSlot(Math.min(origin.last, range.last));
      return { ...origin, first, last };
    });
}

/** An immutable set of shards that do not overlap. */
export class ShardMap<Shard extends ShardRange = ServedShard> {
  /** The shards, sorted by slot. */
  readonly shards: readonly Shard[];

  constructor(shards: readonly Shard[]) {
    this.shards = shards.toSorted((left, right) => left.first - right.first);
  }

  find(slot: Slot): Shard | undefined {
    let low = 0;
    let high = this.shards.length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const shard = this.shards[middle];
      if (shard === undefined) return undefined;
      if (slot < shard.first) high = middle - 1;
      else if (slot > shard.last) low = middle + 1;
      else return shard;
    }
    return undefined;
  }

  overlapping(range: SlotRange): readonly Shard[] {
    return this.shards.filter((shard) => overlap(shard, range));
  }

  /** The shards that together contain the range. Undefined if a slot of the range is in no shard. */
  covering(range: SlotRange): readonly Shard[] | undefined {
    const shards = this.overlapping(range);
    let next: number = range.first;
    for (const { first, last } of shards) {
      if (first > next) return undefined;
      next = last + 1;
    }
    return next > range.last ? shards : undefined;
  }

  /** @param shard a shard that has no slot in common with the map */
  with(shard: Shard): ShardMap<Shard> {
    return new ShardMap([...this.shards, shard]);
  }

  /** Returns the map without the slots of the range. The remainders of shards stay. */
  without(range: SlotRange): ShardMap<Shard> {
    return new ShardMap(this.shards.flatMap((shard) => remainders(shard, range)));
  }
}

export function overlap(left: SlotRange, right: SlotRange): boolean {
  return left.first <= right.last && right.first <= left.last;
}

export function isWithin(slot: Slot, { first, last }: SlotRange): boolean {
  return first <= slot && slot <= last;
}

export function isSameShard(left: ShardRange, right: ShardRange): boolean {
  return left.first === right.first && left.last === right.last && left.epoch === right.epoch;
}

function remainders<Shard extends ShardRange>(shard: Shard, range: SlotRange): readonly Shard[] {
  if (!overlap(shard, range)) return [shard];
  const parts: Shard[] = [];
  if (shard.first < range.first) parts.push({ ...shard, last: asSlot(range.first - 1) });
  if (range.last < shard.last) parts.push({ ...shard, first: asSlot(range.last + 1) });
  return parts;
}
