/**
 * Changes of membership (Ongaro's dissertation, chapter 4). One voter can change directly, since the old and the new
 * majorities overlap. Several voters change through a joint membership, in which majorities of the old and of the new
 * voters have to agree.
 */
import { assert } from '../../wire/assertion.ts';
import type { ReplicaId } from '../../wire/identifiers.ts';
import type { MembershipChange, RaftMembership, ReplicaChange } from '../../wire/raft/message.ts';
import { isJoint, sortedReplicas } from './membership.ts';

export type ChangeRejection =
  | 'already-joint'
  | 'not-joint'
  | 'no-voters'
  | 'joint-must-be-left-first'
  | 'removes-all-voters'
  | 'changes-several-voters';

export type ChangeOutcome =
  | {
      readonly kind: 'changed';
      readonly membership: RaftMembership;
      /** New members, whose logs are unknown. */
      readonly joined: ReadonlySet<ReplicaId>;
    }
  | { readonly kind: 'rejected'; readonly reason: ChangeRejection };

/** Whether the change leaves the joint membership. The entry of such a change lists no replicas. */
export function leavesJoint(change: MembershipChange): boolean {
  return change.transition === 'auto' && change.changes.length === 0;
}

/** Applies a change directly or through a joint membership, as its transition and size require. */
export function changeMembership(membership: RaftMembership, change: MembershipChange): ChangeOutcome {
  if (leavesJoint(change)) return leaveJoint(membership);
  if (change.transition !== 'auto' || change.changes.length > 1) {
    return enterJoint(membership, change.transition !== 'joint-explicit', change.changes);
  }
  return changeSimply(membership, change.changes);
}

/** Changes at most one voter and any number of learners. */
export function changeSimply(membership: RaftMembership, changes: readonly ReplicaChange[]): ChangeOutcome {
  if (isJoint(membership)) return rejected('joint-must-be-left-first');
  const draft = new Draft(membership);
  for (const change of changes) draft.make(change);
  if (!draft.hasVoters) return rejected('removes-all-voters');
  const changed = draft.finish();
  if (differences(membership.voters, changed.membership.voters) > 1) return rejected('changes-several-voters');
  return changed;
}

/** Begins a joint membership. The current voters become the outgoing half. */
export function enterJoint(
  membership: RaftMembership,
  autoLeave: boolean,
  changes: readonly ReplicaChange[],
): ChangeOutcome {
  if (isJoint(membership)) return rejected('already-joint');
  if (membership.voters.length === 0) return rejected('no-voters');
  const draft = new Draft({ ...membership, outgoingVoters: membership.voters, autoLeave });
  for (const change of changes) draft.make(change);
  return draft.hasVoters ? draft.finish() : rejected('removes-all-voters');
}

/** Ends a joint membership by dropping the outgoing half. */
export function leaveJoint(membership: RaftMembership): ChangeOutcome {
  if (!isJoint(membership)) return rejected('not-joint');
  const { voters, learners, nextLearners } = membership;
  return {
    kind: 'changed',
    membership: {
      voters,
      outgoingVoters: [],
      learners: sortedReplicas([...learners, ...nextLearners]),
      nextLearners: [],
      autoLeave: false,
    },
    joined: new Set(),
  };
}

export function changesTowards(
  membership: RaftMembership,
  target: { readonly voters: readonly ReplicaId[]; readonly learners: readonly ReplicaId[] },
): readonly ReplicaChange[] {
  assert(target.voters.length > 0, 'an order has at least one voter');
  const changes: ReplicaChange[] = [];
  for (const replica of sortedReplicas(target.voters)) {
    assert(!target.learners.includes(replica), 'no replica is both voter and learner');
    if (!membership.voters.includes(replica)) changes.push({ kind: 'add-voter', replica });
  }
  for (const replica of sortedReplicas(target.learners)) {
    if (!membership.learners.includes(replica)) changes.push({ kind: 'add-learner', replica });
  }
  for (const replica of sortedReplicas([...membership.voters, ...membership.learners])) {
    const stays = target.voters.includes(replica) || target.learners.includes(replica);
    if (!stays) changes.push({ kind: 'remove', replica });
  }
  return changes;
}

class Draft {
  readonly #voters: Set<ReplicaId>;
  readonly #outgoing: ReadonlySet<ReplicaId>;
  readonly #learners: Set<ReplicaId>;
  readonly #nextLearners: Set<ReplicaId>;
  readonly #autoLeave: boolean;
  readonly #joined = new Set<ReplicaId>();

  constructor(membership: RaftMembership) {
    this.#voters = new Set(membership.voters);
    this.#outgoing = new Set(membership.outgoingVoters);
    this.#learners = new Set(membership.learners);
    this.#nextLearners = new Set(membership.nextLearners);
    this.#autoLeave = membership.autoLeave;
  }

  get hasVoters(): boolean {
    return this.#voters.size > 0;
  }

  make({ kind, replica }: ReplicaChange): void {
    if (kind === 'add-voter') this.#addVoter(replica);
    else if (kind === 'add-learner') this.#addLearner(replica);
    else if (kind === 'remove') this.#remove(replica);
  }

  finish(): Extract<ChangeOutcome, { kind: 'changed' }> {
    for (const learner of this.#learners) {
      assert(!this.#voters.has(learner) && !this.#outgoing.has(learner), 'no replica is both voter and learner');
    }
    for (const learner of this.#nextLearners) {
      assert(this.#outgoing.has(learner) && !this.#voters.has(learner), 'only outgoing voters become learners later');
    }
    const membership: RaftMembership = {
      voters: sortedReplicas([...this.#voters]),
      outgoingVoters: sortedReplicas([...this.#outgoing]),
      learners: sortedReplicas([...this.#learners]),
      nextLearners: sortedReplicas([...this.#nextLearners]),
      autoLeave: this.#autoLeave,
    };
    return { kind: 'changed', membership, joined: this.#joined };
  }

  #addVoter(replica: ReplicaId): void {
    if (!this.#isMember(replica)) this.#joined.add(replica);
    this.#learners.delete(replica);
    this.#nextLearners.delete(replica);
    this.#voters.add(replica);
  }

  /** Adds a learner. A voter of the outgoing half becomes a learner only when that half is dropped. */
  #addLearner(replica: ReplicaId): void {
    if (this.#learners.has(replica)) return;
    if (!this.#isMember(replica)) this.#joined.add(replica);
    this.#voters.delete(replica);
    if (this.#outgoing.has(replica)) this.#nextLearners.add(replica);
    else this.#learners.add(replica);
  }

  #remove(replica: ReplicaId): void {
    this.#voters.delete(replica);
    this.#learners.delete(replica);
    this.#nextLearners.delete(replica);
  }

  #isMember(replica: ReplicaId): boolean {
    return this.#voters.has(replica) || this.#outgoing.has(replica) || this.#learners.has(replica);
  }
}

function rejected(reason: ChangeRejection): ChangeOutcome {
  return { kind: 'rejected', reason };
}

function differences(left: readonly ReplicaId[], right: readonly ReplicaId[]): number {
  const only = (some: readonly ReplicaId[], others: readonly ReplicaId[]) =>
    some.filter((replica) => !others.includes(replica)).length;
  return only(left, right) + only(right, left);
}
