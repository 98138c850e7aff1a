/** Statistics of sorted measurements in milliseconds. */
export class Samples {
  readonly #sorted: readonly number[];

  constructor(samples: readonly number[]) {
    if (samples.length === 0) throw new Error('Nothing was measured.');
    this.#sorted = samples.toSorted((one, other) => one - other);
  }

  get count(): number {
    return this.#sorted.length;
  }

  get p50(): number {
    return this.#quantile(0.5);
  }

  get p99(): number {
    return this.#quantile(0.99);
  }

  get max(): number {
    return this.#quantile(1);
  }

  /** The smallest measurement such that at least this share of the measurements is not larger. */
  #quantile(share: number): number {
    const at = Math.max(0, Math.ceil(share * this.count) - 1);
    return this.#sorted[at] ?? Number.NaN;
  }
}
