import { assert } from '../wire/assertion.ts';

/**
 * Log time as a leader gives it to entries: the sum of the leaders' elapsed monotonic time. A new leader goes on from
 * the latest that it knows. Entries of its predecessors that it has not applied yet may carry a little more, which is
 * harmless: whoever applies takes the larger of the two.
 */
export class LogClock {
  #latestMs = 0;
  /** Until when the time led was added; undefined: another leads. */
  #countedUntilMs: number | undefined;

  /** An entry with this log time was applied. */
  observe(logTimeMs: number): void {
    this.#latestMs = Math.max(this.#latestMs, logTimeMs);
  }

  /** This replica leads, from now on or still. @param nowMs monotonic milliseconds, from any origin */
  lead(nowMs: number): void {
    this.#countedUntilMs ??= nowMs;
  }

  /** This replica does not lead any more: the time that passes is another's to count. */
  follow(): void {
    this.#countedUntilMs = undefined;
  }

  /** The log time now, in whole milliseconds, for a leader's next entry; never less than before. */
  read(nowMs: number): number {
    assert(this.#countedUntilMs !== undefined, 'only a leader tells the log time');
    this.#latestMs += Math.max(0, nowMs - this.#countedUntilMs);
    this.#countedUntilMs = nowMs;
    return Math.floor(this.#latestMs);
  }
}
