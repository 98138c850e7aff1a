import type { OrderMember, Participant } from './configuration.ts';
import type { ReplicaId } from '../identifiers.ts';

/** Who an order should consist of. One with a number that is not above all before it does nothing (design, rule 7). */
export interface TargetMembership {
  readonly number: number;
  /** At least one; nobody is in both lists. */
  readonly voters: readonly Participant[];
  readonly learners: readonly Participant[];
}

/** Who belongs to an order, as the targets in its log have it: part of its replicated state. */
export interface Roster {
  /** Of the latest target; 0: that of the order's birth. */
  readonly number: number;
  /** The membership has come to it: nobody else takes part any more. */
  readonly isReached: boolean;
  /** Given to the next one who joins. */
  readonly nextReplica: ReplicaId;
  /** The member that acknowledgements wait for, beside a sole voter; undefined: none. */
  readonly companion: ReplicaId | undefined;
  /** Ordered by replica id; each radiant once. */
  readonly members: readonly RosterMember[];
}

export interface RosterMember extends OrderMember {
  /** `no-more`: it may take part still, until the target is reached. */
  readonly wanted: 'voter' | 'learner' | 'no-more';
}
