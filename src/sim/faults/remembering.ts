/** Who may forget: an order keeps a majority that remembers, of all who decide in it now or may soon. */
import { numberOfOrders } from '../../cluster/formation.ts';
import type { RaftSafety } from '../checkers/raft/raft-safety.ts';
import type { OrderId, RadiantId } from '../../wire/identifiers.ts';
import type { World } from '../world/world.ts';

export class Remembering {
  readonly #world: World;
  /** Undefined: the algorithm's log cannot be read. What radiants say themselves stands in for it. */
  readonly #safety: RaftSafety | undefined;

  constructor(world: World, safety: RaftSafety | undefined) {
    this.#world = world;
    this.#safety = safety;
  }

  /** Whether all that must decide could, when this radiant forgets too. */
  mayForget(radiant: RadiantId, forgotten: ReadonlySet<RadiantId>): boolean {
    if (this.#isBirthDue()) return false;
    return this.#halves().every((voters) => {
      if (!voters.includes(radiant)) return true;
      const lost = voters.filter((voter) => forgotten.has(voter)).length;
      return 2 * (lost + 1) < voters.length;
    });
  }

  /** Everyone who votes now. */
  voters(): ReadonlySet<RadiantId> {
    return new Set(this.#inForce().flat());
  }

  /** Whether an order is missing that would have one voter. Any radiant may become that voter. */
  #isBirthDue(): boolean {
    const configuration = this.#world.configuration();
    if (configuration === undefined) return false;
    const members = this.#world.hosts.filter(({ isMember }) => isMember).length;
    const orders = numberOfOrders(members, configuration.replicationFactor, configuration.wantedOrders);
    const seats = Math.min(configuration.replicationFactor, members / orders);
    return configuration.orders.length < orders && seats < 3;
  }

  #halves(): readonly (readonly RadiantId[])[] {
    const targets = this.#world.configuration()?.orders ?? [];
    return [...this.#inForce(), ...targets.map(({ members }) => members.voters.map(({ radiant }) => radiant))];
  }

  #inForce(): readonly (readonly RadiantId[])[] {
    const views = this.#world.radiants().flatMap((radiant) => {
      const { orders, bondsmith } = radiant.view();
      return bondsmith === undefined ? orders : [...orders, bondsmith];
    });
    const orders = [...new Set(views.map(({ order }) => order))];
    return orders.flatMap((order) => {
      const known = this.#decided(order);
      if (known !== undefined) return known;
      const told = views.filter((view) => view.order === order).map(({ members }) => members);
      return told.map((members) => members.map(({ radiant }) => radiant));
    });
  }

  #decided(order: OrderId): readonly (readonly RadiantId[])[] | undefined {
    const history = this.#safety?.history(order);
    if (history === undefined) return undefined;
    const { voters, outgoingVoters } = history.memberships.latest;
    return [voters, outgoingVoters].map((half) => half.flatMap((replica) => history.radiantOf(replica) ?? []));
  }
}
