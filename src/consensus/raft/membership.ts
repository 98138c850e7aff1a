/** The members of an order as Raft sees them. A joint membership has two sets of voters. */
import { assert } from '../../wire/assertion.ts';
import type { ReplicaId } from '../../wire/identifiers.ts';
import type { RaftMembership } from '../../wire/raft/message.ts';

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
    'no replica is both voter and learner',
  );
  return membership;
}

export function isJoint(membership: RaftMembership): boolean {
  return membership.outgoingVoters.length > 0;
}

export function allVoters(membership: RaftMembership): readonly ReplicaId[] {
  if (!isJoint(membership)) return membership.voters;
  return sortedReplicas([...membership.voters, ...membership.outgoingVoters]);
}

/** All replicas that receive the log, sorted. */
export function allMembers(membership: RaftMembership): readonly ReplicaId[] {
  return sortedReplicas([...membership.voters, ...membership.outgoingVoters, ...membership.learners]);
}

export function sortedReplicas(replicas: readonly ReplicaId[]): readonly ReplicaId[] {
  return [...new Set(replicas)].sort((left, right) => left - right);
}

interface Stretch {
  /** Index of the entry that changed to this membership. */
  readonly since: number;
  readonly membership: RaftMembership;
}

/**
 * The membership in force at every index that is not compacted. A checkpoint stores the membership at its own index,
 * which can differ from the current one.
 */
export class MembershipHistory {
  #stretches: Stretch[];

  constructor(since: number, membership: RaftMembership) {
    this.#stretches = [{ since, membership }];
  }

  /**
   * Log index of the latest change of membership. After a restart, at least the index of the checkpoint. 0 if neither
   * exists.
   */
  get latestSince(): number {
    return this.#stretches.at(-1)?.since ?? 0;
  }

  at(index: number): RaftMembership {
    const stretch = this.#stretches.findLast(({ since }) => since <= index);
    assert(stretch !== undefined, 'only memberships of places that are not forgotten are asked for');
    return stretch.membership;
  }

  changed(index: number, membership: RaftMembership): void {
    const last = this.#stretches.at(-1);
    assert(last !== undefined && index > last.since, 'memberships follow each other along the log');
    this.#stretches.push({ since: index, membership });
  }

  forgetBefore(index: number): void {
    const first = this.#stretches.findLastIndex(({ since }) => since <= index);
    if (first > 0) this.#stretches.splice(0, first);
  }
}
