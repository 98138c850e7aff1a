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

/** A purpose, and which order was asked. */
export type Sending = Purpose & { readonly order: OrderId };

export class Requests {
  readonly #boot: BootId;
  readonly #underWay = new Map<RequestNumber, Sending>();
  #last = 0;

  constructor(boot: BootId) {
    this.#boot = boot;
  }

  /** One more sending, to be handed to the radiant. */
  next(purpose: Purpose, attempts: Attempts, route: Route, question: Question, nowMs: number): Request {
    this.#last += 1;
    const number = asRequestNumber(this.#last);
    attempts.sent(number, route, nowMs);
    this.#underWay.set(number, { ...purpose, order: route.order });
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
