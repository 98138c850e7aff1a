/**
 * The sendings of one request. Each has a number of its own, so that a refusal
 * says of which of them it is certain that it had no effect.
 */
import type { RadiantId, RequestNumber } from '../wire/identifiers.ts';
import { INTERVALS } from '../wire/limits.ts';

export class Attempts {
  readonly #unanswered = new Set<RequestNumber>();
  #mayHaveHadEffect = false;
  #sentMs = Number.NEGATIVE_INFINITY;
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  #sentTo: RadiantId | undefined;
  #count = 0;

  /** Whether one of them may have had an effect, or may yet have one. */
  get mayHaveEffect(): boolean {
    return this.#mayHaveHadEffect || this.#unanswered.size > 0;
  }

  /** Numbers of those that were not answered. */
  get unanswered(): ReadonlySet<RequestNumber> {
    return this.#unanswered;
  }

  /** Whether to send it (again): at once where the herald is another, else after a while. */
  isDue(nowMs: number, herald: RadiantId | undefined): boolean {
    if (this.#count === 0) return true;
    if (herald !== undefined && herald !== this.#sentTo) return true;
    if (this.#unanswered.size > 0 || herald === undefined) return nowMs - this.#sentMs >= INTERVALS.requestRetryMs;
    return nowMs >= this.#notBeforeMs;
  }

  sent(number: RequestNumber, herald: RadiantId | undefined, nowMs: number): void {
    this.#unanswered.add(number);
    this.#sentMs = nowMs;
    this.#sentTo = herald;
    this.#count += 1;
  }

  refused(number: RequestNumber, withoutEffect: boolean, nowMs: number): void {
    this.#unanswered.delete(number);
    if (!withoutEffect) this.#mayHaveHadEffect = true;
    this.#notBeforeMs = nowMs + INTERVALS.refusalRetryMs;
  }

  /** No answer will come any more to what was sent: it is sent again at once. */
  lose(): void {
    if (this.#unanswered.size > 0) this.#mayHaveHadEffect = true;
    this.#unanswered.clear();
    this.#sentTo = undefined;
    this.#sentMs = Number.NEGATIVE_INFINITY;
    this.#notBeforeMs = Number.NEGATIVE_INFINITY;
  }
}
