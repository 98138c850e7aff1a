/** The sessions of this client. They let each command take effect once (design, rule 13). */
import { assert } from '../wire/assertion.ts';
import type { ClientId, OrderId, SequenceNumber, Slot } from '../wire/identifiers.ts';
import { asSequenceNumber } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
import { Attempts } from './requests.ts';

/** Identifies a command. Retries keep both fields. */
export interface CommandId {
  readonly session: Session;
  readonly sequence: SequenceNumber;
}

/**
 * A session of this client with one order. It is opened explicitly before its first command. Another session replaces a
 * session that the order does not know.
 */
export class Session {
  readonly order: OrderId;
  /**
   * Id of the session, which no other session has. A late copy of a command therefore never reaches another session.
   */
  readonly client: ClientId;
  readonly opening = new Attempts();
  state: 'new' | 'open' | 'lost' = 'new';
  /** The sequence number up to which every command is settled. Only this class writes the field. */
  finishedThrough = asSequenceNumber(0);
  #last = 0;
  readonly #unfinished = new Set<SequenceNumber>();

  constructor(order: OrderId, client: ClientId) {
    this.order = order;
    this.client = client;
  }

  /**
   * Returns a sequence number for the next command.
   * @returns undefined if the oldest command has to finish first, since an order keeps a bounded number of outcomes for
   * one session
   */
  nextSequence(): SequenceNumber | undefined {
    assert(this.state === 'open', 'commands follow the opening of their session');
    if (this.#last - this.finishedThrough >= LIMITS.herald.sessionOutcomes) return undefined;
    this.#last += 1;
    const sequence = asSequenceNumber(this.#last);
    this.#unfinished.add(sequence);
    return sequence;
  }

  /** Notes that a command is settled and never sent again. */
  finished(sequence: SequenceNumber): void {
    this.#unfinished.delete(sequence);
    // The set keeps the order of insertion, and sequence numbers grow. The first number is therefore the lowest.
    const lowest = this.#unfinished.values().next();
    this.finishedThrough = asSequenceNumber(lowest.done === true ? this.#last : lowest.value - 1);
  }
}

/**
 * The sessions, one for each order that this client writes to. A session moves with the shards of its order, so all
 * commands for a slot stay in one session. A command that this client gave up thus cannot take effect after a later one
 * at the new order.
 */
export class Sessions {
  readonly #newId: () => ClientId;
  readonly #byOrder = new Map<OrderId, Session>();
  /** The session of the latest command for each slot. */
  readonly #bySlot = new Map<Slot, Session>();

  constructor(newId: () => ClientId) {
    this.#newId = newId;
  }

  /** Returns the session for the next command for a slot of this order. */
  with(order: OrderId, slot: Slot): Session {
    const ofSlot = this.#bySlot.get(slot);
    if (ofSlot !== undefined && ofSlot.state !== 'lost') return ofSlot;
    const known = this.#byOrder.get(order);
    if (known !== undefined && known.state !== 'lost') return known;
    const session = new Session(order, this.#newId());
    this.#byOrder.set(order, session);
    return session;
  }

  /**
   * Returns the id of the next command.
   * @returns undefined if the session has too many unfinished commands
   */
  nextCommand(session: Session, slot: Slot): CommandId | undefined {
    const sequence = session.nextSequence();
    if (sequence === undefined) return undefined;
    this.#bySlot.set(slot, session);
    return { session, sequence };
  }

  /**
   * Notes that `order` does not know the session. The session has expired, or was opened after the slot's shard had
   * left the session's order.
   */
  unknown(session: Session, slot: Slot, order: OrderId): void {
    if (session.order === order) session.state = 'lost';
    if (this.#bySlot.get(slot) === session) this.#bySlot.delete(slot);
  }

  /** Returns the session that is to be opened with this order. Undefined if it does not exist or is open. */
  opening(order: OrderId): Session | undefined {
    const session = this.#byOrder.get(order);
    return session?.state === 'open' ? undefined : session;
  }

  all(): Iterable<Session> {
    return this.#byOrder.values();
  }

  /**
   * Opens no more sessions with orders that no longer exist. Commands in the sessions of these orders continue.
   * @param orders the orders that exist
   * @returns the sessions with orders that no longer exist
   */
  keepOnly(orders: ReadonlySet<OrderId>): readonly Session[] {
    const gone = [...this.#byOrder.values()].filter(({ order }) => !orders.has(order));
    for (const { order } of gone) this.#byOrder.delete(order);
    return gone;
  }
}
