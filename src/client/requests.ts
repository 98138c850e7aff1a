/** Requests in flight. Each sending has a number that leads its answer to the call or the session that it is for. */
import type { Answer, Question, Reply, Request } from '../wire/frames/frame.ts';
import type { BootId, ClientId, OrderId, RadiantId, RequestNumber } from '../wire/identifiers.ts';
import { asRequestNumber } from '../wire/identifiers.ts';
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

/** The sendings of one request. Each has its own number, so a refusal tells which of them had no effect. */
export class Attempts {
  /** Numbers of the sendings without an answer. */
  readonly unanswered = new Set<RequestNumber>();
  /** Time of the latest sending. */
  sentMs = Number.NEGATIVE_INFINITY;
  /** The refusal of the latest sending that was answered. */
  latestRefusal: Refusal | undefined;
  /** The latest refusal that is not a mere redirection. */
  latestReason: Refusal | undefined;
  #mayHaveHadEffect = false;
  #patienceMs = 0;
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  /** Undefined if nothing was sent, or what was sent is lost. */
  #route: Route | undefined;
  #latest: RequestNumber | undefined;

  /** Whether a sending took effect or may still do so. */
  get mayHaveEffect(): boolean {
    return this.#mayHaveHadEffect || this.unanswered.size > 0;
  }

  /** Whether to send now. Another herald or order is asked at once, and the same one after a wait. */
  isDue(nowMs: number, route: Route, times: ClientTimes): boolean {
    if (this.#route === undefined || leadsElsewhere(this.#route, route)) return true;
    if (!this.#isLatestAnswered()) return nowMs - this.sentMs >= this.#patienceMs;
    if (route.herald === undefined) return nowMs - this.sentMs >= times.requestRetryMs;
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

  refused(number: RequestNumber, refusal: Refusal, nowMs: number, times: ClientTimes): void {
    this.unanswered.delete(number);
    if (!refusal.withoutEffect) this.#mayHaveHadEffect = true;
    this.latestRefusal = refusal;
    if (refusal.code !== 'NOT_HERALD' && refusal.code !== 'WRONG_SHARD') this.latestReason = refusal;
    this.#notBeforeMs = nowMs + times.refusalRetryMs;
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

type Sending<Purpose> = Purpose & { readonly order: OrderId; readonly sentMs: number };

/** @typeParam Purpose the call or the session that a request is sent for */
export class ClientRequests<Purpose extends { readonly client: ClientId }> {
  readonly #boot: BootId;
  readonly #inFlight = new Map<RequestNumber, Sending<Purpose>>();
  #last = 0;

  constructor(boot: BootId) {
    this.#boot = boot;
  }

  /** Numbers one more sending of a request. It is repeated after `patienceMs` without an answer. */
  next(
    purpose: Purpose,
    attempts: Attempts,
    route: Route,
    question: Question,
    { sentMs, patienceMs }: { readonly sentMs: number; readonly patienceMs: number },
  ): Request {
    this.#last += 1;
    const number = asRequestNumber(this.#last);
    this.#inFlight.set(number, { ...purpose, order: route.order, sentMs });
    attempts.sent(number, route, sentMs, patienceMs);
    return { id: { client: purpose.client, clientBoot: this.#boot, number }, question };
  }

  /** @returns the sending that the reply answers; undefined if no call waits for it */
  answered({ id }: Reply): Sending<Purpose> | undefined {
    const sending = this.#inFlight.get(id.number);
    if (sending === undefined || id.clientBoot !== this.#boot || id.client !== sending.client) return undefined;
    this.#inFlight.delete(id.number);
    return sending;
  }

  /** Late answers to these sendings are ignored. */
  forget({ unanswered }: Attempts): void {
    for (const number of unanswered) this.#inFlight.delete(number);
  }

  forgetAll(): void {
    this.#inFlight.clear();
  }
}
