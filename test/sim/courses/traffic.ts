/** What radiants send to each other for consensus, counted as it leaves them. */
import { isResponse } from '../../../src/sim/frame-direction.ts';
import type { ObservedRadiant, Observer } from '../../../src/sim/observer.ts';
import { decodeFrame } from '../../../src/wire/frame-codec.ts';
import { decodeRaftMessage } from '../../../src/wire/raft-codec.ts';

export interface Tally {
  /** Consensus frames that ask for something: votes, appends, heartbeats. Answers are not among them. */
  readonly requests: number;
  /** Whole consensus frames, requests and answers. */
  readonly consensusBytes: number;
  /** All frames: presence and clients' requests as well. */
  readonly allBytes: number;
  /** Appends that did not fit behind the follower's log. */
  readonly rejectedAppends: number;
  /** Pieces of states that were sent. */
  readonly snapshotChunks: number;
}

export class Traffic implements Observer {
  #requests = 0;
  #consensusBytes = 0;
  #allBytes = 0;
  #rejectedAppends = 0;
  #snapshotChunks = 0;

  sent(_radiant: ObservedRadiant, bytes: Uint8Array): void {
    this.#allBytes += bytes.length;
    const { body } = decodeFrame(bytes);
    if (body.kind === 'snapshot-chunk') this.#snapshotChunks++;
    if (body.kind !== 'consensus') return;
    this.#consensusBytes += bytes.length;
    const { type, reject } = decodeRaftMessage(body.message);
    if (!isResponse(type)) this.#requests++;
    else if (type === 'append-response' && reject) this.#rejectedAppends++;
  }

  /** Since the world began. */
  get tally(): Tally {
    return {
      requests: this.#requests,
      consensusBytes: this.#consensusBytes,
      allBytes: this.#allBytes,
      rejectedAppends: this.#rejectedAppends,
      snapshotChunks: this.#snapshotChunks,
    };
  }

  /** What an action caused. */
  during(action: () => void): Tally {
    const before = this.tally;
    action();
    const after = this.tally;
    return {
      requests: after.requests - before.requests,
      consensusBytes: after.consensusBytes - before.consensusBytes,
      allBytes: after.allBytes - before.allBytes,
      rejectedAppends: after.rejectedAppends - before.rejectedAppends,
      snapshotChunks: after.snapshotChunks - before.snapshotChunks,
    };
  }
}
