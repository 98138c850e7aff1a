/** The members of the group as their leader, or a candidate among them, sees them. */
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

  /** Everyone's progress, ordered by replica id. */
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

  /** Whether the quorum was heard of since the last check. */
  quorumIsActive(): boolean {
    return quorum.voteResult(this.#membership, this.#activity) === 'won';
  }

  /**
   * Takes another membership. Progress is kept for who stays.
   * @param joined of whose logs nothing is known
   * @param next where their logs are probed first
   */
  changeTo(membership: RaftMembership, joined: ReadonlySet<ReplicaId>, next: number): void {
    for (const replica of joined) this.#progress.delete(replica);
    this.#membership = membership;
    const before = this.#members;
    this.#track(next);
    for (const progress of this.#members) {
      // Who has just joined had no chance to be heard of: without this the quorum would seem silent.
      if (!before.includes(progress)) progress.recentlyActive = true;
    }
  }

  forgetVotes(): void {
    this.#votes.clear();
  }

  /** The first vote of a replica counts; a repeated one changes nothing. */
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

  /** Brings the progress in line with the membership. */
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
