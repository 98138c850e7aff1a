/** How long a follower waited for a word of its herald, at most, as long as that one has led. */
import type { ReplicaId } from '../../wire/identifiers.ts';

export class HeartbeatGap {
  #herald: ReplicaId | undefined;
  #term = 0;
  #lastMs = 0;
  #longestMs = 0;

  /** Undefined: it leads itself, or follows nobody. */
  get longestMs(): number | undefined {
    return this.#herald === undefined ? undefined : this.#longestMs;
  }

  /** Whom this replica follows now. A new term begins anew. */
  follow(herald: ReplicaId | undefined, term: number, nowMs: number): void {
    if (this.#herald === herald && this.#term === term) return;
    this.#herald = herald;
    this.#term = term;
    this.#lastMs = nowMs;
    this.#longestMs = 0;
  }

  /** A message of a replica arrived. */
  heard(from: ReplicaId, nowMs: number): void {
    if (from !== this.#herald) return;
    this.#longestMs = Math.max(this.#longestMs, nowMs - this.#lastMs);
    this.#lastMs = nowMs;
  }
}
