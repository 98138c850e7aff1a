/** Who takes part, as Raft sees it: two sets of voters while a change is under way. */
import { assert } from '../../wire/assertion.ts';
import type { ReplicaId } from '../../wire/identifiers.ts';
import type { RaftMembership } from '../../wire/raft/message.ts';

/** A membership that is not joint. */
export function simpleMembership(voters: readonly ReplicaId[], learners: readonly ReplicaId[]): RaftMembership {
  const membership: RaftMembership = {
    voters: sortedReplicas(voters),
    outgoingVoters: [],
    learners: sortedReplicas(learners),
    nextLearners: [],
    autoLeave: false,
  };
  assert(
    membership.learners.every((learner) => !membership.voters.includes(learner)),
    'nobody is voter and learner at once',
  );
  return membership;
}

export function isJoint(membership: RaftMembership): boolean {
  return membership.outgoingVoters.length > 0;
}

/** The voters of both halves, sorted. */
export function allVoters(membership: RaftMembership): readonly ReplicaId[] {
  if (!isJoint(membership)) return membership.voters;
  return sortedReplicas([...membership.voters, ...membership.outgoingVoters]);
}

/** Everyone that the log is sent to, sorted. */
export function allMembers(membership: RaftMembership): readonly ReplicaId[] {
  return sortedReplicas([...membership.voters, ...membership.outgoingVoters, ...membership.learners]);
}

/** Sorted, each once. */
export function sortedReplicas(replicas: readonly ReplicaId[]): readonly ReplicaId[] {
  return [...new Set(replicas)].sort((left, right) => left - right);
}
