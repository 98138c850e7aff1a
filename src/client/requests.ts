/** Requests in flight. Each sending of a request has a number, by which an answer is matched to a call or a session. */
import type { Answer, Question, Reply, Request } from '../wire/frames/frame.ts';
import type { BootId, ClientId, OrderId, RadiantId, RequestNumber, Slot } from '../wire/identifiers.ts';
import { asRequestNumber } from '../wire/identifiers.ts';
import type { Times } from '../wire/times.ts';
import type { ReadCall } from './contract.ts';

export type Refusal = Extract<Answer, { kind: 'refusal' }>;
export type ClientTimes = Times['client'];

/** The destination of a call, as far as this client knows. */
export interface Route {
  /** Number of the configuration from which the route was derived. */
  readonly configuration: number;
  readonly order: OrderId;
  /** Epoch of the key's shard. 0 for the bondsmith's order, which has no shards. */
  readonly shardEpoch: number;
  /** The order's herald. Undefined if none is known. */
  readonly herald: RadiantId | undefined;
}

/** The sendings of one request. Each sending has its own number, so a refusal shows which sending had no effect. */
export class Attempts {
  /** Numbers of the sendings without an answer. */
  readonly unanswered = new Set<RequestNumber>();
  sentMs = Number.NEGATIVE_INFINITY;
  /** The latest refusal of any sending. */
  latestRefusal: Refusal | undefined;
  /** The latest refusal that gives a reason. Mere redirections to another radiant do not count. */
  latestReason: Refusal | undefined;
  #mayHaveHadEffect = false;
  #patienceMs = 0;
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  /** Route of the latest sending. Undefined if nothing was sent, or if all sendings are lost. */
  #route: Route | undefined;
  #latest: RequestNumber | undefined;

  /** Whether a sending took effect or may still do so. */
  get mayHaveEffect(): boolean {
    return this.#mayHaveHadEffect || this.unanswered.size > 0;
  }

  /**
   * Whether to send the request now. Another herald or order is asked at once, and the same destination after a delay.
   */
  isDue(nowMs: number, route: Route, times: ClientTimes): boolean {
    if (this.#route === undefined || leadsElsewhere(this.#route, route)) return true;
    if (!this.#isLatestAnswered()) return nowMs - this.sentMs >= this.#patienceMs;
    if (route.herald === undefined) return nowMs - this.sentMs >= times.requestRetryMs;
    // The shard may have been moving at the refusal, and may have arrived under the newer configuration.
    if (this.latestRefusal?.code === 'WRONG_SHARD' && route.configuration > this.#route.configuration) return true;
    return nowMs >= this.#notBeforeMs;
  }

  /** Whether the latest sending went to the destination of `route` and is unanswered. */
  isUnansweredOver(route: Route): boolean {
    return this.#route !== undefined && !leadsElsewhere(this.#route, route) && !this.#isLatestAnswered();
  }

  /**
   * Notes a sending.
   * @param patienceMs delay before the next sending if no answer comes
   */
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

  /** Notes that the answers to all sendings are lost. The request is sent again at once. */
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

  /** Creates one more sending of a request. The request is sent again if no answer comes within `patienceMs`. */
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

  /**
   * Takes a reply.
   * @returns the sending that the reply answers; undefined if the reply answers no sending in flight
   */
  answered({ id }: Reply): Sending<Purpose> | undefined {
    const sending = this.#inFlight.get(id.number);
    if (sending === undefined || id.clientBoot !== this.#boot || id.client !== sending.client) return undefined;
    this.#inFlight.delete(id.number);
    return sending;
  }

  /** Forgets the unanswered sendings of a request. Late answers to them are ignored. */
  forget({ unanswered }: Attempts): void {
    for (const number of unanswered) this.#inFlight.delete(number);
  }

  forgetAll(): void {
    this.#inFlight.clear();
  }
}

/** The question of a read call to the order that serves the slot. */
export function readQuestion({ key, question }: ReadCall, slot: Slot, shardEpoch: number): Question {
  if (question === undefined) return { kind: 'read', slot, shardEpoch, key };
  return { kind: 'machine-read', slot, shardEpoch, key, machine: question.machine, question: question.value };
}
