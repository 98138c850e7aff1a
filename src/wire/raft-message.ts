import type { LogIndex, ReplicaId } from './identifiers.ts';

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
  | 'propose';

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
