import { assert } from '../wire/assertion.ts';
import type { KeyWrite, PlainOperation } from '../wire/entries/command.ts';
import type { ClientId, LogIndex, SequenceNumber, Slot } from '../wire/identifiers.ts';
import { type Hash, SetDigest } from './hash.ts';
import { ExpiryIndex } from './expiry-index.ts';
import { LIMITS } from '../wire/limits.ts';
import { type KeyText, keyTextOf } from './key.ts';
import { createOrderedMap, type OrderedMap } from './ordered-map.ts';
import { RecentChanges, WINDOW_ROOM, type WindowRoom } from './recent-changes.ts';
import { isWithin, type SlotRange } from './shard-map.ts';
import type { SlotLocks } from './slot-locks.ts';
import { SlotState, type WriteOutcome } from './slot-state.ts';
import type { WriteMoment } from './stored-value.ts';

/** Tells whether a transaction or a snapshot holds a key, so that nobody may change it. */
type IsHeld = (slot: Slot, key: KeyText) => boolean;

/** The slots in which a command was ever executed. Commands that ended in a conflict count as well. */
export class SlotTable {
  readonly #slots: Map<Slot, SlotState>;
  /**
   * The slot of each key, ordered by key. Undefined until a list is read, so that a replica that never answers lists
   * does not maintain the map.
   */
  #keys: OrderedMap<Slot> | undefined;
  /** The slots with locks or commits of transactions. */
  readonly locked: Set<Slot>;
  /** The changes in the windows of all slots. Undefined until they are needed. */
  #recent: RecentChanges | undefined;
  #expiries = new ExpiryIndex();
  /** Owner of the slots that this table may change in place. Cloning gives both tables a new owner. */
  #owner: object = {};

  constructor(slots = new Map<Slot, SlotState>()) {
    this.#slots = slots;
    this.locked = new Set([...slots.values()].filter(({ locks }) => locks !== undefined).map(({ slot }) => slot));
  }

  /** Returns a copy. From then on both tables clone a slot before they change it. */
  clone(): SlotTable {
    this.#owner = {};
    const copy = new SlotTable(new Map(this.#slots));
    copy.#recent = this.#recent?.clone();
    copy.#expiries = this.#expiries.clone();
    return copy;
  }

  get(slot: Slot): SlotState | undefined {
    return this.#slots.get(slot);
  }

  /** The slots, in an arbitrary order. */
  values(): Iterable<SlotState> {
    return this.#slots.values();
  }

  /** The slot of each key, ordered by key. */
  get keys(): OrderedMap<Slot> {
    this.#keys ??= this.#listKeys();
    return this.#keys;
  }

  /** The changes in the windows of all slots. */
  get recent(): RecentChanges {
    this.#recent ??= RecentChanges.of(this.#slots.values());
    return this.#recent;
  }

  /** Performs an operation on one key. */
  write(slot: Slot, operation: PlainOperation, moment: WriteMoment): WriteOutcome {
    return this.#change(slot, keyTextOf(operation.key), (state) => state.write(operation, moment));
  }

  /**
   * Removes keys whose time is over, the earliest first. Held keys stay, because a transaction
   * or a snapshot must find them as it has read them.
   * @param isHeld whether a transaction or a snapshot holds the key
   * @param momentOf returns the moment of a change of the slot
   */
  expire(logTimeMs: number, isHeld: IsHeld, momentOf: (slot: Slot) => WriteMoment): void {
    const due: { readonly slot: Slot; readonly key: KeyText }[] = [];
    let examined = 0;
    for (const { slot, key, expiresAtMs } of this.#expiries.keys()) {
      const isFull = due.length === LIMITS.expiry.keysOfEntry || examined === LIMITS.expiry.examinedExpiries;
      if (expiresAtMs >= logTimeMs || isFull) break;
      examined += 1;
      if (!isHeld(slot, key)) due.push({ slot, key });
    }
    for (const { slot, key } of due) this.#change(slot, key, (state) => state.expire(key, momentOf(slot)));
  }

  /** The log time after which the next key expires, except for held keys. */
  nextExpiryMs(isHeld: IsHeld): number | undefined {
    let examined = 0;
    for (const { slot, key, expiresAtMs } of this.#expiries.keys()) {
      if (examined === LIMITS.expiry.examinedExpiries) return undefined;
      examined += 1;
      if (!isHeld(slot, key)) return expiresAtMs;
    }
    return undefined;
  }

  /** Changes one key. Every change of a key passes here. */
  #change<Result>(slot: Slot, key: KeyText, change: (state: SlotState) => Result): Result {
    const state = this.changeable(slot);
    // The list exists before the change, so that it does not have the new change twice.
    const { recent } = this;
    const latestBefore = state.window.changes.at(-1);
    const before = state.valueOf(key);
    const result = change(state);
    const latest = state.window.changes.at(-1);
    if (latest !== undefined && latest !== latestBefore) {
      recent.add({ slot, change: latest });
      this.trimWindows();
    }
    const after = state.valueOf(key);
    if (before === after) return result;
    this.#expiries.remove(key, before?.expiresAtMs);
    this.#expiries.add(slot, key, after?.expiresAtMs);
    if (after === undefined) this.#keys?.delete(key);
    else if (before === undefined) this.#keys?.set(key, slot);
    return result;
  }

  /** Performs the writes of a transaction in one slot. None of them is refused. */
  perform(slot: Slot, writes: readonly KeyWrite[], moment: WriteMoment): void {
    for (const write of writes) {
      const outcome = this.write(slot, write, moment);
      assert(outcome.kind === 'written', 'a transaction decides after its writes were checked');
    }
  }

  changeLocks<Result>(slot: Slot, change: (locks: SlotLocks) => Result): Result {
    const state = this.changeable(slot);
    const result = state.changeLocks(change);
    if (state.locks === undefined) this.locked.delete(slot);
    else this.locked.add(slot);
    return result;
  }

  /** Returns a slot for changes. A missing slot is created, and a shared slot is cloned. */
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

  /**
   * Adds a slot that arrived from another order with the entry at the index. Another table may share the slot.
   * @param convert converts a log time of the other order to the log time of this order
   */
  addArrived(arrived: SlotState, index: LogIndex, convert: (expiresAtMs: number) => number): void {
    let state = arrived;
    if (arrived.expiries().length > 0) {
      state = arrived.clone(this.#owner);
      state.convertExpiries(convert);
    }
    this.put(state);
    if (state.window.changes.length > 0) this.changeable(state.slot).arrived(index);
  }

  /** Drops the oldest changes of all windows until the others fit into the room of the order. */
  trimWindows(): void {
    this.#trim(this.recent, WINDOW_ROOM);
  }

  /** Adds a slot, which another table may share. */
  put(state: SlotState): void {
    this.#recent = undefined;
    this.#slots.set(state.slot, state);
    if (state.locks !== undefined) this.locked.add(state.slot);
    for (const [key, expiresAtMs] of state.expiries()) this.#expiries.add(state.slot, key, expiresAtMs);
    if (this.#keys !== undefined) for (const [key] of state.values()) this.#keys.set(key, state.slot);
  }

  /** Returns the kept outcomes in a range of slots, in no particular order. */
  outcomesWithin(range: SlotRange): readonly (readonly [Slot, ClientId, SequenceNumber])[] {
    const within = [...this.#slots.values()].filter(({ slot }) => isWithin(slot, range));
    return within.flatMap((state) => {
      return Array.from(state.outcomes(), ([client, sequence]) => [state.slot, client, sequence] as const);
    });
  }

  /**
   * Removes and returns all slots of a range. The returned objects never change again.
   * @param room room for the windows of the range; the oldest changes beyond it are dropped
   */
  take(range: SlotRange, room: WindowRoom): readonly SlotState[] {
    this.#trim(this.recent.takeWithin(range), room);
    const taken = sortedSlots([...this.#slots.values()].filter(({ slot }) => isWithin(slot, range)));
    for (const { slot } of taken) {
      this.#slots.delete(slot);
      this.locked.delete(slot);
    }
    for (const state of taken)
      for (const [key, expiresAtMs] of state.expiries()) this.#expiries.remove(key, expiresAtMs);
    if (this.#keys !== undefined) for (const state of taken) for (const [key] of state.values()) this.#keys.delete(key);
    return taken;
  }

  #trim(recent: RecentChanges, room: WindowRoom): void {
    for (let oldest = recent.takeBeyond(room); oldest !== undefined; oldest = recent.takeBeyond(room)) {
      this.changeable(oldest.slot).trimWindow();
    }
  }

  #listKeys(): OrderedMap<Slot> {
    const keys = createOrderedMap<Slot>();
    for (const state of this.#slots.values()) for (const [key] of state.values()) keys.set(key, state.slot);
    return keys;
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
