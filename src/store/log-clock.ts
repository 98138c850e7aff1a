import { assert } from '../wire/assertion.ts';

/**
 * The log time that a leader gives to entries. It sums up the time during which any replica led, measured by the
 * monotonic clock of each leader. A new leader continues from the latest time it has applied. Unapplied entries of its
 * predecessors may carry a later time. This is harmless, since replicas apply the maximum.
 */
export class LogClock {
  #latestMs = 0;
  /** Local time up to which the log time is counted. Undefined while this replica does not lead. */
  #countedUntilMs: number | undefined;

  /** Takes the log time of an applied entry. */
  observe(logTimeMs: number): void {
    this.#latestMs = Math.max(this.#latestMs, logTimeMs);
  }

  /** Starts or continues leadership. @param nowMs monotonic milliseconds since any origin */
  lead(nowMs: number): void {
    this.#countedUntilMs ??= nowMs;
  }

  /** Ends leadership. From now on, the next leader counts the log time. */
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
