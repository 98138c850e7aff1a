/** Time as a radiant lives it: it stands still within one event, and a gap between events is noticed. */
import { INTERVALS } from '../wire/limits.ts';
import type { Environment } from './environment.ts';

export class Clock {
  readonly #environment: Environment;
  #nowMs: number;
  #lastTickMs: number;

  constructor(environment: Environment) {
    this.#environment = environment;
    this.#nowMs = environment.nowMs();
    this.#lastTickMs = this.#nowMs;
  }

  /** Monotonic milliseconds at the event that is being handled. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** @returns whether this radiant stood still before this event: then nobody else is to blame for silence */
  advance(): boolean {
    const before = this.#nowMs;
    this.#nowMs = Math.max(before, this.#environment.nowMs());
    return this.#nowMs - before >= INTERVALS.clockGapMs;
  }

  /** Whether so much time has passed since the last tick that counting ticks is no measure of it (design, rule 15). */
  isTickLate(): boolean {
    return this.#nowMs - this.#lastTickMs >= 2 * INTERVALS.tickMs;
  }

  /**
   * Whether a tick of time has passed. The host's timer says so, or any other event where that timer is late:
   * browsers let some fire once a second only. What a wake-up delivers in a burst is one tick (design, rule 9).
   */
  takesTick(isFromTimer: boolean): boolean {
    const leastMs = isFromTimer ? INTERVALS.tickMs / 2 : INTERVALS.tickMs;
    if (this.#nowMs - this.#lastTickMs < leastMs) return false;
    this.#lastTickMs = this.#nowMs;
    return true;
  }
}
