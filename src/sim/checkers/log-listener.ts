import type { Entry } from '../../wire/entries/command.ts';
import type { CreationRecord } from '../../wire/configuration/configuration.ts';
import { decodeEntry } from '../../wire/entries/entry-codec.ts';
import type { OrderId } from '../../wire/identifiers.ts';

/** Learns what orders decide: of each order every index once, ascending, at the moment when it is first known. */
export interface LogListener {
  /** The first replica of an order was born. */
  born(order: OrderId, creation: CreationRecord): void;
  /** Undefined: the entry is the algorithm's own. */
  decided(order: OrderId, index: number, payload: Uint8Array | undefined): void;
}

/** The same, with entries read. */
export interface EntryListener {
  born?(order: OrderId, creation: CreationRecord): void;
  decided(order: OrderId, index: number, entry: Entry): void;
}

/** Reads each decided entry once, for all who look at it. */
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
