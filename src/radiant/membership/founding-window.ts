/** How long a founding waits for others: until nobody new comes, or as many as it wants are there. */
import type { RadiantId } from '../../wire/identifiers.ts';
import type { ReadableClock } from '../clock.ts';
import type { FoundingOptions } from '../contract.ts';

export class FoundingWindow {
  readonly #options: FoundingOptions;
  readonly #known = new Set<RadiantId>();
  #beganMs: number | undefined;
  #newcomerMs = 0;

  constructor(options: FoundingOptions) {
    this.#options = options;
  }

  /** @param present radiants that could become first voters now */
  isClosed(present: readonly RadiantId[], { nowMs, times }: ReadableClock): boolean {
    this.#beganMs ??= nowMs;
    for (const radiant of present) {
      if (this.#known.has(radiant)) continue;
      this.#known.add(radiant);
      this.#newcomerMs = nowMs;
    }
    if (present.length === 0) return false;
    const { radiants, windowMs = times.founding.foundingWindowMs } = this.#options;
    if (radiants !== undefined && present.length >= radiants) return true;
    // Whoever wants a certain number is not in a hurry: others may take a while to come.
    const isQuiet = radiants === undefined && nowMs - this.#newcomerMs >= times.founding.foundingQuietMs;
    return isQuiet || nowMs - this.#beganMs >= windowMs;
  }
}
