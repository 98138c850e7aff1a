import type { MemberList, Membership } from '../../wire/frames/frame.ts';
import type { OrderId, RadiantId } from '../../wire/identifiers.ts';
import type { ReplicaView } from '../contract.ts';

/** The readable part of a replica. */
export interface ReplicaSummary {
  /** Undefined if no leader is known, or if the replica has stopped. */
  leader(): RadiantId | undefined;
  /** The members of the order as of the applied log. */
  memberList(): MemberList;
  membership(): Membership;
  view(): ReplicaView;
}

/** The replicas of this radiant by order, read-only. It exists before its first replica. */
export type ReplicaDirectory = ReadonlyMap<OrderId, ReplicaSummary>;
