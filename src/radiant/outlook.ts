/** What this radiant can tell of an order: who leads it, who of it can be reached, and whether they can decide. */
import { majority, memberOfRadiant } from '../cluster/configuration.ts';
import type { Order } from '../wire/configuration.ts';
import type { Membership } from '../wire/frame.ts';
import type { OrderId, RadiantId } from '../wire/identifiers.ts';
import { shortId } from '../wire/identifiers.ts';
import type { MemberView, OrderView } from './contract.ts';
import type { Group } from './group.ts';
import type { Peers } from './peers.ts';
import type { Self } from './self.ts';

export class Outlook {
  readonly #self: Self;
  readonly #peers: Peers;
  readonly #groups: ReadonlyMap<OrderId, Group>;
  /** Whom a refusal named, for radiants that hear no member themselves. */
  readonly #hints = new Map<OrderId, RadiantId>();

  constructor(self: Self, peers: Peers, groups: ReadonlyMap<OrderId, Group>) {
    this.#self = self;
    this.#peers = peers;
    this.#groups = groups;
  }

  /** Who leads the order and can be reached, as far as is known here. */
  herald(order: Order): RadiantId | undefined {
    const own = this.#groups.get(order.id)?.leader();
    if (own !== undefined && this.isReachable(own)) return own;
    const heard = this.#heardHerald(order);
    if (heard !== undefined) return heard;
    const hint = this.#hints.get(order.id);
    return hint !== undefined && this.isReachable(hint) ? hint : undefined;
  }

  /** A radiant to ask when nothing of the order has been heard: a member that a neighbour can reach. */
  anyMember(order: Order): RadiantId | undefined {
    const isHeard = order.firstVoters.some(
      ({ radiant }) => radiant === this.#self.radiant || this.#peers.isLive(radiant),
    );
    return isHeard ? undefined : order.firstVoters.find(({ radiant }) => this.isReachable(radiant))?.radiant;
  }

  /** @returns whether that is news */
  noteHint(order: Order, herald: RadiantId): boolean {
    if (memberOfRadiant(order, herald) === undefined || this.#hints.get(order.id) === herald) return false;
    this.#hints.set(order.id, herald);
    return true;
  }

  isReachable(radiant: RadiantId): boolean {
    return radiant === this.#self.radiant || this.#peers.isReachable(radiant);
  }

  /** Says who is missing where no majority of an order's voters can be reached. */
  missingQuorum({ firstVoters }: Pick<Order, 'firstVoters'>): string | undefined {
    const missing = firstVoters.filter(({ radiant }) => !this.isReachable(radiant));
    const present = firstVoters.length - missing.length;
    const needed = majority(firstVoters.length);
    if (present >= needed) return undefined;
    const names = missing.map(({ radiant }) => shortId(radiant)).join(', ');
    return `${present} of ${firstVoters.length} voters can be reached, ${needed} are needed; missing: ${names}. Open their tabs again`;
  }

  view(order: Order): OrderView {
    const members = order.firstVoters.map((member): MemberView => {
      const { radiant, replica, device } = member;
      const reachable = this.isReachable(radiant);
      return { radiant, replica, device, role: this.#membershipOf(order, radiant)?.role, reachable };
    });
    return {
      order: order.id,
      herald: this.herald(order),
      members,
      replica: this.#groups.get(order.id)?.view(),
      reachableDevices: new Set(members.filter(({ reachable }) => reachable).map(({ device }) => device)).size,
      quorumReachable: this.missingQuorum(order) === undefined,
    };
  }

  /** The claim of the latest era counts; among those, the word of the herald itself. */
  #heardHerald(order: Order): RadiantId | undefined {
    let best: { readonly leader: RadiantId; readonly rank: number } | undefined;
    for (const { radiant } of order.firstVoters) {
      if (!this.#peers.isLive(radiant)) continue;
      const claim = this.#membershipOf(order, radiant);
      const leader = order.firstVoters.find(({ replica }) => replica === claim?.leader)?.radiant;
      if (claim === undefined || leader === undefined || !this.isReachable(leader)) continue;
      const rank = claim.now.era * 2 + (claim.role === 'leader' ? 1 : 0);
      if (best === undefined || rank > best.rank) best = { leader, rank };
    }
    return best?.leader;
  }

  #membershipOf(order: Order, radiant: RadiantId): Membership | undefined {
    if (radiant === this.#self.radiant) return this.#groups.get(order.id)?.membership();
    const peer = this.#peers.peer(radiant);
    if (peer === undefined || peer.behind || peer.departed) return undefined;
    return peer.presence?.memberships.find(({ group }) => group === order.id);
  }
}
