/** The time of a radiant. It stands still within one event, and gaps between events are detected. */
import type { Times } from '../wire/times.ts';
import type { Environment } from './environment.ts';

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

  /** Monotonic milliseconds at the current event. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** @returns whether this radiant stood still before the event, so that no peer is blamed for silence */
  advance(): boolean {
    const before = this.#nowMs;
    this.#nowMs = Math.max(before, this.#environment.nowMs());
    return this.#nowMs - before >= this.times.raft.clockGapMs;
  }

  /** Whether a tick is overdue by so much that counting ticks does not measure time (design, rule 15). */
  isTickLate(): boolean {
    return this.#nowMs - this.#lastTickMs >= 2 * this.times.raft.tickMs;
  }

  /**
   * Whether a tick of time has passed. Any event can tick if the host's timer is late, because browsers throttle timers
   * to one per second. A burst of events after a wake-up is one tick (design, rule 9).
   */
  takesTick(isFromTimer: boolean): boolean {
    const leastMs = isFromTimer ? this.times.raft.tickMs / 2 : this.times.raft.tickMs;
    if (this.#nowMs - this.#lastTickMs < leastMs) return false;
    this.#lastTickMs = this.#nowMs;
    return true;
  }
}
