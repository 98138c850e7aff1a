import type { OrderMember } from './configuration.ts';
import type { ReplicaId } from './identifiers.ts';

/** Who belongs to an order, as the wishes in its log have it: part of its replicated state. */
export interface Roster {
  /** Of the latest wish; 0: that of the order's birth. */
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
  /** `no-more`: it may take part still, until the wish is reached. */
  readonly wanted: 'voter' | 'learner' | 'no-more';
}
