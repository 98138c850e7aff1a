/**
 * The time that a founding waits for other radiants. The window closes when no further radiant appears, or when the
 * wanted number is present.
 */
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

  /** @param present radiants that can become first voters */
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
    // A founder that wants a certain number waits longer, because the others may take a while to open.
    const isQuiet = radiants === undefined && nowMs - this.#newcomerMs >= times.founding.foundingQuietMs;
    return isQuiet || nowMs - this.#beganMs >= windowMs;
  }
}
