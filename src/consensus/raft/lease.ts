/**
 * How long a leader may answer reads without asking (Ongaro's dissertation, §6.4.1). Whoever answered one of its
 * heartbeats helps nobody else into office for an election time-out from then on. The leader does not know when that
 * was, but it was not before the heartbeat was SENT: so the lease is counted from there, and is in force as long as a
 * quorum is bound. Heartbeats carry the date, answers carry it back; an answer that comes late is an old one.
 *
 * Dates are ticks of this leader. One tick is lost since the heartbeat may have come right before a tick of its
 * receiver, and of the rest half is left: so no harm is done as long as none of the leader's ticks takes longer than
 * two of a voter's.
 */
import type { ReplicaId } from '../../wire/identifiers.ts';
import type { RaftMembership } from '../../wire/raft/message.ts';
import * as quorum from './quorum.ts';

export class Lease implements quorum.AcknowledgedIndexes {
  readonly #self: ReplicaId;
  /** How many ticks a heartbeat is worth. */
  readonly #length: number;
  #now: number;
  #isReleased = false;
  /** When the newest heartbeat that each one answered was sent. */
  readonly #sentTicks = new Map<ReplicaId, number>();

  constructor(self: ReplicaId, electionTicks: number) {
    this.#self = self;
    this.#length = Math.floor((electionTicks - 1) / 2);
    // Who never answered counts as having done so at date 0, which is too long ago.
    this.#now = this.#length;
  }

  /** The date of what is sent now. */
  get now(): number {
    return this.#now;
  }

  tick(): void {
    this.#now++;
  }

  /** Nobody knows how much time has passed: whatever was sent before is worth nothing any more. */
  onLateTick(): void {
    this.#now += this.#length;
  }

  answered(replica: ReplicaId, date: number): void {
    // What was never sent cannot be answered.
    if (date > this.#now || date <= (this.#sentTicks.get(replica) ?? 0)) return;
    this.#sentTicks.set(replica, date);
  }

  /** For the rest of the term: someone was told to stand for election at once, and may hear of it at any time. */
  release(): void {
    this.#isReleased = true;
  }

  /** The replica leads no more, or anew. */
  clear(): void {
    this.#now = this.#length;
    this.#isReleased = false;
    this.#sentTicks.clear();
  }

  /** Whether nobody else can have been elected by now: a quorum of these members (of both halves) is bound. */
  isValid(membership: RaftMembership): boolean {
    return !this.#isReleased && quorum.committedIndex(membership, this) > this.#now - this.#length;
  }

  acknowledgedIndex(voter: ReplicaId): number | undefined {
    return voter === this.#self ? this.#now : this.#sentTicks.get(voter);
  }
}
