import type { ClientId, SequenceNumber, Slot } from '../wire/identifiers.ts';
import type { Hash } from './hash.ts';
import { SetDigest } from './set-digest.ts';
import { isWithin, type SlotRange } from './shard-map.ts';
import { SlotState } from './slot-state.ts';

/** What is kept for slots: those that were ever written. */
export class SlotTable {
  readonly #slots: Map<Slot, SlotState>;
  /** Of the slots that this table may change; a clone and its original both begin with none. */
  #owner: object = {};

  constructor(slots = new Map<Slot, SlotState>()) {
    this.#slots = slots;
  }

  /** From now on both copies clone a slot before they change it. */
  clone(): SlotTable {
    this.#owner = {};
    return new SlotTable(new Map(this.#slots));
  }

  get(slot: Slot): SlotState | undefined {
    return this.#slots.get(slot);
  }

  /** In no particular order. */
  values(): Iterable<SlotState> {
    return this.#slots.values();
  }

  /** The slot, made if it is not here, and not shared with any other table. */
  changeable(slot: Slot): SlotState {
    const current = this.#slots.get(slot);
    if (current?.owner === this.#owner) return current;
    const state = current?.clone(this.#owner) ?? new SlotState(slot, this.#owner);
    this.#slots.set(slot, state);
    return state;
  }

  /** The client has finished commands: each one's outcome lies in its slot. */
  forget(client: ClientId, finished: ReadonlyMap<SequenceNumber, Slot>): void {
    for (const [sequence, slot] of finished) this.changeable(slot).forget(client, sequence);
  }

  /** A slot that was not here. It may be shared: it is cloned before it changes. */
  put(state: SlotState): void {
    this.#slots.set(state.slot, state);
  }

  /** Of the slots of a range, in no particular order: whose commands have outcomes in them. */
  outcomesWithin(range: SlotRange): readonly (readonly [Slot, ClientId, SequenceNumber])[] {
    const within = [...this.#slots.values()].filter(({ slot }) => isWithin(slot, range));
    return within.flatMap((state) => {
      return Array.from(state.outcomes(), ([client, sequence]) => [state.slot, client, sequence] as const);
    });
  }

  /** Takes out all slots of a range. They do not change any more. */
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
