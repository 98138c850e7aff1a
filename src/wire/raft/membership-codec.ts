/** Memberships, their changes and snapshots in bytes: what Raft's messages and entries carry now and then. */
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { boundedList, decodeMessage, malformed, required } from '../decoding.ts';
import {
  RaftMembershipChange_Transition as TransitionOnWire,
  type RaftMembershipChange as ChangeMessage,
  RaftMembershipChangeSchema,
  type RaftMembership as MembershipMessage,
  type RaftMembershipSchema,
  RaftReplicaChange_Kind as KindOnWire,
  type RaftReplicaChange as ReplicaChangeMessage,
  type RaftSnapshot as SnapshotMessage,
  RaftSnapshotSchema,
} from '../generated/shardbearer_pb.ts';
import { asLogIndex, asReplicaId, type ReplicaId } from '../identifiers.ts';
import { LIMITS } from '../limits.ts';
import type { MembershipChange, MembershipTransition, RaftMembership, RaftSnapshot, ReplicaChange } from './message.ts';
import { safeInteger, uint64 } from '../safe-integer.ts';

export function encodeRaftSnapshot(snapshot: RaftSnapshot): Uint8Array {
  const message = create(RaftSnapshotSchema, {
    index: uint64(snapshot.index),
    term: uint64(snapshot.term),
    membership: membershipToMessage(snapshot.membership),
    payload: snapshot.payload,
  });
  return toBinary(RaftSnapshotSchema, message);
}

/** @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE` */
export function decodeRaftSnapshot(bytes: Uint8Array): RaftSnapshot {
  return decodeMessage(RaftSnapshotSchema, bytes, LIMITS.frameBytes, snapshotFromMessage);
}

/** Leaving a joint membership, without a context, takes no bytes. */
export function encodeMembershipChange(change: MembershipChange): Uint8Array {
  const message = create(RaftMembershipChangeSchema, {
    transition: TRANSITION_ON_WIRE[change.transition],
    changes: change.changes.map(({ kind, replica }) => ({ kind: KIND_ON_WIRE[kind], replica: uint64(replica) })),
    context: change.context,
  });
  return toBinary(RaftMembershipChangeSchema, message);
}

/** @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE` */
export function decodeMembershipChange(bytes: Uint8Array): MembershipChange {
  return decodeMessage(RaftMembershipChangeSchema, bytes, LIMITS.frameBytes, changeFromMessage);
}

const TRANSITION_ON_WIRE: Readonly<Record<MembershipTransition, TransitionOnWire>> = {
  auto: TransitionOnWire.AUTO,
  'joint-implicit': TransitionOnWire.JOINT_IMPLICIT,
  'joint-explicit': TransitionOnWire.JOINT_EXPLICIT,
};

const KIND_ON_WIRE: Readonly<Record<ReplicaChange['kind'], KindOnWire>> = {
  'add-voter': KindOnWire.ADD_VOTER,
  'add-learner': KindOnWire.ADD_LEARNER,
  remove: KindOnWire.REMOVE,
  update: KindOnWire.UPDATE,
};

function membershipToMessage(membership: RaftMembership): MessageInitShape<typeof RaftMembershipSchema> {
  return {
    voters: membership.voters.map(uint64),
    outgoingVoters: membership.outgoingVoters.map(uint64),
    learners: membership.learners.map(uint64),
    nextLearners: membership.nextLearners.map(uint64),
    autoLeave: membership.autoLeave,
  };
}

function snapshotFromMessage(message: SnapshotMessage): RaftSnapshot {
  return {
    index: asLogIndex(safeInteger(message.index)),
    term: safeInteger(message.term),
    membership: membershipFromMessage(required(message.membership, "a snapshot's membership")),
    payload: message.payload,
  };
}

function membershipFromMessage(message: MembershipMessage): RaftMembership {
  const voters = replicasFromMessage(message.voters);
  const outgoingVoters = replicasFromMessage(message.outgoingVoters);
  const learners = replicasFromMessage(message.learners);
  const nextLearners = replicasFromMessage(message.nextLearners);
  if (learners.some((learner) => voters.includes(learner) || outgoingVoters.includes(learner))) {
    throw malformed('a replica that is voter and learner at once');
  }
  if (!nextLearners.every((learner) => outgoingVoters.includes(learner) && !voters.includes(learner))) {
    throw malformed('a coming learner that is no outgoing voter');
  }
  return { voters, outgoingVoters, learners, nextLearners, autoLeave: message.autoLeave };
}

function replicasFromMessage(ids: readonly bigint[]): readonly ReplicaId[] {
  const replicas = boundedList(ids, LIMITS.orderMembers, 'members', (id) => asReplicaId(safeInteger(id)));
  const isSorted = replicas.every((replica, at) => at === 0 || replica > (replicas[at - 1] ?? 0));
  if (!isSorted) throw malformed('members out of order');
  return replicas;
}

function changeFromMessage(message: ChangeMessage): MembershipChange {
  return {
    transition: transitionFromMessage(message.transition),
    changes: boundedList(message.changes, LIMITS.orderMembers, 'changes', replicaChangeFromMessage),
    context: message.context,
  };
}

function transitionFromMessage(transition: TransitionOnWire): MembershipTransition {
  switch (transition) {
    case TransitionOnWire.AUTO:
      return 'auto';
    case TransitionOnWire.JOINT_IMPLICIT:
      return 'joint-implicit';
    case TransitionOnWire.JOINT_EXPLICIT:
      return 'joint-explicit';
    default:
      throw malformed(`a transition of kind ${Number(transition)}`);
  }
}

function replicaChangeFromMessage(message: ReplicaChangeMessage): ReplicaChange {
  const replica = asReplicaId(safeInteger(message.replica));
  switch (message.kind) {
    case KindOnWire.ADD_VOTER:
      return { kind: 'add-voter', replica };
    case KindOnWire.ADD_LEARNER:
      return { kind: 'add-learner', replica };
    case KindOnWire.REMOVE:
      return { kind: 'remove', replica };
    case KindOnWire.UPDATE:
      return { kind: 'update', replica };
    default:
      throw malformed(`a change of kind ${message.kind}`);
  }
}
