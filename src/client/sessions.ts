/** This client's sessions: one with each order that it writes to. */
import type { ClientId, OrderId } from '../wire/identifiers.ts';
import { Session } from './session.ts';

export class Sessions {
  readonly #mint: () => ClientId;
  readonly #byOrder = new Map<OrderId, Session>();

  constructor(mint: () => ClientId) {
    this.#mint = mint;
  }

  /** The one for further commands to this order; a new one where there is none, or the order forgot it. */
  with(order: OrderId): Session {
    const known = this.#byOrder.get(order);
    if (known !== undefined && !known.isLost) return known;
    const session = new Session(order, this.#mint());
    this.#byOrder.set(order, session);
    return session;
  }

  /** The one that is being opened there. */
  opening(order: OrderId): Session | undefined {
    const session = this.#byOrder.get(order);
    return session?.isOpen === false ? session : undefined;
  }

  all(): Iterable<Session> {
    return this.#byOrder.values();
  }

  /** An order that is dissolved is written to no more; commands that have a place go on with theirs. */
  keepOnly(orders: ReadonlySet<OrderId>): readonly Session[] {
    const gone = [...this.#byOrder.values()].filter(({ order }) => !orders.has(order));
    for (const { order } of gone) this.#byOrder.delete(order);
    return gone;
  }
}
