import type { Entry } from '../../wire/entries/command.ts';
import type { CreationRecord } from '../../wire/configuration/configuration.ts';
import { decodeEntry } from '../../wire/entries/entry-codec.ts';
import type { OrderId } from '../../wire/identifiers.ts';

/**
 * Receives the decided entries of all orders. Each index of an order is reported once, in ascending order, as soon as
 * its entry is known to be decided.
 */
export interface LogListener {
  born(order: OrderId, creation: CreationRecord): void;
  /** Called for each decided entry. An entry without a payload belongs to the consensus algorithm. */
  decided(order: OrderId, index: number, payload: Uint8Array | undefined): void;
}

/** Receives decoded decided entries, in the same order as a `LogListener`. */
export interface EntryListener {
  born?(order: OrderId, creation: CreationRecord): void;
  decided(order: OrderId, index: number, entry: Entry): void;
}

/** Decodes each decided entry once for all listeners. */
export class DecidedEntries implements LogListener {
  readonly #listeners: readonly EntryListener[];

  constructor(listeners: readonly EntryListener[]) {
    this.#listeners = listeners;
  }

  born(order: OrderId, creation: CreationRecord): void {
    for (const listener of this.#listeners) listener.born?.(order, creation);
  }

  decided(order: OrderId, index: number, payload: Uint8Array | undefined): void {
    if (payload === undefined) return;
    const entry = decodeEntry(payload);
    for (const listener of this.#listeners) listener.decided(order, index, entry);
  }
}
