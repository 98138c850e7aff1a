import type { MemberList, Membership } from '../../wire/frames/frame.ts';
import type { OrderId, RadiantId } from '../../wire/identifiers.ts';
import type { ReplicaView } from '../contract.ts';

/** The readable part of a replica. */
export interface ReplicaSummary {
  /** Returns undefined if no leader is known, or if the replica has stopped. */
  leader(): RadiantId | undefined;
  /** Returns the members of the order as of the applied log. */
  memberList(): MemberList;
  membership(): Membership;
  view(): ReplicaView;
}

/** The replicas of this radiant by order, read-only. Components can use the map before the first replica exists. */
export type ReplicaDirectory = ReadonlyMap<OrderId, ReplicaSummary>;
