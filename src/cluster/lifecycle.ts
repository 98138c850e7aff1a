/** The lifecycles of radiants and orders. A transition that the tables lack is a bug and throws. */
import { assert } from '../wire/assertion.ts';
import type { OrderId } from '../wire/identifiers.ts';

/**
 * `locked` pauses serving during a reconfiguration. `reset` means that the failed boot was released and another one may
 * begin.
 */
export type RadiantLifecycle = 'unassociated' | 'associated' | 'locked' | 'error' | 'reset';
export type OrderLifecycle = 'bootstrap' | 'reset' | 'locked' | 'active' | 'error';

type Transitions<State extends string> = { readonly [From in State]: readonly State[] };

export const RADIANT_TRANSITIONS: Transitions<RadiantLifecycle> = {
  unassociated: ['associated', 'error'],
  associated: ['locked', 'error'],
  locked: ['associated', 'error'],
  error: ['reset'],
  reset: ['unassociated', 'error'],
};

export const ORDER_TRANSITIONS: Transitions<OrderLifecycle> = {
  bootstrap: ['reset', 'error'],
  reset: ['locked', 'error'],
  locked: ['active', 'error'],
  active: ['locked', 'error'],
  error: ['reset'],
};

export type Transition =
  | { readonly of: 'radiant'; readonly from: RadiantLifecycle; readonly to: RadiantLifecycle }
  | { readonly of: 'order'; readonly from: OrderLifecycle; readonly to: OrderLifecycle };

type TransitionListener = (transition: Transition) => void;

export class Lifecycle<State extends string> {
  readonly #transitions: Transitions<State>;
  readonly #onEnter: (from: State, to: State) => void;
  #state: State;

  constructor(transitions: Transitions<State>, first: State, onEnter: (from: State, to: State) => void = () => {}) {
    this.#transitions = transitions;
    this.#onEnter = onEnter;
    this.#state = first;
  }

  get state(): State {
    return this.#state;
  }

  /** @throws {InvariantError} `INVARIANT_BROKEN` if the table has no such transition */
  enter(next: State): void {
    assert(this.#transitions[this.#state].includes(next), `no lifecycle leads from ${this.#state} to ${next}`);
    const from = this.#state;
    this.#state = next;
    this.#onEnter(from, next);
  }
}

export function radiantLifecycle(told: TransitionListener = () => {}): Lifecycle<RadiantLifecycle> {
  return new Lifecycle(RADIANT_TRANSITIONS, 'unassociated', (from, to) => told({ of: 'radiant', from, to }));
}

export function orderLifecycle(told: TransitionListener = () => {}): Lifecycle<OrderLifecycle> {
  return new Lifecycle(ORDER_TRANSITIONS, 'bootstrap', (from, to) => told({ of: 'order', from, to }));
}

export class Lifecycles {
  readonly radiant: Lifecycle<RadiantLifecycle>;
  readonly #told: TransitionListener;
  readonly #orders = new Map<OrderId, Lifecycle<OrderLifecycle>>();

  /** @param told called after every transition */
  constructor(told: TransitionListener = () => {}) {
    this.#told = told;
    this.radiant = radiantLifecycle(told);
  }

  begin(): void {
    if (this.radiant.state === 'reset') this.radiant.enter('unassociated');
  }

  /**
   * The lifecycle of a replica that begins. It continues from the order's birth or from an earlier boot of this host.
   */
  ofOrder(order: OrderId): Lifecycle<OrderLifecycle> {
    const known = this.#orders.get(order);
    if (known?.state === 'reset' || known?.state === 'bootstrap') return known;
    const lifecycle = orderLifecycle(this.#told);
    this.#orders.set(order, lifecycle);
    return lifecycle;
  }

  /** Removes the lifecycle of a replica that left its order for good. */
  forget(order: OrderId): void {
    this.#orders.delete(order);
  }

  /** Marks the boot and all its orders as failed. */
  fail(): void {
    for (const lifecycle of this.#all()) if (lifecycle.state !== 'error') lifecycle.enter('error');
  }

  /** Releases the failed boot, so that another one may begin. */
  reset(): void {
    for (const lifecycle of this.#all()) if (lifecycle.state === 'error') lifecycle.enter('reset');
  }

  #all(): readonly (Lifecycle<RadiantLifecycle> | Lifecycle<OrderLifecycle>)[] {
    return [this.radiant, ...this.#orders.values()];
  }
}
