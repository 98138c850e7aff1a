/**
 * Leases for reads (Ongaro's dissertation, §6.4.1). A replica that answers a heartbeat helps no other replica to be
 * elected for one election timeout. The leader counts that time from the moment it sent the heartbeat, which is
 * earlier. Its lease is valid while a quorum is bound. Heartbeats carry a timestamp and answers return it, so a late
 * answer counts as an old one.
 *
 * Timestamps are ticks of this leader. The lease is one tick shorter, since a heartbeat may arrive right before a
 * tick. It is halved again, so reads are safe while no tick of the leader takes longer than two ticks of a voter.
 */
import type { ReplicaId } from '../../wire/identifiers.ts';
import type { RaftMembership } from '../../wire/raft/message.ts';
import * as quorum from './quorum.ts';

export class Lease implements quorum.AcknowledgedIndexes {
  readonly #self: ReplicaId;
  /** Ticks for which an answer counts. */
  readonly #length: number;
  #now: number;
  #isReleased = false;
  /** When the newest heartbeat that each replica answered was sent. */
  readonly #sentTicks = new Map<ReplicaId, number>();

  constructor(self: ReplicaId, electionTicks: number) {
    this.#self = self;
    this.#length = Math.floor((electionTicks - 1) / 2);
    // Timestamp 0 stands for replicas without an answer, and has to be too old.
    this.#now = this.#length;
  }

  /** Timestamp of a heartbeat sent now. */
  get now(): number {
    return this.#now;
  }

  tick(): void {
    this.#now++;
  }

  /** An unknown time has passed, so all earlier heartbeats are too old. */
  onLateTick(): void {
    this.#now += this.#length;
  }

  answered(replica: ReplicaId, sentTick: number): void {
    // A timestamp that was never sent.
    if (sentTick > this.#now || sentTick <= (this.#sentTicks.get(replica) ?? 0)) return;
    this.#sentTicks.set(replica, sentTick);
  }

  /** For the rest of the term, because the transferee may campaign at any time. */
  release(): void {
    this.#isReleased = true;
  }

  clear(): void {
    this.#now = this.#length;
    this.#isReleased = false;
    this.#sentTicks.clear();
  }

  /** Whether a quorum is bound, in both halves of a joint membership. */
  isValid(membership: RaftMembership): boolean {
    return !this.#isReleased && quorum.committedIndex(membership, this) > this.#now - this.#length;
  }

  acknowledgedIndex(voter: ReplicaId): number | undefined {
    return voter === this.#self ? this.#now : this.#sentTicks.get(voter);
  }
}
