/** Which order serves which slot, as one configuration has it: looked up for every call, so in the order of slots. */
import type { Configuration, Shard } from '../wire/configuration/configuration.ts';
import type { OrderId, Slot } from '../wire/identifiers.ts';

export interface RingPlace {
  readonly order: OrderId;
  readonly shard: Shard;
}

export class Ring {
  readonly #places: readonly RingPlace[];

  constructor({ orders }: Configuration) {
    const places = orders.flatMap(({ id, shards }) => shards.map((shard) => ({ order: id, shard })));
    this.#places = places.toSorted((one, other) => one.shard.first - other.shard.first);
  }

  at(slot: Slot): RingPlace | undefined {
    let low = 0;
    let high = this.#places.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#places[middle]?.shard.first ?? 0) <= slot) low = middle;
      else high = middle - 1;
    }
    const place = this.#places[low];
    return place !== undefined && place.shard.first <= slot && slot <= place.shard.last ? place : undefined;
  }
}
