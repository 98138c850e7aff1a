/**
 * Leases for reads (Ongaro's dissertation, §6.4.1). A replica that answers a heartbeat votes for no other replica
 * during one election timeout. The leader counts that time from the moment it sent the heartbeat, which is earlier. Its
 * lease is valid while a quorum is bound by such answers. Heartbeats carry a timestamp and answers return it, so a late
 * answer counts as an old one.
 *
 * Timestamps are ticks of this leader. The lease is one tick shorter than the timeout, since a heartbeat may arrive
 * right before a tick. The rest is halved, so reads are safe while no tick of the leader takes longer than two ticks of
 * a voter.
 */
import type { ReplicaId } from '../../wire/identifiers.ts';
import type { RaftMembership } from '../../wire/raft/message.ts';
import * as quorum from './quorum.ts';

export class Lease implements quorum.AcknowledgedIndexes {
  readonly #self: ReplicaId;
  /** Ticks after the sending of a heartbeat during which its answer supports the lease. */
  readonly #length: number;
  #now: number;
  #isReleased = false;
  /** Tick at which the leader sent the newest answered heartbeat, by replica. */
  readonly #sentTicks = new Map<ReplicaId, number>();

  constructor(self: ReplicaId, electionTicks: number) {
    this.#self = self;
    this.#length = Math.floor((electionTicks - 1) / 2);
    // A replica that never answered counts with timestamp 0. The clock starts at `#length`, so that 0 is too old.
    this.#now = this.#length;
  }

  /** Timestamp of a heartbeat sent now. */
  get now(): number {
    return this.#now;
  }

  tick(): void {
    this.#now++;
  }

  /** Makes the answers to all earlier heartbeats too old, because an unknown time has passed. */
  onLateTick(): void {
    this.#now += this.#length;
  }

  answered(replica: ReplicaId, sentTick: number): void {
    // Ignores a timestamp that was never sent, and an answer older than the newest one.
    if (sentTick > this.#now || sentTick <= (this.#sentTicks.get(replica) ?? 0)) return;
    this.#sentTicks.set(replica, sentTick);
  }

  /** Ends the lease for the rest of the term, because the transferee may campaign at any time. */
  release(): void {
    this.#isReleased = true;
  }

  clear(): void {
    this.#now = this.#length;
    this.#isReleased = false;
    this.#sentTicks.clear();
  }

  /** Whether a quorum of voters is bound by its answers. During a joint membership, both halves need a quorum. */
  isValid(membership: RaftMembership): boolean {
    return !this.#isReleased && quorum.committedIndex(membership, this) > this.#now - this.#length;
  }

  acknowledgedIndex(voter: ReplicaId): number | undefined {
    return voter === this.#self ? this.#now : this.#sentTicks.get(voter);
  }
}
