/**
 * This client's sessions: one is opened with each order that it writes to. It goes along with the shards that leave the
 * order, so a slot is written to in the same session wherever it lies: what the client has finished is known there, and
 * a command that it gave up does not take effect after a later one.
 */
import type { ClientId, OrderId, Slot } from '../wire/identifiers.ts';
import { Session } from './session.ts';

export class Sessions {
  readonly #mint: () => ClientId;
  readonly #byOrder = new Map<OrderId, Session>();
  /** In which each slot was written to last. */
  readonly #bySlot = new Map<Slot, Session>();

  constructor(mint: () => ClientId) {
    this.#mint = mint;
  }

  /** The one for a further command to this slot, which this order serves; a new one where there is none any more. */
  with(order: OrderId, slot: Slot): Session {
    const ofSlot = this.#bySlot.get(slot);
    if (ofSlot !== undefined && !ofSlot.isLost) return ofSlot;
    const known = this.#byOrder.get(order);
    if (known !== undefined && !known.isLost) return known;
    const session = new Session(order, this.#mint());
    this.#byOrder.set(order, session);
    return session;
  }

  /** A command for this slot has a place in it. */
  used(session: Session, slot: Slot): void {
    this.#bySlot.set(slot, session);
  }

  /** The order that serves the slot does not know the session: it was forgotten, or opened after the shard had left. */
  unknown(session: Session, slot: Slot, order: OrderId): void {
    if (session.order === order) session.lose();
    if (this.#bySlot.get(slot) === session) this.#bySlot.delete(slot);
  }

  /** The one that is being opened there. */
  opening(order: OrderId): Session | undefined {
    const session = this.#byOrder.get(order);
    return session?.isOpen === false ? session : undefined;
  }

  all(): Iterable<Session> {
    return this.#byOrder.values();
  }

  /** No session is opened any more with an order that is dissolved; what was written in one goes on. */
  keepOnly(orders: ReadonlySet<OrderId>): readonly Session[] {
    const gone = [...this.#byOrder.values()].filter(({ order }) => !orders.has(order));
    for (const { order } of gone) this.#byOrder.delete(order);
    return gone;
  }
}
