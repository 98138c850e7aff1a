/**
 * Decides which radiants may lose their memory. Every membership that can decide now, or soon, keeps a majority of
 * voters with their memory.
 */
import { numberOfOrders } from '../../cluster/formation.ts';
import type { OrderHistory } from '../checkers/raft/order-history.ts';
import type { RaftSafety } from '../checkers/raft/raft-safety.ts';
import type { OrderId, RadiantId } from '../../wire/identifiers.ts';
import type { RaftMembership } from '../../wire/raft/message.ts';
import type { World } from '../world/world.ts';

type Voters = readonly RadiantId[];

export class Remembering {
  readonly #world: World;
  /**
   * The histories of the orders' logs. Undefined: the checkers cannot read the algorithm's log, so the members that
   * radiants report are used.
   */
  readonly #safety: RaftSafety | undefined;

  constructor(world: World, safety: RaftSafety | undefined) {
    this.#world = world;
    this.#safety = safety;
  }

  /**
   * Whether every order keeps a majority with its memory if this radiant loses its memory, too. `forgotten` lists the
   * earlier losses.
   */
  mayForget(radiant: RadiantId, forgotten: ReadonlySet<RadiantId>): boolean {
    // A leave can shrink a membership before the cluster notices the loss.
    if (this.#isBirthDue() || this.#isLeaving()) return false;
    const lost = new Set([...forgotten, radiant]);
    const targets = (this.#world.configuration()?.orders ?? []).map(({ members }) => members.voters);
    const halves = [
      ...this.#halves((history, order) =>
        history.membershipsInForce((one) => one === radiant || this.#safety?.hasLostMemory(order, one) === true),
      ),
      ...targets.map((voters) => voters.map((voter) => voter.radiant)),
    ];
    return halves.every((voters) => {
      return !voters.includes(radiant) || 2 * voters.filter((voter) => lost.has(voter)).length < voters.length;
    });
  }

  voters(): ReadonlySet<RadiantId> {
    return new Set(this.#halves(({ memberships }) => [memberships.latest]).flat());
  }

  #isLeaving(): boolean {
    return this.#world.radiants().some((radiant) => radiant.view().leaving?.kind === 'asking');
  }

  /** Whether the cluster is about to create an order with one voter. Any radiant may become that voter. */
  #isBirthDue(): boolean {
    const configuration = this.#world.configuration();
    if (configuration === undefined) return false;
    const members = this.#world.hosts.filter(({ isMember }) => isMember).length;
    const orders = numberOfOrders(members, configuration.replicationFactor, configuration.wantedOrders);
    const seats = Math.min(configuration.replicationFactor, members / orders);
    return configuration.orders.length < orders && seats < 3;
  }

  /** The voters of each order's memberships. A joint membership yields its two halves. */
  #halves(membershipsOf: (history: OrderHistory, order: OrderId) => readonly RaftMembership[]): readonly Voters[] {
    const views = this.#world.radiants().flatMap((radiant) => {
      const { orders, bondsmith } = radiant.view();
      return bondsmith === undefined ? orders : [...orders, bondsmith];
    });
    const orders = [...new Set(views.map(({ order }) => order))];
    return orders.flatMap((order) => {
      const history = this.#historyOf(order);
      if (history !== undefined)
        return membershipsOf(history, order).flatMap((membership) => halvesOf(membership, history));
      const told = views.filter((view) => view.order === order).map(({ members }) => members);
      return told.map((members) => members.map(({ radiant }) => radiant));
    });
  }

  #historyOf(order: OrderId): OrderHistory | undefined {
    return this.#safety?.history(order);
  }
}

function halvesOf({ voters, outgoingVoters }: RaftMembership, history: OrderHistory): readonly Voters[] {
  return [voters, outgoingVoters].map((half) => half.flatMap((replica) => history.radiantOf(replica) ?? []));
}
