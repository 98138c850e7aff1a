import { assert } from '../wire/assertion.ts';
import { TIMES } from '../wire/times.ts';

/**
 * The log time that a leader gives to entries. It sums up the time during which any replica led, measured by the
 * monotonic clock of each leader. It never runs faster than real time, because keys must not expire early:
 *
 * - A new leader continues from the latest time that it has applied. It drops the time that it counted in earlier terms,
 *   because another replica may have led meanwhile. Unapplied entries may carry a later time. They precede all entries
 *   of the new leader, and replicas apply the maximum.
 * - A long pause between two readings is not counted, because the clock may have jumped.
 */
export class LogClock {
  /** The latest time of an applied entry. */
  #appliedMs = 0;
  #latestMs = 0;
  #term = 0;
  /** Local time up to which the log time is counted. Undefined while this replica does not lead. */
  #countedUntilMs: number | undefined;

  /** Takes the log time of an applied entry. */
  observe(logTimeMs: number): void {
    this.#appliedMs = Math.max(this.#appliedMs, logTimeMs);
    this.#latestMs = Math.max(this.#latestMs, logTimeMs);
  }

  /** Starts or continues leadership. @param nowMs monotonic milliseconds since any origin */
  lead(term: number, nowMs: number): void {
    if (this.#countedUntilMs !== undefined && this.#term === term) return;
    this.#term = term;
    this.#latestMs = this.#appliedMs;
    this.#countedUntilMs = nowMs;
  }

  /** Ends leadership. From now on, the next leader counts the log time. */
  follow(): void {
    this.#countedUntilMs = undefined;
  }

  /**
   * The log time for the leader's next entry, in whole milliseconds. It never decreases within a term. Call this in
   * every tick, so that the time counts.
   */
  read(nowMs: number): number {
    assert(this.#countedUntilMs !== undefined, 'only a leader reads the log time');
    this.#latestMs += this.#passed(nowMs);
    this.#countedUntilMs = nowMs;
    return Math.floor(this.#latestMs);
  }

  /** The log time as far as this replica knows. Unlike `read`, it works on any replica. */
  estimate(nowMs: number): number {
    return Math.floor(this.#latestMs + this.#passed(nowMs));
  }

  #passed(nowMs: number): number {
    const passedMs = nowMs - (this.#countedUntilMs ?? nowMs);
    return passedMs > 0 && passedMs < TIMES.raft.logClockGapMs ? passedMs : 0;
  }
}
