/** Time as a radiant lives it: it stands still within one event, and a gap between events is noticed. */
import type { Times } from '../wire/times.ts';
import type { Environment } from './environment.ts';

/** A clock for reading. */
export type ReadableClock = Pick<Clock, 'nowMs' | 'times'>;

export class Clock {
  readonly times: Times;
  readonly #environment: Environment;
  #nowMs: number;
  #lastTickMs: number;

  constructor(environment: Environment) {
    this.#environment = environment;
    this.times = environment.times;
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
    return this.#nowMs - before >= this.times.raft.clockGapMs;
  }

  /** Whether so much time has passed since the last tick that counting ticks is no measure of it (design, rule 15). */
  isTickLate(): boolean {
    return this.#nowMs - this.#lastTickMs >= 2 * this.times.raft.tickMs;
  }

  /**
   * Whether a tick of time has passed. The host's timer says so, or any other event where that timer is late:
   * browsers let some fire once a second only. What a wake-up delivers in a burst is one tick (design, rule 9).
   */
  takesTick(isFromTimer: boolean): boolean {
    const leastMs = isFromTimer ? this.times.raft.tickMs / 2 : this.times.raft.tickMs;
    if (this.#nowMs - this.#lastTickMs < leastMs) return false;
    this.#lastTickMs = this.#nowMs;
    return true;
  }
}
