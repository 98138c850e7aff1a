/** Encodes, decodes and checks Raft memberships, membership changes, and Raft snapshots. */
import { bounded, malformed } from '../decoding.ts';
import { decodeMessage } from '../field-reader.ts';
import { encodeMessage } from '../field-writer.ts';
import {
  readMembershipChange,
  readRaftSnapshot,
  writeMembershipChange,
  writeRaftSnapshot,
} from '../generated/shardbearer.ts';
import type { ReplicaId } from '../identifiers.ts';
import { LIMITS } from '../limits.ts';
import type { MembershipChange, RaftMembership, RaftSnapshot } from './message.ts';

export function encodeRaftSnapshot(snapshot: RaftSnapshot): Uint8Array {
  return encodeMessage(writeRaftSnapshot, snapshot);
}

/** @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE` */
export function decodeRaftSnapshot(bytes: Uint8Array): RaftSnapshot {
  const snapshot = decodeMessage('RaftSnapshot', bytes, LIMITS.messages.frameBytes, readRaftSnapshot);
  checkMembership(snapshot.membership);
  return snapshot;
}

/** Encodes a membership change. A change that leaves a joint membership and has no context is zero bytes long. */
export function encodeMembershipChange(change: MembershipChange): Uint8Array {
  return encodeMessage(writeMembershipChange, change);
}

/** @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE` */
export function decodeMembershipChange(bytes: Uint8Array): MembershipChange {
  const change = decodeMessage('MembershipChange', bytes, LIMITS.messages.frameBytes, readMembershipChange);
  bounded(change.changes, LIMITS.configuration.orderMembers, 'changes');
  return change;
}

/** @throws {ShardbearerError} `FRAME_MALFORMED` */
export function checkMembership({ voters, outgoingVoters, learners, nextLearners }: RaftMembership): void {
  for (const list of [voters, outgoingVoters, learners, nextLearners]) checkSorted(list);
  if (learners.some((learner) => voters.includes(learner) || outgoingVoters.includes(learner))) {
    throw malformed('a replica that is both voter and learner');
  }
  if (!nextLearners.every((learner) => outgoingVoters.includes(learner) && !voters.includes(learner))) {
    throw malformed('a next learner that is not an outgoing voter');
  }
}

function checkSorted(replicas: readonly ReplicaId[]): void {
  bounded(replicas, LIMITS.configuration.orderMembers, 'members');
  const isSorted = replicas.every((replica, at) => at === 0 || replica > (replicas[at - 1] ?? 0));
  if (!isSorted) throw malformed('members out of order');
}
