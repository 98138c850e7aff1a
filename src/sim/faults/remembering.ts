/** Which radiants may lose their memory: every membership that decides now, or may soon, keeps a majority that remembers. */
import { numberOfOrders } from '../../cluster/formation.ts';
import type { OrderHistory } from '../checkers/raft/order-history.ts';
import type { RaftSafety } from '../checkers/raft/raft-safety.ts';
import type { OrderId, RadiantId } from '../../wire/identifiers.ts';
import type { RaftMembership } from '../../wire/raft/message.ts';
import type { World } from '../world/world.ts';

type Voters = readonly RadiantId[];

export class Remembering {
  readonly #world: World;
  /** Undefined: the algorithm's log cannot be read. The members that radiants report stand in for it. */
  readonly #safety: RaftSafety | undefined;

  constructor(world: World, safety: RaftSafety | undefined) {
    this.#world = world;
    this.#safety = safety;
  }

  /** Whether every order keeps a majority that remembers if this radiant loses its memory, too. */
  mayForget(radiant: RadiantId, forgotten: ReadonlySet<RadiantId>): boolean {
    // A leave shrinks a membership before the cluster notices the loss.
    if (this.#isBirthDue() || this.#isLeaving()) return false;
    const lost = new Set([...forgotten, radiant]);
    const targets = (this.#world.configuration()?.orders ?? []).map(({ members }) => members.voters);
    const halves = [
      ...this.#halves((history) => history.membershipsInForce((one) => lost.has(one))),
      ...targets.map((voters) => voters.map((voter) => voter.radiant)),
    ];
    return halves.every((voters) => {
      return !voters.includes(radiant) || 2 * voters.filter((voter) => lost.has(voter)).length < voters.length;
    });
  }

  /** Every radiant that votes now. */
  voters(): ReadonlySet<RadiantId> {
    return new Set(this.#halves(({ memberships }) => [memberships.latest]).flat());
  }

  #isLeaving(): boolean {
    return this.#world.radiants().some((radiant) => radiant.view().leaving?.kind === 'asking');
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

  /** Voters of the memberships of each order. A joint membership has two halves. */
  #halves(membershipsOf: (history: OrderHistory) => readonly RaftMembership[]): readonly Voters[] {
    const views = this.#world.radiants().flatMap((radiant) => {
      const { orders, bondsmith } = radiant.view();
      return bondsmith === undefined ? orders : [...orders, bondsmith];
    });
    const orders = [...new Set(views.map(({ order }) => order))];
    return orders.flatMap((order) => {
      const history = this.#historyOf(order);
      if (history !== undefined) return membershipsOf(history).flatMap((membership) => halvesOf(membership, history));
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
