/**
 * The sendings of one request. Each has a number of its own, so that a refusal
 * says of which of them it is certain that it had no effect.
 */
import type { Answer } from '../wire/frame.ts';
import type { RadiantId, RequestNumber } from '../wire/identifiers.ts';
import { INTERVALS } from '../wire/limits.ts';

export type Refusal = Extract<Answer, { kind: 'refusal' }>;

export class Attempts {
  readonly #unanswered = new Set<RequestNumber>();
  #mayHaveHadEffect = false;
  #sentMs = Number.NEGATIVE_INFINITY;
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  #sentTo: RadiantId | undefined;
  #count = 0;
  #wasOverloaded = false;

  /** Whether one of them may have had an effect, or may yet have one. */
  get mayHaveEffect(): boolean {
    return this.#mayHaveHadEffect || this.#unanswered.size > 0;
  }

  /** The latest refusal said so: the order has too much to do. */
  get wasOverloaded(): boolean {
    return this.#wasOverloaded;
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

  refused(number: RequestNumber, { code, withoutEffect }: Refusal, nowMs: number): void {
    this.#unanswered.delete(number);
    if (!withoutEffect) this.#mayHaveHadEffect = true;
    this.#wasOverloaded = code === 'OVERLOADED';
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
