import type { ShardRange } from '../wire/configuration.ts';
import type { Slot } from '../wire/identifiers.ts';
import { EMPTY_HASH, feedNumbers, type Hash } from './hash.ts';

/** Which slots a state owns, and at which epoch. Immutable. */
export class ShardMap {
  /** In the order of their slots. */
  readonly shards: readonly ShardRange[];

  /** @param shards of which no two share a slot */
  constructor(shards: readonly ShardRange[]) {
    this.shards = shards.toSorted((left, right) => left.first - right.first);
  }

  /** The epoch at which the slot is owned; undefined: it is not. */
  epochOf(slot: Slot): number | undefined {
    let low = 0;
    let high = this.shards.length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const shard = this.shards[middle];
      if (shard === undefined) return undefined;
      if (slot < shard.first) high = middle - 1;
      else if (slot > shard.last) low = middle + 1;
      else return shard.epoch;
    }
    return undefined;
  }

  hash(): Hash {
    return this.shards.reduce((hash, { first, last, epoch }) => feedNumbers(hash, first, last, epoch), EMPTY_HASH);
  }
}
