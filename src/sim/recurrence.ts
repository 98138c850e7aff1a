/** Repeats an action at random times until it is stopped. */
import type { Random } from './random.ts';
import type { Timeline } from './timeline.ts';

export class Recurrence {
  readonly #timeline: Timeline;
  readonly #random: Random;
  #isPaused = false;
  #isStopped = false;

  constructor(timeline: Timeline, random: Random) {
    this.#timeline = timeline;
    this.#random = random;
  }

  get isAtWork(): boolean {
    return !this.#isPaused && !this.#isStopped;
  }

  /** @param meanMs mean time between two actions; undefined: the action never runs */
  begin(meanMs: number | undefined, act: () => void): void {
    if (meanMs === undefined) return;
    this.#timeline.after(this.#random.exponential(meanMs), () => {
      if (this.#isStopped) return;
      if (!this.#isPaused) act();
      this.begin(meanMs, act);
    });
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
  }

  stop(): void {
    this.#isStopped = true;
  }
}
