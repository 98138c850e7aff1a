import { asLogIndex, type LogIndex, type ReplicaId } from '../identifiers.ts';

/** What Raft's replicas say to each other (Ongaro's dissertation, figure 3.1 and chapters 3, 6 and 9). */
export type RaftMessageType =
  | 'pre-vote'
  | 'pre-vote-response'
  | 'vote'
  | 'vote-response'
  | 'append'
  | 'append-response'
  | 'heartbeat'
  | 'heartbeat-response'
  | 'read-index'
  | 'read-index-response'
  | 'propose'
  | 'snapshot'
  /** Asks the leader to hand its office to the sender. */
  | 'transfer-leader'
  /** Tells its receiver to stand for election at once. */
  | 'timeout-now';

/** One shape for all types, as on the wire; a field that a type does not use is 0, false or empty. */
export interface RaftMessage {
  readonly type: RaftMessageType;
  readonly from: ReplicaId;
  readonly to: ReplicaId;
  readonly term: number;
  readonly logTerm: number;
  readonly index: LogIndex;
  readonly commit: LogIndex;
  readonly reject: boolean;
  readonly rejectHint: LogIndex;
  readonly context: Uint8Array;
  readonly entries: readonly RaftEntry[];
  readonly snapshot: RaftSnapshot | undefined;
}

/** A message in which no field is used. */
export const EMPTY_RAFT_MESSAGE: Omit<RaftMessage, 'type' | 'from' | 'to'> = {
  term: 0,
  logTerm: 0,
  index: asLogIndex(0),
  commit: asLogIndex(0),
  reject: false,
  rejectHint: asLogIndex(0),
  context: new Uint8Array(0),
  entries: [],
  snapshot: undefined,
};

/** Everything up to a place in the log, in place of the entries. */
export interface RaftSnapshot {
  readonly index: LogIndex;
  readonly term: number;
  readonly membership: RaftMembership;
  /** Opaque to Raft: the state, or how to get it. */
  readonly payload: Uint8Array;
}

/**
 * Who takes part. All lists are sorted and free of duplicates; no voter of either half is a learner.
 */
export interface RaftMembership {
  readonly voters: readonly ReplicaId[];
  /** The old voters while the membership is joint, else empty. */
  readonly outgoingVoters: readonly ReplicaId[];
  readonly learners: readonly ReplicaId[];
  /** Outgoing voters that become learners when the joint membership is left. */
  readonly nextLearners: readonly ReplicaId[];
  /** The leader leaves the joint membership by itself. */
  readonly autoLeave: boolean;
}

/**
 * `auto`: one replica changes at once, several by a joint membership that is left by itself.
 * `joint-implicit`: always joint, left by itself. `joint-explicit`: always joint, left when told.
 */
export type MembershipTransition = 'auto' | 'joint-implicit' | 'joint-explicit';

export interface ReplicaChange {
  /** `update` changes nothing but carries its context to all. */
  readonly kind: 'add-voter' | 'add-learner' | 'remove' | 'update';
  readonly replica: ReplicaId;
}

/** What a membership entry asks for. Without changes and with `auto`: leave the joint membership. */
export interface MembershipChange {
  readonly transition: MembershipTransition;
  readonly changes: readonly ReplicaChange[];
  /** Opaque to Raft. */
  readonly context: Uint8Array;
}

export type RaftEntryKind = 'normal' | 'membership';

export interface RaftEntry {
  readonly term: number;
  readonly index: LogIndex;
  readonly kind: RaftEntryKind;
  readonly payload: Uint8Array;
}

/** What a replica must never forget. */
export interface RaftHardState {
  readonly term: number;
  readonly vote: ReplicaId | undefined;
  readonly commit: LogIndex;
}
