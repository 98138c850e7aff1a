/**
 * Follower: a leader's snapshot message names a state, and does not hold it. It waits here until the
 * state itself is here, and only then the replica takes it. Nothing of this outlives a crash: the leader
 * offers it again, and what was fetched of it by then is still on the disk.
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
  #isTold = true;

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  /** A leader offers a snapshot. */
  offered(message: RaftMessage): void {
    const { snapshot } = message;
    assert(snapshot !== undefined, 'a snapshot message holds a snapshot');
    // A deposed leader's: the one of this term offers its own, if it has to.
    if (message.term < this.#replica.term) return;
    if (!needsSnapshot(this.#replica, snapshot)) {
      // The answer says how far this replica is: so the leader learns that it may go on from there.
      step(this.#replica, message);
      return;
    }
    // One after the other: it is offered again.
    if (this.#replica.log.hasPendingSnapshot) return;
    const awaited = this.#awaited;
    const isOvertaken = awaited?.message.term === message.term && snapshot.index < awaited.snapshot.index;
    if (isOvertaken) return;
    this.#awaited = { message, snapshot };
    this.#isTold = false;
  }

  /** What is to be fetched, each time that it was offered. */
  takeFetch(): SnapshotFetch | undefined {
    if (this.#isTold) return undefined;
    this.#isTold = true;
    const wanted = this.#wanted();
    if (wanted === undefined) return undefined;
    const { index, payload: description } = wanted.snapshot;
    return { from: wanted.message.from, index, description };
  }

  /** The state is here: the replica takes it, unless its log came there by itself. */
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
