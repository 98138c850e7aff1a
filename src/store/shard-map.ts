import { assert } from '../wire/assertion.ts';
import type { ShardRange } from '../wire/configuration/configuration.ts';
import { asSlot, type LogIndex, type Slot } from '../wire/identifiers.ts';

/** The slots `[first, last]`, both included. */
export type SlotRange = Pick<ShardRange, 'first' | 'last'>;

/** Slots that came with one entry. */
export interface Origin extends SlotRange {
  /** Of that entry, 0: at the order's birth. */
  readonly since: LogIndex;
  /**
   * Of the latest entry before that one which sent sessions away along with other slots, 0: none. Whoever was opened
   * here later was known nowhere else when these came, and so cannot have written into them.
   */
  readonly closedThrough: LogIndex;
}

/** A shard that is served here. */
export interface ServedShard extends ShardRange {
  /** In the order of their slots, which are those of the shard and maybe more. */
  readonly origins: readonly Origin[];
}

/** A shard that came with one entry. */
export function servedSince(shard: ShardRange, since: LogIndex, closedThrough: LogIndex): ServedShard {
  const { first, last } = shard;
  return { ...shard, origins: [{ first, last, since, closedThrough }] };
}

/** Of what lies in both; neighbours that came with the same entry are one. */
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

/** Where a slot of the shard comes from. */
export function originAt({ origins }: ServedShard, slot: Slot): Origin {
  const origin = origins.find((one) => isWithin(slot, one));
  assert(origin !== undefined, 'every slot that is served came with an entry');
  return origin;
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

/** Shards of which no two share a slot. Immutable. */
export class ShardMap<Shard extends ShardRange = ServedShard> {
  /** In the order of their slots. */
  readonly shards: readonly Shard[];

  constructor(shards: readonly Shard[]) {
    this.shards = shards.toSorted((left, right) => left.first - right.first);
  }

  /** The shard that the slot lies in. */
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

  /** The shards that the slots lie in, if each lies in one. */
  covering(range: SlotRange): readonly Shard[] | undefined {
    const shards = this.overlapping(range);
    let next: number = range.first;
    for (const { first, last } of shards) {
      if (first > next) return undefined;
      next = last + 1;
    }
    return next > range.last ? shards : undefined;
  }

  /** @param shard of which no slot is here */
  with(shard: Shard): ShardMap<Shard> {
    return new ShardMap([...this.shards, shard]);
  }

  /** What remains of a shard beside the range stays as it is. */
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
