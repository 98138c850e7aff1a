import type { MemberList, Membership } from '../../wire/frames/frame.ts';
import type { OrderId, RadiantId } from '../../wire/identifiers.ts';
import type { ReplicaView } from '../contract.ts';

/** What the rest of the radiant reads of one of its replicas. */
export interface ReplicaSummary {
  /** Undefined: no leader is known, or the replica has stopped. */
  leader(): RadiantId | undefined;
  /** The members of the order as of the applied log. */
  memberList(): MemberList;
  membership(): Membership;
  view(): ReplicaView;
}

/** The replicas of this radiant by order, for reading. It exists before the first replica opens. */
export type ReplicaDirectory = ReadonlyMap<OrderId, ReplicaSummary>;
