/**
 * The lifecycles of a radiant and of an order (design, "Words"): which state may
 * follow which. A transition that the tables do not hold is a bug, and throws.
 */
import { assert } from '../wire/assertion.ts';
import type { OrderId } from '../wire/identifiers.ts';

/** *Locked*: serving is paused for a reconfiguration. *Reset*: what broke is let go, to begin anew. */
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

/** What one thing has gone through. */
export type Transition =
  | { readonly of: 'radiant'; readonly from: RadiantLifecycle; readonly to: RadiantLifecycle }
  | { readonly of: 'order'; readonly from: OrderLifecycle; readonly to: OrderLifecycle };

type TransitionListener = (transition: Transition) => void;

/** One thing's place in its lifecycle. */
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

  /** @throws {InvariantError} `INVARIANT_BROKEN` where the table has no such transition */
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
