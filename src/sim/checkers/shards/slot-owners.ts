/**
 * The owner of every slot, from the decided entries of all orders. A slot has one owner at a time, and its epochs only
 * grow.
 */
import type { ShardRange } from '../../../wire/configuration/configuration.ts';
import { type OrderId, shortId, SLOT_COUNT } from '../../../wire/identifiers.ts';
import { check } from '../../violation.ts';
import { describeShard } from './shard-ledger.ts';

export class SlotOwners {
  readonly #owners: (OrderId | undefined)[] = Array.from({ length: SLOT_COUNT }, () => undefined);
  /** At position slot: the epoch at which the slot was served last. 0: never. */
  readonly #epochs = new Uint32Array(SLOT_COUNT);

  /** Records that an order starts to serve the slots, or joins two served shards into one. */
  begins(order: OrderId, shard: ShardRange): void {
    for (let slot: number = shard.first; slot <= shard.last; slot++) {
      const owner = this.#owners[slot];
      check(
        owner === undefined || owner === order,
        'a slot is served by one order at a time',
        () => `${shortId(order)} begins to serve ${describeShard(shard)}, and ${owner} serves slot ${slot} still`,
      );
      const epoch = this.#epochs[slot] ?? 0;
      check(
        shard.epoch > epoch,
        'epochs only grow',
        () => `${shortId(order)} serves slot ${slot} at epoch ${shard.epoch}; it was at ${epoch}`,
      );
      this.#owners[slot] = order;
      this.#epochs[slot] = shard.epoch;
    }
  }

  ends(order: OrderId, shard: ShardRange): void {
    for (let slot: number = shard.first; slot <= shard.last; slot++) {
      if (this.#owners[slot] === order) this.#owners[slot] = undefined;
    }
  }

  /** Checks that another order holds a discarded slot by a decided, and therefore durable, entry. */
  isForgotten(order: OrderId, shard: ShardRange): void {
    for (let slot: number = shard.first; slot <= shard.last; slot++) {
      const epoch = this.#epochs[slot] ?? 0;
      check(
        epoch >= shard.epoch,
        'a discarded shard is held by its new owner',
        () =>
          `${shortId(order)} discards ${describeShard(shard)}; nobody ever served slot ${slot} after epoch ${epoch}`,
      );
    }
  }

  countOf(order: OrderId): number {
    return this.#owners.reduce((count, owner) => (owner === order ? count + 1 : count), 0);
  }
}
