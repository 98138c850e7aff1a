/** Estimates whether members of an order are present. */
import type { OrderId } from '../../wire/identifiers.ts';
import type { RosterMember } from '../../wire/configuration/roster.ts';
import type { KnownMembers } from './known-members.ts';
import type { ClusterTopology } from './cluster-topology.ts';
import type { Peers } from './peers.ts';
import type { RetiredIdentities } from './retired-identities.ts';
import type { Identity } from '../identity.ts';

/** A `gone` member said goodbye, or its device reported that its data is lost. */
export type MemberPresence = 'here' | 'silent' | 'gone';

interface MemberLivenessOptions {
  readonly identity: Identity;
  readonly peers: Peers;
  readonly members: KnownMembers;
  readonly topology: ClusterTopology;
  readonly retired: RetiredIdentities;
}

export class MemberLiveness {
  readonly #options: MemberLivenessOptions;

  constructor(options: MemberLivenessOptions) {
    this.#options = options;
  }

  /**
   * Whether the member is present. A radiant that does not run the replica, or has lost data, is absent as a member
   * even if it is heard.
   */
  #isHere(order: OrderId, { radiant, replica }: RosterMember): boolean {
    const { identity, members, topology, peers } = this.#options;
    if (radiant === identity.radiant) return true;
    if (!topology.isReachable(radiant) || peers.peer(radiant)?.behind === true) return false;
    return members.takesPart(radiant, order, replica);
  }

  of(order: OrderId, member: RosterMember): MemberPresence {
    const { peers, retired } = this.#options;
    if (this.#isHere(order, member)) return 'here';
    return retired.has(member.radiant) || peers.peer(member.radiant)?.departed === true ? 'gone' : 'silent';
  }
}
