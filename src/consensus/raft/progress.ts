/**
 * What a leader knows about one replica's log, and how it may send to it.
 * Invariant: `match < next`; the entries between are under way.
 */
import { assert } from '../../wire/assertion.ts';
import type { ReplicaId } from '../../wire/identifiers.ts';
import { type InflightLimits, Inflights } from './inflights.ts';

/**
 * `probe`: one message at a time, until it is known where the logs agree.
 * `replicate`: entries are sent ahead of their acknowledgements.
 * `snapshot`: the entries that it needs are gone; a snapshot is under way, nothing else is sent.
 */
export type ProgressState = 'probe' | 'replicate' | 'snapshot';

export class Progress {
  readonly replica: ReplicaId;
  readonly inflights: Inflights;
  isLearner: boolean;
  state: ProgressState = 'probe';
  /** The follower's log agrees with the leader's up to here, and is flushed. */
  match = 0;
  /** The next entry to send. */
  next: number;
  /** Last index of the snapshot under way; 0: none. */
  pendingSnapshot = 0;
  /** The snapshot under way is offered again with the follower's next sign of life: the message may be lost. */
  offerDue = false;
  /** Heard of since the last check of the quorum. */
  recentlyActive = false;
  /** Counts the replica's answers, so that a reader can tell whether another one came. */
  answers = 0;
  /** Nothing is sent until the follower answers a message or a heartbeat. */
  flowPaused = false;
  /** Highest commit index under way; the follower takes it no further than `next - 1`. */
  #sentCommit = 0;

  constructor(replica: ReplicaId, next: number, isLearner: boolean, limits: InflightLimits) {
    assert(next >= 1, 'the log begins at index 1');
    this.replica = replica;
    this.next = next;
    this.isLearner = isLearner;
    this.inflights = new Inflights(limits);
  }

  /** A new term knows nothing of what the follower holds. */
  reset(next: number): void {
    this.#enter('probe');
    this.match = 0;
    this.next = next;
    this.recentlyActive = false;
    this.#sentCommit = 0;
  }

  becomeProbe(): void {
    // A snapshot that arrived is the better place to probe from.
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
    this.#sentCommit = lastIndex;
  }

  get paused(): boolean {
    return this.state === 'snapshot' || this.flowPaused;
  }

  answered(): void {
    this.recentlyActive = true;
    this.answers++;
  }

  /** An append message with `entryCount` entries of `bytes` payload left. */
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
    // A message that fills the window is a probe too: an answer or a heartbeat's answer lets the flow go on.
    this.flowPaused = this.inflights.full;
  }

  sentCommit(commit: number): void {
    this.#sentCommit = commit;
  }

  /** Whether telling the follower `commit` would move its own. */
  commitIsNews(commit: number): boolean {
    return commit > this.#sentCommit && this.#sentCommit < this.next - 1;
  }

  /** The follower has flushed everything up to `index`. Returns whether that is news. */
  acknowledged(index: number): boolean {
    if (index <= this.match) return false;
    this.match = index;
    this.next = Math.max(this.next, index + 1);
    this.flowPaused = false;
    return true;
  }

  /**
   * The follower refused entries after `rejected`; its log may agree at `hint`.
   * Returns false for a stale refusal.
   */
  rejected(rejected: number, hint: number): boolean {
    if (this.state === 'replicate') {
      if (rejected <= this.match) return false;
      this.next = this.match + 1;
      this.#forgetUnlikelyCommit();
      return true;
    }
    // Outside of `replicate` one entry is probed at a time, so any other index is an old answer.
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
    this.#sentCommit = Math.min(this.#sentCommit, this.next - 1);
  }
}
