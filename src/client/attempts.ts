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
  /** How long the answer to the latest sending is waited for. */
  #patienceMs: number = INTERVALS.requestRetryMs;
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

  /** Of the latest sending. */
  get sentMs(): number {
    return this.#sentMs;
  }

  /** Whether it was ever sent. */
  get isSent(): boolean {
    return this.#sentMs !== Number.NEGATIVE_INFINITY;
  }

  /** Numbers of those that were not answered. */
  get unanswered(): ReadonlySet<RequestNumber> {
    return this.#unanswered;
  }

  /** Whether to send it (again): at once where someone else is to be asked now, else after a while. */
  isDue(nowMs: number, route: Route): boolean {
    if (this.#route === undefined || leadsElsewhere(this.#route, route)) return true;
    if (!this.#isAnswered()) return nowMs - this.#sentMs >= this.#patienceMs;
    if (route.herald === undefined) return nowMs - this.#sentMs >= INTERVALS.requestRetryMs;
    // A shard that had not arrived may have, when the configuration is another one.
    if (this.#latestRefusal?.code === 'WRONG_SHARD' && route.configuration > this.#route.configuration) return true;
    return nowMs >= this.#notBeforeMs;
  }

  /** Whether the one that is asked over `route` was asked before, and has not answered. */
  isUnansweredOver(route: Route): boolean {
    return this.#route !== undefined && !leadsElsewhere(this.#route, route) && !this.#isAnswered();
  }

  /** @param patienceMs how long the answer is waited for before it is sent again */
  sent(number: RequestNumber, route: Route, nowMs: number, patienceMs: number): void {
    this.#unanswered.add(number);
    this.#number = number;
    this.#sentMs = nowMs;
    this.#patienceMs = patienceMs;
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

  #isAnswered(): boolean {
    return this.#number === undefined || !this.#unanswered.has(this.#number);
  }
}
