/** A replica with lease reads and its own clock. It flushes and applies at once, and can crash. */
import { Replica } from '../../src/consensus/raft/replica.ts';
import { applied, flushed, hasReady, takeReady } from '../../src/consensus/raft/ready.ts';
import { applyChange } from '../../src/consensus/raft/reconfiguration.ts';
import { step } from '../../src/consensus/raft/step.ts';
import { tick } from '../../src/consensus/raft/tick.ts';
import type { ConfirmedRead } from '../../src/consensus/raft/read-index.ts';
import { asLogIndex, type ReplicaId } from '../../src/wire/identifiers.ts';
import { decodeMembershipChange } from '../../src/wire/raft/membership-codec.ts';
import type { RaftEntry, RaftHardState, RaftMembership, RaftMessage } from '../../src/wire/raft/message.ts';
import { DEFAULTS } from './replica-group.ts';

/** Length of a tick on the fastest clock. */
export const TICK_MS = 100;
/** Election timeout in ticks. The number is odd, because rounding then does not shorten the lease. */
export const NODE_ELECTION_TICKS = 7;

export class LeaseNode {
  readonly id: ReplicaId;
  readonly #birth: RaftMembership;
  readonly #random: () => number;
  #replica: Replica;
  #hardState: RaftHardState = { term: 0, vote: undefined, commit: asLogIndex(0) };
  readonly #entries: RaftEntry[] = [];
  #tickedMs = 0;
  nextTickMs = 0;
  /** Time until which the process is stopped or the computer sleeps. */
  frozenUntilMs = 0;
  granted: ConfirmedRead[] = [];

  constructor(id: ReplicaId, birth: RaftMembership, random: () => number) {
    this.id = id;
    this.#birth = birth;
    this.#random = random;
    this.#replica = this.#start(true);
  }

  get replica(): Replica {
    return this.#replica;
  }

  restart(nowMs: number): void {
    this.#replica = this.#start(false);
    this.#tickedMs = nowMs;
    this.take();
  }

  /**
   * Reports a late tick to the lease if the latest tick was at least two tick lengths ago. Call this before any other
   * event of the node.
   */
  wake(nowMs: number): void {
    if (nowMs - this.#tickedMs >= 2 * TICK_MS) this.#replica.lease.onLateTick();
  }

  tick(nowMs: number): void {
    tick(this.#replica);
    this.#tickedMs = nowMs;
  }

  /** Handles each `Ready`, and returns the messages to send. */
  take(): readonly RaftMessage[] {
    const leaving: RaftMessage[] = [];
    while (hasReady(this.#replica)) {
      const { hardState, entries, committed, messages, messagesAfterFlush, flushPoint, reads } = takeReady(
        this.#replica,
      );
      if (hardState !== undefined) this.#hardState = hardState;
      const [first] = entries;
      if (first !== undefined) this.#entries.splice(first.index - 1, Number.POSITIVE_INFINITY, ...entries);
      leaving.push(...messages);
      for (const message of messagesAfterFlush) {
        if (message.to === this.id) step(this.#replica, message);
        else leaving.push(message);
      }
      if (flushPoint !== undefined) flushed(this.#replica, flushPoint);
      for (const { kind, payload } of committed) {
        if (kind === 'membership') applyChange(this.#replica, decodeMembershipChange(payload));
      }
      const last = committed.at(-1);
      if (last !== undefined) applied(this.#replica, last.index);
      this.granted.push(...reads);
    }
    return leaving;
  }

  #start(isFirst: boolean): Replica {
    return new Replica(
      {
        ...DEFAULTS,
        replica: this.id,
        electionTicks: NODE_ELECTION_TICKS,
        // In half of the draws, the election timeout is the shortest that is allowed.
        random: () => Math.max(0, 2 * this.#random() - 1),
        preVote: this.#random() < 0.5,
        reads: 'lease',
        snapshot: () => undefined,
      },
      {
        hardState: this.#hardState,
        base: { index: 0, term: 0 },
        entries: [...this.#entries],
        applied: 0,
        membership: this.#birth,
        isFirst,
      },
    );
  }
}
