export class Backoff {
  readonly #firstMs: number;
  readonly #maximumMs: number;
  readonly #random: () => number;
  #failures = 0;

  /** @param random returns a number in [0, 1), uniformly distributed */
  constructor(firstMs: number, maximumMs: number, random: () => number) {
    this.#firstMs = firstMs;
    this.#maximumMs = maximumMs;
    this.#random = random;
  }

  get failures(): number {
    return this.#failures;
  }

  /**
   * Counts one failure. The wait doubles with each failure, up to the maximum.
   * @returns the delay before the next attempt, random between half of the wait and the whole wait
   */
  nextDelayMs(): number {
    const wholeMs = Math.min(this.#maximumMs, this.#firstMs * 2 ** this.#failures);
    this.#failures++;
    return wholeMs * (0.5 + this.#random() / 2);
  }

  reset(): void {
    this.#failures = 0;
  }
}
