/** The time of a radiant. It does not change during one event, and clock gaps between events are detected. */
import type { Times } from '../wire/times.ts';
import type { Environment } from './environment.ts';

export interface ReadableClock {
  readonly nowMs: number;
  readonly times: Times;
}

/** The time between the previous event and the current one. */
interface Passed {
  /** Whether a clock gap preceded the event, so that no peer is blamed for silence. */
  readonly isGap: boolean;
  /** Whether a tick is so late that the number of ticks does not measure time (design, rule 15). */
  readonly isTickLate: boolean;
  /**
   * Whether a tick of time has passed. Any event can tick if the host's timer is late, because browsers throttle timers
   * to one per second. A burst of events after a wake-up is one tick (design, rule 9).
   */
  readonly isTick: boolean;
}

export class Clock implements ReadableClock {
  readonly times: Times;
  nowMs: number;
  readonly #environment: Environment;
  #lastTickMs: number;

  constructor(environment: Environment) {
    this.#environment = environment;
    this.times = environment.times;
    this.nowMs = environment.nowMs();
    this.#lastTickMs = this.nowMs;
  }

  /** Advances the time. Call this before every event. */
  advance(isFromTimer: boolean): Passed {
    const { tickMs, clockGapMs } = this.times.raft;
    const before = this.nowMs;
    this.nowMs = Math.max(before, this.#environment.nowMs());
    const sinceTickMs = this.nowMs - this.#lastTickMs;
    const isTick = sinceTickMs >= (isFromTimer ? tickMs / 2 : tickMs);
    if (isTick) this.#lastTickMs = this.nowMs;
    return { isGap: this.nowMs - before >= clockGapMs, isTickLate: sinceTickMs >= 2 * tickMs, isTick };
  }
}
