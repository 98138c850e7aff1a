/** The sendings of one request. Each has its own number, so a refusal tells which of them had no effect. */
import type { Answer } from '../wire/frames/frame.ts';
import type { OrderId, RadiantId, RequestNumber } from '../wire/identifiers.ts';
import type { Times } from '../wire/times.ts';

export type Refusal = Extract<Answer, { kind: 'refusal' }>;
export type ClientTimes = Times['client'];

/** The destination of a call, as far as this client knows. */
export interface Route {
  /** Number of the configuration that the route is from. */
  readonly configuration: number;
  readonly order: OrderId;
  /** Epoch of the shard of the key; 0 for the bondsmith's order, which has no shards. */
  readonly shardEpoch: number;
  /** Undefined if no herald is known. */
  readonly herald: RadiantId | undefined;
}

export class Attempts {
  /** Numbers of the sendings without an answer. */
  readonly unanswered = new Set<RequestNumber>();
  /** Time of the latest sending. */
  sentMs = Number.NEGATIVE_INFINITY;
  /** The refusal of the latest sending that was answered. */
  latestRefusal: Refusal | undefined;
  /** The latest refusal that is not a mere redirection. */
  latestReason: Refusal | undefined;
  readonly #times: ClientTimes;
  #mayHaveHadEffect = false;
  #patienceMs = 0;
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  /** Undefined if nothing was sent, or what was sent is lost. */
  #route: Route | undefined;
  #latest: RequestNumber | undefined;

  constructor(times: ClientTimes) {
    this.#times = times;
  }

  /** Whether a sending took effect or may still do so. */
  get mayHaveEffect(): boolean {
    return this.#mayHaveHadEffect || this.unanswered.size > 0;
  }

  /** Whether to send now: at once to another herald or order, else after a wait. */
  isDue(nowMs: number, route: Route): boolean {
    if (this.#route === undefined || leadsElsewhere(this.#route, route)) return true;
    if (!this.#isLatestAnswered()) return nowMs - this.sentMs >= this.#patienceMs;
    if (route.herald === undefined) return nowMs - this.sentMs >= this.#times.requestRetryMs;
    // A shard that was still moving may have arrived under the newer configuration.
    if (this.latestRefusal?.code === 'WRONG_SHARD' && route.configuration > this.#route.configuration) return true;
    return nowMs >= this.#notBeforeMs;
  }

  /** Whether the destination of `route` was asked and has not answered. */
  isUnansweredOver(route: Route): boolean {
    return this.#route !== undefined && !leadsElsewhere(this.#route, route) && !this.#isLatestAnswered();
  }

  /** @param patienceMs wait for the answer before the next sending */
  sent(number: RequestNumber, route: Route, nowMs: number, patienceMs: number): void {
    this.unanswered.add(number);
    this.#latest = number;
    this.sentMs = nowMs;
    this.#patienceMs = patienceMs;
    this.#route = route;
  }

  refused(number: RequestNumber, refusal: Refusal, nowMs: number): void {
    this.unanswered.delete(number);
    if (!refusal.withoutEffect) this.#mayHaveHadEffect = true;
    this.latestRefusal = refusal;
    if (refusal.code !== 'NOT_HERALD' && refusal.code !== 'WRONG_SHARD') this.latestReason = refusal;
    this.#notBeforeMs = nowMs + this.#times.refusalRetryMs;
  }

  /** The answers to all sendings are lost. The request is sent again at once. */
  lose(): void {
    if (this.unanswered.size > 0) this.#mayHaveHadEffect = true;
    this.unanswered.clear();
    this.#route = undefined;
  }

  #isLatestAnswered(): boolean {
    return this.#latest === undefined || !this.unanswered.has(this.#latest);
  }
}

function leadsElsewhere(before: Route, now: Route): boolean {
  if (before.order !== now.order || before.shardEpoch !== now.shardEpoch) return true;
  return now.herald !== undefined && now.herald !== before.herald;
}
