import type { SlotRange } from '../store/shard-map.ts';
import type { Configuration, Shard, ShardRange } from '../wire/configuration/configuration.ts';
import { asSlot, type OrderId, type Slot } from '../wire/identifiers.ts';

export interface ServedShard {
  readonly order: OrderId;
  readonly shard: Shard;
}

/** The shards of one configuration, sorted by slot, with the order that serves each. */
export class ServedShards {
  readonly #shards: readonly ServedShard[];

  constructor({ orders }: Configuration) {
    const served = orders.flatMap(({ id, shards }) => shards.map((shard) => ({ order: id, shard })));
    this.#shards = served.toSorted((one, other) => one.shard.first - other.shard.first);
  }

  within(order: OrderId, slots: readonly SlotRange[]): readonly ShardRange[] {
    const served = this.#shards.filter((one) => one.order === order);
    return slots.flatMap(({ first, last }) =>
      served
        .filter(({ shard }) => shard.first <= last && first <= shard.last)
        .map(({ shard }) => ({
          first: asSlot(Math.max(first, shard.first)),
          last: asSlot(Math.min(last, shard.last)),
          epoch: shard.epoch,
        })),
    );
  }

  at(slot: Slot): ServedShard | undefined {
    let low = 0;
    let high = this.#shards.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#shards[middle]?.shard.first ?? 0) <= slot) low = middle;
      else high = middle - 1;
    }
    const served = this.#shards[low];
    return served !== undefined && served.shard.first <= slot && slot <= served.shard.last ? served : undefined;
  }
}
