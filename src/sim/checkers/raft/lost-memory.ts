/**
 * Which radiants have lost their memory, by order. A loss counts in the orders in which the radiant had flushed
 * something: there it may have promised what it no longer knows. In an order that it enters later, it has promised
 * nothing before.
 */
import type { OrderId, RadiantId } from '../../../wire/identifiers.ts';

export class LostMemory {
  /** By radiant: the orders in which any boot of the radiant has flushed a record. */
  readonly #flushedIn = new Map<RadiantId, Set<OrderId>>();
  /** By radiant that lost its memory: by order, how it was lost. */
  readonly #losses = new Map<RadiantId, ReadonlyMap<OrderId, string>>();

  flushes(radiant: RadiantId, order: OrderId): void {
    const orders = this.#flushedIn.get(radiant);
    if (orders === undefined) this.#flushedIn.set(radiant, new Set([order]));
    else orders.add(order);
  }

  /** Records that the radiant's disk was wiped, damaged or rolled back. */
  loses(radiant: RadiantId, how: string): void {
    const lost = new Map(this.#losses.get(radiant));
    for (const order of this.#flushedIn.get(radiant) ?? []) lost.set(order, how);
    this.#losses.set(radiant, lost);
  }

  /** How the radiant lost its memory of the order. Undefined: the radiant knows everything that it promised there. */
  lossIn(order: OrderId, radiant: RadiantId): string | undefined {
    return this.#losses.get(radiant)?.get(order);
  }

  ordersLostBy(radiant: RadiantId): readonly OrderId[] {
    return [...(this.#losses.get(radiant)?.keys() ?? [])];
  }
}
