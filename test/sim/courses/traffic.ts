/** Counts the frames that radiants send. */
import { isResponse } from '../../../src/sim/network/frame-direction.ts';
import type { ObservedRadiant, Observer } from '../../../src/sim/world/observer.ts';
import { decodeFrame } from '../../../src/wire/frames/frame-codec.ts';
import { decodeRaftMessage } from '../../../src/wire/raft/raft-codec.ts';

export interface Tally {
  /** Number of consensus frames that are requests: votes, appends, heartbeats. */
  readonly requests: number;
  /** Bytes of all consensus frames, requests and responses. */
  readonly consensusBytes: number;
  /** Bytes of all frames, including presence announcements and client requests. */
  readonly allBytes: number;
  readonly rejectedAppends: number;
  readonly snapshotChunks: number;
}

export class Traffic implements Observer {
  #counted: Tally | undefined;

  /** Counts the frames that are sent during the action. Other frames are not decoded, to save time. */
  during(action: () => void): Tally {
    this.#counted = NOTHING;
    action();
    const counted = this.#counted;
    this.#counted = undefined;
    return counted;
  }

  sent(_radiant: ObservedRadiant, bytes: Uint8Array): void {
    if (this.#counted !== undefined) this.#counted = sum(this.#counted, tallyOf(bytes));
  }
}

const NOTHING: Tally = { requests: 0, consensusBytes: 0, allBytes: 0, rejectedAppends: 0, snapshotChunks: 0 };

function tallyOf(bytes: Uint8Array): Tally {
  const { body } = decodeFrame(bytes);
  const tally = { ...NOTHING, allBytes: bytes.length };
  if (body.kind === 'snapshot-chunk') return { ...tally, snapshotChunks: 1 };
  if (body.kind !== 'consensus') return tally;
  const { type, reject } = decodeRaftMessage(body.message);
  return {
    ...tally,
    consensusBytes: bytes.length,
    requests: isResponse(type) ? 0 : 1,
    rejectedAppends: type === 'append-response' && reject ? 1 : 0,
  };
}

function sum(one: Tally, other: Tally): Tally {
  return {
    requests: one.requests + other.requests,
    consensusBytes: one.consensusBytes + other.consensusBytes,
    allBytes: one.allBytes + other.allBytes,
    rejectedAppends: one.rejectedAppends + other.rejectedAppends,
    snapshotChunks: one.snapshotChunks + other.snapshotChunks,
  };
}
