/** Requests in flight. Each sending has a number that leads its answer to the call or the session that it is for. */
import type { Question, Reply, Request } from '../wire/frames/frame.ts';
import type { BootId, ClientId, OrderId, RequestNumber } from '../wire/identifiers.ts';
import { asRequestNumber } from '../wire/identifiers.ts';
import type { Attempts, Route } from './attempts.ts';
import type { PendingCall } from './pending-call.ts';
import type { Session } from './sessions.ts';

/** The call or the session that a request is sent for. */
export type Purpose =
  | { readonly kind: 'call'; readonly call: PendingCall; readonly client: ClientId }
  | { readonly kind: 'session'; readonly session: Session; readonly client: ClientId };

type Sending = Purpose & { readonly order: OrderId; readonly sentMs: number };

export class ClientRequests {
  readonly #boot: BootId;
  readonly #inFlight = new Map<RequestNumber, Sending>();
  #last = 0;

  constructor(boot: BootId) {
    this.#boot = boot;
  }

  /** One more sending. It is repeated after `patienceMs` without an answer. */
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
  answered({ id }: Reply): Sending | undefined {
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
