import { assert } from '../wire/assertion.ts';
import type { Configuration, ConfigurationChange, Order, Participant } from '../wire/configuration/configuration.ts';
import type { OrderId, RadiantId } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
import { membersOf } from './configuration.ts';
import { changeBetween } from './configuration-change.ts';
import { type ClusterFacts, hasQuorum } from './cluster-facts.ts';
import { sorted, type WantedLists } from './voters.ts';

export class ConfigurationDraft {
  readonly #before: Configuration;
  readonly #facts: ClusterFacts;
  readonly #learners: ReadonlySet<RadiantId>;
  readonly #orders: Map<OrderId, Order>;
  /** Cache of `orders`. Undefined after a change. */
  #sorted: readonly Order[] | undefined;

  constructor(configuration: Configuration, facts: ClusterFacts) {
    this.#before = configuration;
    this.#facts = facts;
    this.#learners = new Set(
      configuration.orders.flatMap(({ members }) => members.learners.map(({ radiant }) => radiant)),
    );
    this.#orders = new Map(configuration.orders.map((order) => [order.id, order]));
  }

  /**
   * Whether the radiant was a learner of any order before this draft. A voter that this draft makes a learner does not
   * count. The former voter stays in its order for now, because it may hold the only other copy of the data.
   */
  wasLearner(radiant: RadiantId): boolean {
    return this.#learners.has(radiant);
  }

  get number(): number {
    return this.#before.number + 1;
  }

  /** The orders, sorted by id. Decisions therefore do not depend on the sequence of orders in the configuration. */
  get orders(): readonly Order[] {
    this.#sorted ??= [...this.#orders.values()].sort((one, other) => (one.id < other.id ? -1 : 1));
    return this.#sorted;
  }

  /** The orders with a quorum. An order without a quorum cannot change its members. */
  get able(): readonly Order[] {
    return this.orders.filter((order) => hasQuorum(this.#facts, order));
  }

  get isChanged(): boolean {
    const { orders, removed } = this.change();
    return orders.length + removed.length > 0;
  }

  order(id: OrderId): Order {
    const order = this.#orders.get(id);
    assert(order !== undefined, 'an order of the draft');
    return order;
  }

  setMembers(id: OrderId, { voters, learners }: WantedLists): void {
    const members = { number: this.number, voters: sorted(voters), learners: sorted(learners) };
    this.#put({ ...this.order(id), members });
  }

  withoutLearner(id: OrderId, radiant: RadiantId): void {
    const { voters, learners } = this.order(id).members;
    this.setMembers(id, { voters, learners: learners.filter((learner) => learner.radiant !== radiant) });
  }

  /**
   * Adds each participant as a learner of the order with the fewest members.
   * @returns false if all orders are full
   */
  addLearners(participants: readonly Participant[]): boolean {
    return sorted(participants).every((participant) => this.#addLearner(participant));
  }

  setOrders(orders: readonly Order[]): void {
    for (const order of orders) this.#put(order);
  }

  remove(id: OrderId): void {
    this.#orders.delete(id);
    this.#sorted = undefined;
  }

  change(): ConfigurationChange {
    return changeBetween(this.#before.orders, this.orders);
  }

  #put(order: Order): void {
    this.#orders.set(order.id, order);
    this.#sorted = undefined;
  }

  #addLearner(participant: Participant): boolean {
    const able = this.able;
    const [least] = (able.length > 0 ? able : this.orders)
      .filter((order) => membersOf(order).length < LIMITS.configuration.orderMembers)
      .map((order) => ({ order, rank: membersOf(order).length, uses: usesOf(order, participant) }))
      .sort((one, other) => one.rank - other.rank || one.uses - other.uses);
    if (least === undefined) return false;
    const { voters, learners } = least.order.members;
    this.setMembers(least.order.id, { voters, learners: [...learners, participant] });
    return true;
  }
}

function usesOf(order: Order, { device }: Participant): number {
  return membersOf(order).filter((member) => member.device === device).length;
}
