/**
 * The members of a leader's group. Tracks how far each member's log agrees with the leader's, and the votes of a
 * candidate.
 */
import { assert } from '../../wire/assertion.ts';
import type { ReplicaId } from '../../wire/identifiers.ts';
import type { RaftMembership } from '../../wire/raft/message.ts';
import { allMembers } from './membership.ts';
import * as quorum from './quorum.ts';

export interface InflightLimits {
  readonly messages: number;
  /**
   * Most bytes of unacknowledged messages. Compared before a message is added, so the last message can exceed the
   * limit.
   */
  readonly bytes: number;
}

/**
 * The mode in which a leader sends entries to a follower.
 * - `probe`: one message at a time, until the leader knows where the logs agree.
 * - `replicate`: entries are sent ahead of their acknowledgements.
 * - `snapshot`: the missing entries are compacted. A snapshot is in progress, and nothing else is sent.
 */
export type ProgressState = 'probe' | 'replicate' | 'snapshot';

/**
 * A leader's knowledge of one replica's log. Invariant: `match < next`. In `replicate`, the entries after `match` and
 * before `next` are in flight.
 */
export class Progress {
  readonly replica: ReplicaId;
  readonly inflights: Inflights;
  isLearner: boolean;
  state: ProgressState = 'probe';
  /** The last index that the follower has flushed and that agrees with the leader's log. */
  match = 0;
  /** Index of the next entry to send. */
  next: number;
  /** Index of the snapshot in progress. 0 if no snapshot is in progress. */
  pendingSnapshot = 0;
  /** Whether to offer the snapshot again when the follower answers a heartbeat, because the first offer may be lost. */
  offerDue = false;
  /** Whether the replica has answered since the last check of the quorum. */
  recentlyActive = false;
  /** Number of answers. `CatchUp` compares it to notice a new answer. */
  answers = 0;
  /** Whether sending pauses until the follower answers a message or a heartbeat. */
  flowPaused = false;
  /** The latest commit index that was sent. The follower can adopt it only up to `next - 1`. */
  sentCommit = 0;

  constructor(replica: ReplicaId, next: number, isLearner: boolean, limits: InflightLimits) {
    assert(next >= 1, 'the log begins at index 1');
    this.replica = replica;
    this.next = next;
    this.isLearner = isLearner;
    this.inflights = new Inflights(limits);
  }

  /** Resets the progress at the start of a term. */
  reset(next: number): void {
    this.#enter('probe');
    this.match = 0;
    this.next = next;
    this.recentlyActive = false;
    this.sentCommit = 0;
  }

  becomeProbe(): void {
    // The follower has probably installed the snapshot, so the leader first probes right after it.
    const probed = this.state === 'snapshot' ? Math.max(this.match, this.pendingSnapshot) : this.match;
    this.#enter('probe');
    this.next = probed + 1;
    this.#forgetUnlikelyCommit();
  }

  becomeReplicate(): void {
    this.#enter('replicate');
    this.next = this.match + 1;
  }

  becomeSnapshot(lastIndex: number): void {
    this.#enter('snapshot');
    this.pendingSnapshot = lastIndex;
    this.next = lastIndex + 1;
    this.sentCommit = lastIndex;
  }

  get paused(): boolean {
    return this.state === 'snapshot' || this.flowPaused;
  }

  answered(): void {
    this.recentlyActive = true;
    this.answers++;
  }

  /** Notes an append message with `entryCount` entries of `bytes` payload. */
  sentEntries(entryCount: number, bytes: number): void {
    assert(this.state !== 'snapshot', 'no entries are sent while a snapshot is under way');
    if (this.state === 'probe') {
      if (entryCount > 0) this.flowPaused = true;
      return;
    }
    if (entryCount > 0) {
      this.next += entryCount;
      this.inflights.add(this.next - 1, bytes);
    }
    // A full window pauses sending until the follower answers an append or a heartbeat.
    this.flowPaused = this.inflights.full;
  }

  /** Whether sending `commit` would advance the follower's commit index. */
  commitIsNews(commit: number): boolean {
    return commit > this.sentCommit && this.sentCommit < this.next - 1;
  }

  /**
   * Notes that the follower has flushed up to `index`.
   * @returns whether the index is new
   */
  acknowledged(index: number): boolean {
    if (index <= this.match) return false;
    this.match = index;
    this.next = Math.max(this.next, index + 1);
    this.inflights.freeThrough(index);
    this.flowPaused = false;
    return true;
  }

  /**
   * Notes that the follower rejected entries after `rejected`, and that its log may agree at `hint`. Returns false for
   * an outdated rejection.
   */
  rejected(rejected: number, hint: number): boolean {
    if (this.state === 'replicate') {
      if (rejected <= this.match) return false;
      this.next = this.match + 1;
      this.#forgetUnlikelyCommit();
      return true;
    }
    // Outside of `replicate`, only one message is in flight. A rejection of another index is therefore outdated.
    if (this.next - 1 !== rejected) return false;
    this.next = Math.max(Math.min(rejected, hint + 1), this.match + 1);
    this.#forgetUnlikelyCommit();
    this.flowPaused = false;
    return true;
  }

  #enter(state: ProgressState): void {
    this.state = state;
    this.flowPaused = false;
    this.pendingSnapshot = 0;
    this.offerDue = false;
    this.inflights.clear();
  }

  #forgetUnlikelyCommit(): void {
    this.sentCommit = Math.min(this.sentCommit, this.next - 1);
  }
}

/**
 * The append messages in flight to one follower, limited in number and bytes. The last index of each message is at
 * least that of the message before. An acknowledgement therefore frees the oldest messages.
 */
export class Inflights {
  readonly #limits: InflightLimits;
  /** The messages in the order of sending. */
  readonly #messages: { readonly lastIndex: number; readonly bytes: number }[] = [];
  /** Payload bytes of all messages. */
  bytes = 0;

  constructor(limits: InflightLimits) {
    assert(limits.messages > 0, 'at least one message may be in flight');
    this.#limits = limits;
  }

  get count(): number {
    return this.#messages.length;
  }

  get full(): boolean {
    return this.#messages.length >= this.#limits.messages || this.bytes >= this.#limits.bytes;
  }

  add(lastIndex: number, bytes: number): void {
    assert(!this.full, 'no message is sent while the window is full');
    assert(lastIndex >= (this.#messages.at(-1)?.lastIndex ?? 0), 'messages leave in the order of their entries');
    this.#messages.push({ lastIndex, bytes });
    this.bytes += bytes;
  }

  /** Removes the messages up to `index`, which have arrived. */
  freeThrough(index: number): void {
    let arrived = 0;
    for (const { lastIndex, bytes } of this.#messages) {
      if (lastIndex > index) break;
      this.bytes -= bytes;
      arrived++;
    }
    this.#messages.splice(0, arrived);
  }

  clear(): void {
    this.#messages.length = 0;
    this.bytes = 0;
  }
}

/** The progress of all members, and the votes in an election. */
export class Tracker implements quorum.AcknowledgedIndexes, quorum.Ballots {
  readonly #limits: InflightLimits;
  readonly #progress = new Map<ReplicaId, Progress>();
  readonly #votes = new Map<ReplicaId, boolean>();
  readonly #activity: quorum.Ballots = { ballot: (voter) => this.#progress.get(voter)?.recentlyActive };
  /** The membership in force. Only `changeTo` changes it. */
  membership: RaftMembership;
  /** The members, ordered by replica id. */
  members: readonly Progress[] = [];

  constructor(membership: RaftMembership, next: number, limits: InflightLimits) {
    this.#limits = limits;
    this.membership = membership;
    this.#track(next);
  }

  /** Returns undefined for a replica that is not a member. */
  progressOf(replica: ReplicaId): Progress | undefined {
    return this.#progress.get(replica);
  }

  /** Whether a quorum answered since the last check. */
  quorumIsActive(): boolean {
    return quorum.voteResult(this.membership, this.#activity) === 'won';
  }

  /**
   * Changes the membership and keeps the progress of remaining members.
   * @param joined members whose logs are unknown
   * @param next index at which their logs are probed first
   */
  changeTo(membership: RaftMembership, joined: ReadonlySet<ReplicaId>, next: number): void {
    for (const replica of joined) this.#progress.delete(replica);
    this.membership = membership;
    const before = this.members;
    this.#track(next);
    for (const progress of this.members) {
      // Counts a new member as active, because it had no chance to answer yet and must not end the leadership.
      if (!before.includes(progress)) progress.recentlyActive = true;
    }
  }

  forgetVotes(): void {
    this.#votes.clear();
  }

  /** Records a vote. Only the first vote of a replica counts. */
  recordVote(replica: ReplicaId, granted: boolean): quorum.VoteResult {
    if (!this.#votes.has(replica)) this.#votes.set(replica, granted);
    return quorum.voteResult(this.membership, this);
  }

  acknowledgedIndex(voter: ReplicaId): number | undefined {
    return this.#progress.get(voter)?.match;
  }

  ballot(voter: ReplicaId): boolean | undefined {
    return this.#votes.get(voter);
  }

  #track(next: number): void {
    const replicas = allMembers(this.membership);
    this.members = replicas.map((replica) => {
      const isLearner = this.membership.learners.includes(replica);
      const progress = this.#progress.get(replica) ?? new Progress(replica, next, isLearner, this.#limits);
      progress.isLearner = isLearner;
      return progress;
    });
    this.#progress.clear();
    for (const progress of this.members) this.#progress.set(progress.replica, progress);
  }
}
