/**
 * This radiant's knowledge of an order. It covers the herald, the reachable members, and whether they form a quorum.
 */
import { isOut, quorumGap, votes } from '../../cluster/member-list.ts';
import type { CreationRecord } from '../../wire/configuration/configuration.ts';
import type { ListedMember, Membership } from '../../wire/frames/frame.ts';
import type { OrderId, RadiantId } from '../../wire/identifiers.ts';
import type { ConfigurationHolder } from '../configuration-holder.ts';
import type { MemberView, OrderView } from '../contract.ts';
import type { KnownMembers } from './known-members.ts';
import { describeMissingVoters } from './missing-voters.ts';
import type { Peer, Peers } from './peers.ts';
import type { ReplicaDirectory } from './replica-directory.ts';
import type { RetiredIdentities } from './retired-identities.ts';
import type { Identity } from '../identity.ts';

export class ClusterTopology {
  readonly #identity: Identity;
  readonly #peers: Peers;
  readonly #configuration: Pick<ConfigurationHolder, 'group'>;
  readonly #members: KnownMembers;
  readonly #replicas: ReplicaDirectory;
  readonly #retired: RetiredIdentities;
  /** The herald of each order that a refusal named. Radiants that hear no member use it. */
  readonly #hints = new Map<OrderId, RadiantId>();

  constructor(
    identity: Identity,
    peers: Peers,
    configuration: Pick<ConfigurationHolder, 'group'>,
    members: KnownMembers,
    replicas: ReplicaDirectory,
    retired: RetiredIdentities,
  ) {
    this.#identity = identity;
    this.#peers = peers;
    this.#configuration = configuration;
    this.#members = members;
    this.#replicas = replicas;
    this.#retired = retired;
  }

  /** The reachable herald of the order, as far as is known. */
  herald(order: CreationRecord): RadiantId | undefined {
    const own = this.#replicas.get(order.id)?.leader();
    if (own !== undefined && this.isReachable(own)) return own;
    const heard = this.#heardHerald(order);
    if (heard !== undefined) return heard;
    const hint = this.#hints.get(order.id);
    return hint !== undefined && this.isReachable(hint) ? hint : undefined;
  }

  heraldOf(id: OrderId): RadiantId | undefined {
    const order = this.#configuration.group(id);
    return order === undefined ? undefined : this.herald(order);
  }

  /** A member to ask if no member is heard. A neighbour can reach this member. */
  anyMember(order: CreationRecord): RadiantId | undefined {
    const { members } = this.#members.of(order);
    const isHeard = members.some(({ radiant }) => radiant === this.#identity.radiant || this.#peers.isLive(radiant));
    return isHeard ? undefined : members.find(({ radiant }) => this.isReachable(radiant))?.radiant;
  }

  /**
   * Notes a herald that a refusal named.
   * @returns whether the hint is new
   */
  noteHint(order: CreationRecord, herald: RadiantId): boolean {
    if (this.#hints.get(order.id) === herald) return false;
    this.#hints.set(order.id, herald);
    return true;
  }

  isReachable(radiant: RadiantId): boolean {
    return radiant === this.#identity.radiant || this.#peers.isReachable(radiant);
  }

  /** Describes the missing voters and the remedy if no majority is reachable. */
  missingQuorum(order: CreationRecord): string | undefined {
    const gap = quorumGap(this.#members.of(order), (radiant) => this.isReachable(radiant));
    if (gap === undefined) return undefined;
    const { voters, missing } = gap;
    const { why, advice } = describeMissingVoters({
      voters,
      missing: missing.map(({ radiant }) => ({ radiant, isDataLost: this.#retired.has(radiant) })),
      isLinked: this.#peers.livePeers().length > 0,
    });
    return `${why} ${advice}`;
  }

  missingQuorumOf(id: OrderId): string | undefined {
    const order = this.#configuration.group(id);
    return order === undefined ? undefined : this.missingQuorum(order);
  }

  view(order: CreationRecord): OrderView {
    const members = this.#members
      .of(order)
      .members.filter((member) => votes(member) || member.learner || member.wanted)
      .map((member) => this.#memberView(order, member));
    const holders = members.filter(({ memberKind }) => memberKind !== 'joining');
    return {
      order: order.id,
      herald: this.herald(order),
      members,
      replica: this.#replicas.get(order.id)?.view(),
      reachableDevices: new Set(holders.filter(({ reachable }) => reachable).map(({ device }) => device)).size,
      quorumReachable: this.missingQuorum(order) === undefined,
    };
  }

  #memberView(order: CreationRecord, member: ListedMember): MemberView {
    const { radiant, replica, device } = member;
    const memberKind = votes(member) ? 'voter' : member.learner ? 'learner' : 'joining';
    const claim = this.#membershipOf(order, radiant);
    const role = claim?.replica === replica ? claim.role : undefined;
    const reachable = this.isReachable(radiant);
    return { radiant, replica, device, memberKind, role, reachable, isDataLost: this.#retired.has(radiant) };
  }

  /**
   * The herald by the claims of peers. The claim with the latest vote epoch has priority, and among equal ones the
   * herald's own.
   */
  #heardHerald(order: CreationRecord): RadiantId | undefined {
    const list = this.#members.of(order);
    let best: { readonly leader: RadiantId; readonly rank: number } | undefined;
    for (const peer of this.#peers.livePeers()) {
      const claim = claimOf(peer, order);
      if (claim?.leader === undefined || isOut(list, claim.replica)) continue;
      const leader = this.#members.radiantOf(order.id, claim.leader);
      if (leader === undefined || !this.isReachable(leader)) continue;
      const rank = claim.now.voteEpoch * 2 + (claim.role === 'leader' ? 1 : 0);
      if (best === undefined || rank > best.rank) best = { leader, rank };
    }
    return best?.leader;
  }

  #membershipOf(order: CreationRecord, radiant: RadiantId): Membership | undefined {
    if (radiant === this.#identity.radiant) return this.#replicas.get(order.id)?.membership();
    const peer = this.#peers.peer(radiant);
    return peer === undefined || peer.departed ? undefined : claimOf(peer, order);
  }
}

/** A peer's claim to run a replica of the order. A peer that has lost data has no claim. */
function claimOf(peer: Peer, order: CreationRecord): Membership | undefined {
  return peer.behind ? undefined : peer.presence?.memberships.find(({ group }) => group === order.id);
}
