import type { ReplicaId } from '../../../wire/identifiers.ts';
import type { RaftMembership } from '../../../wire/raft/message.ts';
import { check } from '../../violation.ts';
import { describeMembership, isQuorum, isVoter } from './membership-model.ts';

/** The leader and the durable votes of each term of one order. */
export class ElectionHistory {
  readonly #leaders = new Map<number, ReplicaId>();
  /** By term, then by voter: the candidate that received the voter's durable vote. */
  readonly #votes = new Map<number, Map<ReplicaId, ReplicaId>>();

  get terms(): number {
    return this.#leaders.size;
  }

  votes(replica: ReplicaId, term: number, candidate: ReplicaId): void {
    const votes = this.#votes.get(term) ?? new Map<ReplicaId, ReplicaId>();
    const earlier = votes.get(replica);
    check(
      earlier === undefined || earlier === candidate,
      'one vote in a term',
      () => `replica ${replica} voted for ${earlier} and for ${candidate} in term ${term}`,
    );
    votes.set(replica, candidate);
    this.#votes.set(term, votes);
  }

  /**
   * Election safety: at most one leader in a term, elected by the durable votes of a quorum.
   * @param inForce the memberships in the leader's applied state during its election
   * @returns whether the leader was not known before
   */
  leads(replica: ReplicaId, term: number, inForce: readonly RaftMembership[]): boolean {
    const leader = this.#leaders.get(term);
    check(
      leader === undefined || leader === replica,
      'election safety',
      () => `replicas ${leader} and ${replica} both lead in term ${term}`,
    );
    if (leader !== undefined) return false;
    const voters = this.#votersFor(replica, term);
    check(
      inForce.some((membership) => isVoter(membership, replica) && isQuorum(membership, voters)),
      'a leader is elected by a quorum of voters',
      () =>
        `${replica} leads term ${term} by the votes of ${voters.join(' ')}: ${inForce.map(describeMembership).join('; ')}`,
    );
    this.#leaders.set(term, replica);
    return true;
  }

  #votersFor(candidate: ReplicaId, term: number): readonly ReplicaId[] {
    const voters: ReplicaId[] = [];
    for (const [voter, choice] of this.#votes.get(term) ?? []) if (choice === candidate) voters.push(voter);
    return voters;
  }
}
