/**
 * The rules of membership changes (Ongaro's dissertation, chapter 4). They are written independently of the product, so
 * that a bug in the product does not hide here too.
 */
import type { ReplicaId } from '../../../wire/identifiers.ts';
import type { MembershipChange, RaftMembership } from '../../../wire/raft/message.ts';
import { check } from '../../violation.ts';

export function firstMembership(voters: readonly ReplicaId[]): RaftMembership {
  return { voters: sorted(voters), outgoingVoters: [], learners: [], nextLearners: [], autoLeave: false };
}

export function isJoint({ outgoingVoters }: RaftMembership): boolean {
  return outgoingVoters.length > 0;
}

/** Whether the replica votes in either half of a joint membership. */
export function isVoter({ voters, outgoingVoters }: RaftMembership, replica: ReplicaId): boolean {
  return voters.includes(replica) || outgoingVoters.includes(replica);
}

/** All voters and learners, including those that a joint membership adds or removes. */
export function membersOf({ voters, outgoingVoters, learners, nextLearners }: RaftMembership): readonly ReplicaId[] {
  return [...new Set([...voters, ...outgoingVoters, ...learners, ...nextLearners])];
}

/** Whether the replicas include a majority of the voters. A joint membership requires a majority of each half. */
export function isQuorum(membership: RaftMembership, replicas: readonly ReplicaId[]): boolean {
  const { voters, outgoingVoters } = membership;
  return isMajority(voters, replicas) && (!isJoint(membership) || isMajority(outgoingVoters, replicas));
}

export function membershipAfter(before: RaftMembership, change: MembershipChange): RaftMembership {
  const leaves = change.transition === 'auto' && change.changes.length === 0;
  check(
    leaves === isJoint(before),
    'a membership changes by the rules',
    () => `${JSON.stringify(change)} is committed in ${describeMembership(before)}`,
  );
  if (leaves) return left(before);
  const isSimple = change.transition === 'auto' && change.changes.length === 1;
  const after = changed(before, change, isSimple);
  check(after.voters.length > 0, 'a membership changes by the rules', () => 'no voter is left');
  return after;
}

/** The membership after the change commits. Undefined: the change is not valid for `before`, so it never commits. */
export function membershipIfCommitted(before: RaftMembership, change: MembershipChange): RaftMembership | undefined {
  const leaves = change.transition === 'auto' && change.changes.length === 0;
  if (leaves !== isJoint(before)) return undefined;
  if (leaves) return left(before);
  const after = changed(before, change, change.transition === 'auto' && change.changes.length === 1);
  return after.voters.length > 0 ? after : undefined;
}

export function isSameMembership(one: RaftMembership, other: RaftMembership): boolean {
  return describeMembership(one) === describeMembership(other);
}

export function describeMembership(membership: RaftMembership): string {
  const { voters, outgoingVoters, learners, nextLearners } = membership;
  const halves = isJoint(membership) ? `${voters.join(' ')} && ${outgoingVoters.join(' ')}` : voters.join(' ');
  const coming = nextLearners.length > 0 ? `, coming learners ${nextLearners.join(' ')}` : '';
  return `voters ${halves}${learners.length > 0 ? `, learners ${learners.join(' ')}` : ''}${coming}`;
}

function changed(before: RaftMembership, { transition, changes }: MembershipChange, isSimple: boolean): RaftMembership {
  const voters = new Set(before.voters);
  const learners = new Set(before.learners);
  const nextLearners = new Set<ReplicaId>();
  for (const { kind, replica } of changes) {
    if (kind === 'update') continue;
    const wasVoter = before.voters.includes(replica);
    const isLearner = kind === 'add-learner';
    // A voter of the outgoing half becomes a learner only when the joint membership ends.
    nextLearners.delete(replica);
    if (isLearner && wasVoter && !isSimple) nextLearners.add(replica);
    if (kind === 'add-voter') voters.add(replica);
    else voters.delete(replica);
    if (isLearner && !nextLearners.has(replica)) learners.add(replica);
    else learners.delete(replica);
  }
  return {
    voters: sorted(voters),
    outgoingVoters: isSimple ? [] : before.voters,
    learners: sorted(learners),
    nextLearners: sorted(nextLearners),
    autoLeave: !isSimple && transition !== 'joint-explicit',
  };
}

function left({ voters, learners, nextLearners }: RaftMembership): RaftMembership {
  return {
    voters,
    outgoingVoters: [],
    learners: sorted([...learners, ...nextLearners]),
    nextLearners: [],
    autoLeave: false,
  };
}

function isMajority(voters: readonly ReplicaId[], replicas: readonly ReplicaId[]): boolean {
  let present = 0;
  for (const voter of voters) if (replicas.includes(voter)) present++;
  return 2 * present > voters.length;
}

function sorted(replicas: Iterable<ReplicaId>): readonly ReplicaId[] {
  return [...new Set(replicas)].sort((left, right) => left - right);
}
