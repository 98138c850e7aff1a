import type { RaftMessage } from '../generated/shardbearer.ts';
import { asLogIndex } from '../identifiers.ts';

export type {
  MembershipChange,
  MembershipTransition,
  RaftEntry,
  RaftEntryKind,
  RaftHardState,
  RaftMembership,
  RaftMessage,
  RaftMessageType,
  RaftSnapshot,
  ReplicaChange,
} from '../generated/shardbearer.ts';

/** Default values for the fields that a message does not use. */
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
