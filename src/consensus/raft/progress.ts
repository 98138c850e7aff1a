/** A leader's knowledge of one replica's log. Invariant: `match < next`; the entries between are under way. */
import { assert } from '../../wire/assertion.ts';
import type { ReplicaId } from '../../wire/identifiers.ts';

export interface InflightLimits {
  readonly messages: number;
  /** Checked before a message is added. The last one may exceed it. */
  readonly bytes: number;
}

/**
 * `probe`: one message at a time, until the leader knows where the logs agree.
 * `replicate`: entries are sent ahead of their acknowledgements.
 * `snapshot`: the missing entries are compacted. A snapshot is under way, and nothing else is sent.
 */
export type ProgressState = 'probe' | 'replicate' | 'snapshot';

export class Progress {
  readonly replica: ReplicaId;
  readonly inflights: Inflights;
  isLearner: boolean;
  state: ProgressState = 'probe';
  /** The last index that the follower has flushed and that agrees with the leader's log. */
  match = 0;
  /** The next index to send. */
  next: number;
  /** Index of the snapshot under way; 0: none. */
  pendingSnapshot = 0;
  /** The snapshot is sent again at the follower's next answer, since the message may be lost. */
  offerDue = false;
  /** Answered since the last check of the quorum. */
  recentlyActive = false;
  /** Counts answers, so that `CatchUp` notices a new one. */
  answers = 0;
  /** Paused until the follower answers a message or a heartbeat. */
  flowPaused = false;
  /** Highest commit index under way. The follower applies it only up to `next - 1`. */
  #sentCommit = 0;

  constructor(replica: ReplicaId, next: number, isLearner: boolean, limits: InflightLimits) {
    assert(next >= 1, 'the log begins at index 1');
    this.replica = replica;
    this.next = next;
    this.isLearner = isLearner;
    this.inflights = new Inflights(limits);
  }

  /** At the start of a term. */
  reset(next: number): void {
    this.#enter('probe');
    this.match = 0;
    this.next = next;
    this.recentlyActive = false;
    this.#sentCommit = 0;
  }

  becomeProbe(): void {
    // A snapshot that has arrived is the better place to probe from.
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

  /** An append message with `entryCount` entries of `bytes` payload was sent. */
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
    // A full window pauses like a probe, until an answer to an append or heartbeat.
    this.flowPaused = this.inflights.full;
  }

  sentCommit(commit: number): void {
    this.#sentCommit = commit;
  }

  /** Whether sending `commit` would advance the follower's commit index. */
  commitIsNews(commit: number): boolean {
    return commit > this.#sentCommit && this.#sentCommit < this.next - 1;
  }

  /** The follower has flushed up to `index`. Returns whether that is new. */
  acknowledged(index: number): boolean {
    if (index <= this.match) return false;
    this.match = index;
    this.next = Math.max(this.next, index + 1);
    this.flowPaused = false;
    return true;
  }

  /**
   * The follower rejected entries after `rejected`; its log may agree at `hint`. Returns false for an outdated
   * rejection.
   */
  rejected(rejected: number, hint: number): boolean {
    if (this.state === 'replicate') {
      if (rejected <= this.match) return false;
      this.next = this.match + 1;
      this.#forgetUnlikelyCommit();
      return true;
    }
    // Outside of `replicate` one message is under way, so any other index is outdated.
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

/**
 * The append messages under way to one follower, bounded in number and bytes. Their last indexes never decrease, so an
 * acknowledgement frees a prefix.
 */
export class Inflights {
  readonly #limits: InflightLimits;
  /** Ring of last indexes and sizes. It grows on demand, so an idle follower costs nothing. */
  #lastIndexes: number[] = [];
  #sizes: number[] = [];
  #start = 0;
  #count = 0;
  #bytes = 0;

  constructor(limits: InflightLimits) {
    assert(limits.messages > 0, 'at least one message may be in flight');
    this.#limits = limits;
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get full(): boolean {
    return this.#count >= this.#limits.messages || this.#bytes >= this.#limits.bytes;
  }

  add(lastIndex: number, bytes: number): void {
    assert(!this.full, 'no message is sent while the window is full');
    assert(
      this.#count === 0 || lastIndex >= this.#lastIndexAt(this.#count - 1),
      'messages leave in the order of their entries',
    );
    if (this.#count === this.#lastIndexes.length) this.#grow();
    const at = (this.#start + this.#count) % this.#lastIndexes.length;
    this.#lastIndexes[at] = lastIndex;
    this.#sizes[at] = bytes;
    this.#count++;
    this.#bytes += bytes;
  }

  /** All messages up to `index` have arrived. */
  freeThrough(index: number): void {
    while (this.#count > 0 && this.#lastIndexAt(0) <= index) {
      this.#bytes -= this.#sizes[this.#start] ?? 0;
      this.#start = (this.#start + 1) % this.#lastIndexes.length;
      this.#count--;
    }
  }

  clear(): void {
    this.#start = 0;
    this.#count = 0;
    this.#bytes = 0;
  }

  #lastIndexAt(offset: number): number {
    return this.#lastIndexes[(this.#start + offset) % this.#lastIndexes.length] ?? 0;
  }

  #grow(): void {
    const size = Math.min(Math.max(1, 2 * this.#count), this.#limits.messages);
    const ring = Array.from({ length: size }, (_, offset) => (this.#start + offset) % Math.max(1, this.#count));
    const lastIndexes = ring.map((at) => this.#lastIndexes[at] ?? 0);
    const sizes = ring.map((at) => this.#sizes[at] ?? 0);
    this.#lastIndexes = lastIndexes;
    this.#sizes = sizes;
    this.#start = 0;
  }
}
