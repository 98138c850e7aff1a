/** Where a radiant and its orders stand in their lifecycles, over all boots that one host gives it. */
import type { OrderId } from '../wire/identifiers.ts';
import {
  type Lifecycle,
  type OrderLifecycle,
  orderLifecycle,
  type RadiantLifecycle,
  radiantLifecycle,
  type TransitionListener,
} from './lifecycle.ts';

export class Lifecycles {
  readonly radiant: Lifecycle<RadiantLifecycle>;
  readonly #told: TransitionListener;
  readonly #orders = new Map<OrderId, Lifecycle<OrderLifecycle>>();

  /** @param told of every transition, once it has happened */
  constructor(told: TransitionListener = () => {}) {
    this.#told = told;
    this.radiant = radiantLifecycle(told);
  }

  /** A boot begins: the first one, or one after what broke before was let go. */
  begin(): void {
    if (this.radiant.state === 'reset') this.radiant.enter('unassociated');
  }

  /** Of a replica that is to begin: where its birth or an earlier boot of this host left it, else at its bootstrap. */
  ofOrder(order: OrderId): Lifecycle<OrderLifecycle> {
    const known = this.#orders.get(order);
    if (known?.state === 'reset' || known?.state === 'bootstrap') return known;
    const lifecycle = orderLifecycle(this.#told);
    this.#orders.set(order, lifecycle);
    return lifecycle;
  }

  /** The replica is out of its order for good. */
  forget(order: OrderId): void {
    this.#orders.delete(order);
  }

  /** The boot broke, or no other one could begin, and with it all its orders. */
  fail(): void {
    for (const lifecycle of this.#all()) if (lifecycle.state !== 'error') lifecycle.enter('error');
  }

  /** What broke is let go: another boot is to follow. */
  reset(): void {
    for (const lifecycle of this.#all()) if (lifecycle.state === 'error') lifecycle.enter('reset');
  }

  #all(): readonly (Lifecycle<RadiantLifecycle> | Lifecycle<OrderLifecycle>)[] {
    return [this.radiant, ...this.#orders.values()];
  }
}
