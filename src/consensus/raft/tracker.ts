/** The members and their progress, as a leader sees them, and the votes that a candidate counts. */
import type { ReplicaId } from '../../wire/identifiers.ts';
import { type InflightLimits, Progress } from './progress.ts';
import type { RaftMembership } from '../../wire/raft/message.ts';
import { allMembers } from './membership.ts';
import * as quorum from './quorum.ts';

export class Tracker implements quorum.AcknowledgedIndexes, quorum.Ballots {
  readonly #limits: InflightLimits;
  readonly #progress = new Map<ReplicaId, Progress>();
  readonly #votes = new Map<ReplicaId, boolean>();
  readonly #activity: quorum.Ballots = { ballot: (voter) => this.#progress.get(voter)?.recentlyActive };
  #membership: RaftMembership;
  #members: readonly Progress[] = [];

  constructor(membership: RaftMembership, next: number, limits: InflightLimits) {
    this.#limits = limits;
    this.#membership = membership;
    this.#track(next);
  }

  get membership(): RaftMembership {
    return this.#membership;
  }

  /** Ordered by replica id. */
  get members(): readonly Progress[] {
    return this.#members;
  }

  progressOf(replica: ReplicaId): Progress | undefined {
    return this.#progress.get(replica);
  }

  /** The highest index that the quorum has flushed. */
  committedIndex(): number {
    return quorum.committedIndex(this.#membership, this);
  }

  /** Whether the quorum answered since the last check. */
  quorumIsActive(): boolean {
    return quorum.voteResult(this.#membership, this.#activity) === 'won';
  }

  /**
   * Changes the membership and keeps the progress of remaining members.
   * @param joined members whose logs are unknown
   * @param next index at which their logs are probed first
   */
  changeTo(membership: RaftMembership, joined: ReadonlySet<ReplicaId>, next: number): void {
    for (const replica of joined) this.#progress.delete(replica);
    this.#membership = membership;
    const before = this.#members;
    this.#track(next);
    for (const progress of this.#members) {
      // A new member had no chance to answer, and must not make the quorum seem silent.
      if (!before.includes(progress)) progress.recentlyActive = true;
    }
  }

  forgetVotes(): void {
    this.#votes.clear();
  }

  /** Only the first vote of a replica counts. */
  recordVote(replica: ReplicaId, granted: boolean): quorum.VoteResult {
    if (!this.#votes.has(replica)) this.#votes.set(replica, granted);
    return quorum.voteResult(this.#membership, this);
  }

  acknowledgedIndex(voter: ReplicaId): number | undefined {
    return this.#progress.get(voter)?.match;
  }

  ballot(voter: ReplicaId): boolean | undefined {
    return this.#votes.get(voter);
  }

  #track(next: number): void {
    const replicas = allMembers(this.#membership);
    this.#members = replicas.map((replica) => {
      const isLearner = this.#membership.learners.includes(replica);
      const progress = this.#progress.get(replica) ?? new Progress(replica, next, isLearner, this.#limits);
      progress.isLearner = isLearner;
      return progress;
    });
    this.#progress.clear();
    for (const progress of this.#members) this.#progress.set(progress.replica, progress);
  }
}
