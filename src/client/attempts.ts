/**
 * The sendings of one request. Each has a number of its own, so that a refusal
 * says of which of them it is certain that it had no effect.
 */
import type { Answer } from '../wire/frames/frame.ts';
import type { RequestNumber } from '../wire/identifiers.ts';
import { INTERVALS } from '../wire/limits.ts';
import type { Route } from './route.ts';
import { leadsElsewhere } from './route.ts';

export type Refusal = Extract<Answer, { kind: 'refusal' }>;

export class Attempts {
  readonly #unanswered = new Set<RequestNumber>();
  #mayHaveHadEffect = false;
  #sentMs = Number.NEGATIVE_INFINITY;
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  /** The latest way; undefined: it was never sent, or what was sent is lost. */
  #route: Route | undefined;
  /** Of the latest sending. */
  #number: RequestNumber | undefined;
  #latestRefusal: Refusal | undefined;
  #latestReason: Refusal | undefined;

  /** Whether one of them may have had an effect, or may yet have one. */
  get mayHaveEffect(): boolean {
    return this.#mayHaveHadEffect || this.#unanswered.size > 0;
  }

  /** Why the latest one that was answered had no result. */
  get latestRefusal(): Refusal | undefined {
    return this.#latestRefusal;
  }

  /** The same, of those that say more than that another is to be asked. */
  get latestReason(): Refusal | undefined {
    return this.#latestReason;
  }

  /** Numbers of those that were not answered. */
  get unanswered(): ReadonlySet<RequestNumber> {
    return this.#unanswered;
  }

  /** Whether to send it (again): at once where someone else is to be asked now, else after a while. */
  isDue(nowMs: number, route: Route): boolean {
    if (this.#route === undefined || leadsElsewhere(this.#route, route)) return true;
    const isAnswered = this.#number === undefined || !this.#unanswered.has(this.#number);
    if (!isAnswered || route.herald === undefined) return nowMs - this.#sentMs >= INTERVALS.requestRetryMs;
    // A shard that had not arrived may have, when the configuration is another one.
    if (this.#latestRefusal?.code === 'WRONG_SHARD' && route.configuration > this.#route.configuration) return true;
    return nowMs >= this.#notBeforeMs;
  }

  sent(number: RequestNumber, route: Route, nowMs: number): void {
    this.#unanswered.add(number);
    this.#number = number;
    this.#sentMs = nowMs;
    this.#route = route;
  }

  refused(number: RequestNumber, refusal: Refusal, nowMs: number): void {
    this.#unanswered.delete(number);
    if (!refusal.withoutEffect) this.#mayHaveHadEffect = true;
    this.#latestRefusal = refusal;
    if (refusal.code !== 'NOT_HERALD' && refusal.code !== 'WRONG_SHARD') this.#latestReason = refusal;
    this.#notBeforeMs = nowMs + INTERVALS.refusalRetryMs;
  }

  /** No answer will come any more to what was sent: it is sent again at once. */
  lose(): void {
    if (this.#unanswered.size > 0) this.#mayHaveHadEffect = true;
    this.#unanswered.clear();
    this.#route = undefined;
  }
}
