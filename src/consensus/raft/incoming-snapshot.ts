/**
 * A snapshot that a leader offered to this follower. The message only describes the state, and waits here until the
 * state itself has been fetched. A crash loses the offer. The leader repeats it, and chunks already fetched stay on the
 * disk.
 */
import { assert } from '../../wire/assertion.ts';
import type { LogIndex } from '../../wire/identifiers.ts';
import type { RaftMessage, RaftSnapshot } from '../../wire/raft/message.ts';
import type { SnapshotFetch } from '../contract.ts';
import type { Replica } from './replica.ts';
import { needsSnapshot, takeFetchedSnapshot } from './snapshots.ts';
import { step } from './step.ts';

interface Offer {
  readonly message: RaftMessage;
  readonly snapshot: RaftSnapshot;
}

export class IncomingSnapshot {
  readonly #replica: Replica;
  #awaited: Offer | undefined;
  /** Whether an offer arrived after the last `takeFetch`. */
  hasNewOffer = false;

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  offered(message: RaftMessage): void {
    const { snapshot } = message;
    assert(snapshot !== undefined, 'a snapshot message holds a snapshot');
    // An offer of an older term is ignored. The leader of the current term makes its own offer if necessary.
    if (message.term < this.#replica.term) return;
    if (!needsSnapshot(this.#replica, snapshot)) {
      // Stepping the message answers the leader with the index from which to continue.
      step(this.#replica, message);
      return;
    }
    // Only one snapshot is in progress. The leader repeats this offer later.
    if (this.#replica.log.pendingSnapshot !== undefined) return;
    const awaited = this.#awaited;
    const isOvertaken = awaited?.message.term === message.term && snapshot.index < awaited.snapshot.index;
    if (isOvertaken) return;
    this.#awaited = { message, snapshot };
    this.hasNewOffer = true;
  }

  /** Returns the fetch to start, once for each offer. */
  takeFetch(): SnapshotFetch | undefined {
    this.hasNewOffer = false;
    const wanted = this.#wanted();
    if (wanted === undefined) return undefined;
    const { index, payload: description } = wanted.snapshot;
    return { from: wanted.message.from, index, description };
  }

  /**
   * Takes the offered snapshot, whose state is completely fetched. Ignored if the commit index has reached the index of
   * the snapshot.
   */
  fetched(index: LogIndex): void {
    const wanted = this.#wanted();
    if (wanted?.snapshot.index !== index) return;
    this.#awaited = undefined;
    if (wanted.message.term >= this.#replica.term) step(this.#replica, wanted.message);
    else takeFetchedSnapshot(this.#replica, wanted.snapshot);
  }

  #wanted(): Offer | undefined {
    if (this.#awaited !== undefined && !needsSnapshot(this.#replica, this.#awaited.snapshot)) this.#awaited = undefined;
    return this.#awaited;
  }
}
