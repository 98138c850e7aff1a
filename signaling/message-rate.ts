/** A token bucket for messages. Its size equals the rate per second. */
export class MessageRate {
  readonly #eachSecond: number;
  readonly #nowMs: () => number;
  #allowance: number;
  #countedAtMs: number;

  constructor(eachSecond: number, nowMs: () => number) {
    this.#eachSecond = eachSecond;
    this.#nowMs = nowMs;
    this.#allowance = eachSecond;
    this.#countedAtMs = nowMs();
  }

  /** Counts one message. Returns false if the message exceeds the rate. */
  take(): boolean {
    const nowMs = this.#nowMs();
    const earned = ((nowMs - this.#countedAtMs) / 1_000) * this.#eachSecond;
    this.#allowance = Math.min(this.#eachSecond, this.#allowance + earned);
    this.#countedAtMs = nowMs;
    if (this.#allowance < 1) return false;
    this.#allowance--;
    return true;
  }
}
