/**
 * What makes this client's commands to one order take effect once (design, rule
 * 13): opened explicitly, before the first command; a lost one is replaced, never revived.
 */
import { assert } from '../wire/assertion.ts';
import type { ClientId, OrderId, SequenceNumber } from '../wire/identifiers.ts';
import { asSequenceNumber } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
import { Attempts } from './attempts.ts';

export class Session {
  readonly order: OrderId;
  /** New for every session: a late copy of a command can never meet a session that does not know it. */
  readonly client: ClientId;
  readonly opening = new Attempts();
  #state: 'new' | 'open' | 'lost' = 'new';
  #last = 0;
  readonly #unfinished = new Set<SequenceNumber>();

  constructor(order: OrderId, client: ClientId) {
    this.order = order;
    this.client = client;
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  get isLost(): boolean {
    return this.#state === 'lost';
  }

  /** The order keeps the outcomes of as many commands as it does for one client: the oldest has to finish first. */
  get isFull(): boolean {
    return this.#last - this.finishedThrough >= LIMITS.sessionOutcomes;
  }

  opened(): void {
    if (this.#state === 'new') this.#state = 'open';
  }

  /** The order forgot it. */
  lose(): void {
    this.#state = 'lost';
  }

  nextSequence(): SequenceNumber {
    assert(this.#state === 'open', 'commands follow the opening of their session');
    this.#last += 1;
    const sequence = asSequenceNumber(this.#last);
    this.#unfinished.add(sequence);
    return sequence;
  }

  /** Its answer is known or given up: it will never be asked again. */
  finished(sequence: SequenceNumber): void {
    this.#unfinished.delete(sequence);
  }

  /** Sequence numbers are given out in order, so the first unfinished one is the lowest. */
  get finishedThrough(): SequenceNumber {
    const lowest = this.#unfinished.values().next();
    return asSequenceNumber(lowest.done === true ? this.#last : lowest.value - 1);
  }
}
