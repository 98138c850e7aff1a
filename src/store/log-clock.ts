import { assert } from '../wire/assertion.ts';

/**
 * The log time that a leader gives to entries. It is the sum of the elapsed monotonic time of all leaders. A new leader
 * continues from the latest time it has applied. Unapplied entries of its predecessors may carry a later time. This is
 * harmless, since replicas apply the maximum.
 */
export class LogClock {
  #latestMs = 0;
  /** Local time up to which leadership is counted. Undefined while another replica leads. */
  #countedUntilMs: number | undefined;

  /** Takes the log time of an applied entry. */
  observe(logTimeMs: number): void {
    this.#latestMs = Math.max(this.#latestMs, logTimeMs);
  }

  /** Starts or continues leadership. @param nowMs monotonic milliseconds since any origin */
  lead(nowMs: number): void {
    this.#countedUntilMs ??= nowMs;
  }

  /** Ends leadership. The next leader counts the time from here on. */
  follow(): void {
    this.#countedUntilMs = undefined;
  }

  /** The log time for the leader's next entry, in whole milliseconds. It never decreases. */
  read(nowMs: number): number {
    assert(this.#countedUntilMs !== undefined, 'only a leader reads the log time');
    this.#latestMs += Math.max(0, nowMs - this.#countedUntilMs);
    this.#countedUntilMs = nowMs;
    return Math.floor(this.#latestMs);
  }
}
