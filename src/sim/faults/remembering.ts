/** Who may forget: an order keeps a majority that remembers, of all who decide in it now or may soon. */
import type { RaftSafety } from '../checkers/raft/raft-safety.ts';
import type { ProposedMembership } from '../drivers/membership-driver.ts';
import type { OrderId, RadiantId } from '../../wire/identifiers.ts';
import type { World } from '../world/world.ts';

export class Remembering {
  readonly #world: World;
  /** Undefined: the algorithm's log cannot be read. What radiants say themselves stands in for it. */
  readonly #safety: RaftSafety | undefined;
  /** Who may soon decide: the latest targets. */
  readonly #targets: () => readonly ProposedMembership[];
  /** Whether an order may be born at any moment in which anyone votes alone. */
  readonly #isBirthDue: () => boolean;

  constructor(
    world: World,
    safety: RaftSafety | undefined,
    targets: () => readonly ProposedMembership[],
    isBirthDue: () => boolean = () => false,
  ) {
    this.#world = world;
    this.#safety = safety;
    this.#targets = targets;
    this.#isBirthDue = isBirthDue;
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

  #halves(): readonly (readonly RadiantId[])[] {
    return [...this.#inForce(), ...this.#targets().map(({ voters }) => voters)];
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
