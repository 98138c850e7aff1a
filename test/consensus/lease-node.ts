/** A core whose reads rest on a lease, on a clock of its own: it flushes and applies at once, and can crash. */
import { RaftCore } from '../../src/consensus/raft/core.ts';
import type { ConfirmedRead } from '../../src/consensus/raft/read-index.ts';
import { asLogIndex, type ReplicaId } from '../../src/wire/identifiers.ts';
import { decodeMembershipChange } from '../../src/wire/raft/membership-codec.ts';
import type { RaftEntry, RaftHardState, RaftMembership, RaftMessage } from '../../src/wire/raft/message.ts';
import { DEFAULTS } from './core-group.ts';

/** What a tick takes on the fastest clock. */
export const TICK_MS = 100;
/** Odd: half of what is left of it without one tick is a whole number, so the lease is as long as it can be. */
export const NODE_ELECTION_TICKS = 7;

export class LeaseNode {
  readonly id: ReplicaId;
  readonly #birth: RaftMembership;
  readonly #random: () => number;
  #core: RaftCore;
  #hardState: RaftHardState = { term: 0, vote: undefined, commit: asLogIndex(0) };
  readonly #entries: RaftEntry[] = [];
  #tickedMs = 0;
  nextTickMs = 0;
  /** Its process is stopped, or its computer asleep: until then nothing happens here. */
  frozenUntilMs = 0;
  granted: ConfirmedRead[] = [];

  constructor(id: ReplicaId, birth: RaftMembership, random: () => number) {
    this.id = id;
    this.#birth = birth;
    this.#random = random;
    this.#core = this.#start(true);
  }

  get core(): RaftCore {
    return this.#core;
  }

  restart(nowMs: number): void {
    this.#core = this.#start(false);
    this.#tickedMs = nowMs;
    this.take();
  }

  /** Before anything happens here: it looks at its clock. */
  wake(nowMs: number): void {
    if (nowMs - this.#tickedMs >= 2 * TICK_MS) this.#core.stoodStill();
  }

  tick(nowMs: number): void {
    this.#core.tick();
    this.#tickedMs = nowMs;
  }

  /** Does what the core wants done, and returns what leaves. */
  take(): readonly RaftMessage[] {
    const leaving: RaftMessage[] = [];
    while (this.#core.hasReady()) {
      const { hardState, entries, committed, messages, messagesAfterFlush, mark, reads } = this.#core.ready();
      if (hardState !== undefined) this.#hardState = hardState;
      const [first] = entries;
      if (first !== undefined) this.#entries.splice(first.index - 1, Number.POSITIVE_INFINITY, ...entries);
      leaving.push(...messages);
      for (const message of messagesAfterFlush) {
        if (message.to === this.id) this.#core.step(message);
        else leaving.push(message);
      }
      if (mark !== undefined) this.#core.flushed(mark);
      for (const { kind, payload } of committed) {
        if (kind === 'membership') this.#core.applyMembershipChange(decodeMembershipChange(payload));
      }
      const last = committed.at(-1);
      if (last !== undefined) this.#core.applied(last.index);
      this.granted.push(...reads);
    }
    return leaving;
  }

  #start(isFirst: boolean): RaftCore {
    return new RaftCore(
      {
        ...DEFAULTS,
        replica: this.id,
        electionTicks: NODE_ELECTION_TICKS,
        // Often the first moment that is allowed.
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
