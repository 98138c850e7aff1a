import type { ClientId, SequenceNumber, Slot } from '../wire/identifiers.ts';
import type { Hash } from './hash.ts';
import { SetDigest } from './set-digest.ts';
import { isWithin, type SlotRange } from './shard-map.ts';
import { SlotState } from './slot-state.ts';

/** The slots that were ever written. */
export class SlotTable {
  readonly #slots: Map<Slot, SlotState>;
  /** Owner of the slots that this table may change. Cloning gives both tables a new owner. */
  #owner: object = {};

  constructor(slots = new Map<Slot, SlotState>()) {
    this.#slots = slots;
  }

  /** Both copies then clone a slot before they change it. */
  clone(): SlotTable {
    this.#owner = {};
    return new SlotTable(new Map(this.#slots));
  }

  get(slot: Slot): SlotState | undefined {
    return this.#slots.get(slot);
  }

  /** Iterates in no particular order. */
  values(): Iterable<SlotState> {
    return this.#slots.values();
  }

  /** The slot for changes: created if missing, cloned if shared. */
  changeable(slot: Slot): SlotState {
    const current = this.#slots.get(slot);
    if (current?.owner === this.#owner) return current;
    const state = current?.clone(this.#owner) ?? new SlotState(slot, this.#owner);
    this.#slots.set(slot, state);
    return state;
  }

  /** Removes the outcomes of finished commands from their slots. */
  forget(client: ClientId, finished: ReadonlyMap<SequenceNumber, Slot>): void {
    for (const [sequence, slot] of finished) this.changeable(slot).forget(client, sequence);
  }

  /** Adds a new slot, which may be shared with another table. */
  put(state: SlotState): void {
    this.#slots.set(state.slot, state);
  }

  /** The kept outcomes in a range of slots, in no particular order. */
  outcomesWithin(range: SlotRange): readonly (readonly [Slot, ClientId, SequenceNumber])[] {
    const within = [...this.#slots.values()].filter(({ slot }) => isWithin(slot, range));
    return within.flatMap((state) => {
      return Array.from(state.outcomes(), ([client, sequence]) => [state.slot, client, sequence] as const);
    });
  }

  /** Removes and returns all slots of a range. They no longer change. */
  take(range: SlotRange): readonly SlotState[] {
    const taken = sortedSlots([...this.#slots.values()].filter(({ slot }) => isWithin(slot, range)));
    for (const { slot } of taken) this.#slots.delete(slot);
    return taken;
  }

  hash(): Hash {
    return hashOfSlots(this.#slots.values());
  }
}

export function hashOfSlots(slots: Iterable<SlotState>): Hash {
  const digest = new SetDigest();
  for (const state of slots) digest.add(state.hash());
  return digest.hash;
}

export function sortedSlots(slots: Iterable<SlotState>): readonly SlotState[] {
  return [...slots].toSorted((left, right) => left.slot - right.slot);
}
