/** Requests that are under way: each sending has a number, by which its answer finds what it is for. */
import type { Question, Reply, Request } from '../wire/frames/frame.ts';
import type { BootId, ClientId, OrderId, RequestNumber } from '../wire/identifiers.ts';
import { asRequestNumber } from '../wire/identifiers.ts';
import type { Attempts } from './attempts.ts';
import type { PendingCall } from './pending-call.ts';
import type { Route } from './route.ts';
import type { Session } from './session.ts';

/** What a request is for. */
export type Purpose =
  | { readonly kind: 'call'; readonly call: PendingCall; readonly client: ClientId }
  | { readonly kind: 'session'; readonly session: Session; readonly client: ClientId };

/** A purpose, which order was asked, and when. */
export type Sending = Purpose & { readonly order: OrderId; readonly sentMs: number };

export interface Timing {
  readonly sentMs: number;
  readonly patienceMs: number;
}

export class Requests {
  readonly #boot: BootId;
  readonly #underWay = new Map<RequestNumber, Sending>();
  #last = 0;

  constructor(boot: BootId) {
    this.#boot = boot;
  }

  /** One more sending, to be handed to the radiant. It is answered within `patienceMs`, or sent again. */
  next(
    purpose: Purpose,
    attempts: Attempts,
    route: Route,
    question: Question,
    { sentMs, patienceMs }: Timing,
  ): Request {
    this.#last += 1;
    const number = asRequestNumber(this.#last);
    this.#underWay.set(number, { ...purpose, order: route.order, sentMs });
    attempts.sent(number, route, sentMs, patienceMs);
    return { id: { client: purpose.client, clientBoot: this.#boot, number }, question };
  }

  /** What an answer is for; undefined: nobody waits for it. */
  answered({ id }: Reply): Sending | undefined {
    const sending = this.#underWay.get(id.number);
    if (sending === undefined || id.clientBoot !== this.#boot || id.client !== sending.client) return undefined;
    this.#underWay.delete(id.number);
    return sending;
  }

  /** Late answers are for nobody. */
  forget({ unanswered }: Attempts): void {
    for (const number of unanswered) this.#underWay.delete(number);
  }

  forgetAll(): void {
    this.#underWay.clear();
  }
}
