/** Measures the longest time that a follower waited for a message of its herald in this term. */
import type { ReplicaId } from '../../wire/identifiers.ts';

export class HeartbeatGap {
  #herald: ReplicaId | undefined;
  #term = 0;
  #lastMs = 0;
  #longestMs = 0;

  /** The longest time. Undefined if this replica follows no herald. */
  get longestMs(): number | undefined {
    return this.#herald === undefined ? undefined : this.#longestMs;
  }

  /** Restarts the measurement if the herald or the term is new. */
  follow(herald: ReplicaId | undefined, term: number, nowMs: number): void {
    if (this.#herald === herald && this.#term === term) return;
    this.#herald = herald;
    this.#term = term;
    this.#lastMs = nowMs;
    this.#longestMs = 0;
  }

  heard(from: ReplicaId, nowMs: number): void {
    if (from !== this.#herald) return;
    this.#longestMs = Math.max(this.#longestMs, nowMs - this.#lastMs);
    this.#lastMs = nowMs;
  }
}
