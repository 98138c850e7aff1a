/**
 * Follower: a leader's snapshot message names a state, and does not hold it. It waits here until the
 * state itself is here, and only then the core takes it. Nothing of this outlives a crash: the leader
 * offers it again, and what was fetched of it by then is still on the disk.
 */
import { assert } from '../../wire/assertion.ts';
import type { LogIndex } from '../../wire/identifiers.ts';
import type { RaftMessage, RaftSnapshot } from '../../wire/raft/message.ts';
import type { SnapshotFetch } from '../contract.ts';
import type { RaftCore } from './core.ts';

interface Offer {
  readonly message: RaftMessage;
  readonly snapshot: RaftSnapshot;
}

export class SnapshotIntake {
  readonly #core: RaftCore;
  #awaited: Offer | undefined;
  #isTold = true;

  constructor(core: RaftCore) {
    this.#core = core;
  }

  /** A leader offers a snapshot. */
  offered(message: RaftMessage): void {
    const { snapshot } = message;
    assert(snapshot !== undefined, 'a snapshot message holds a snapshot');
    // A deposed leader's: the one of this term offers its own, if it has to.
    if (message.term < this.#core.term) return;
    if (!this.#core.needsSnapshot(snapshot)) {
      // The answer says how far this replica is: so the leader learns that it may go on from there.
      this.#core.step(message);
      return;
    }
    // One after the other: it is offered again.
    if (this.#core.log.hasPendingSnapshot) return;
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

  /** The state is here: the core takes it, unless its log came there by itself. */
  fetched(index: LogIndex): void {
    const wanted = this.#wanted();
    if (wanted?.snapshot.index !== index) return;
    this.#awaited = undefined;
    if (wanted.message.term >= this.#core.term) this.#core.step(wanted.message);
    else this.#core.takeFetchedSnapshot(wanted.snapshot);
  }

  #wanted(): Offer | undefined {
    if (this.#awaited !== undefined && !this.#core.needsSnapshot(this.#awaited.snapshot)) this.#awaited = undefined;
    return this.#awaited;
  }
}
