import type { Call, CallOutcome, SlotRange } from '../../client/contract.ts';
import { ListMerge } from '../../client/list-merge.ts';
import { without } from '../../client/slot-ranges.ts';
import { isShardbearerError } from '../../wire/errors.ts';
import type { ListedEntry } from '../../wire/frames/frame.ts';
import {
  asSlot,
  ID_BYTES,
  idFromBytes,
  type LockId,
  type LogIndex,
  type Slot,
  SLOT_COUNT,
} from '../../wire/identifiers.ts';
import type { Random } from '../random.ts';
import type { SimulatedHost } from '../world/host.ts';

const PAGE_ENTRIES = 2;
const ALL_SLOTS = { first: asSlot(0), last: asSlot(SLOT_COUNT - 1) };

interface HeldRange {
  readonly lock: LockId;
  readonly slot: Slot;
  readonly index: LogIndex;
}

/** A list of keys that are locked in all orders while it is read. Mirrors the snapshot of `list` in the hosts. */
export class LockedList {
  readonly #host: SimulatedHost;
  readonly #random: Random;
  readonly #bounds: { readonly from: Uint8Array; readonly to: Uint8Array };
  readonly #held: HeldRange[] = [];

  constructor(host: SimulatedHost, random: Random, bounds: { readonly from: Uint8Array; readonly to: Uint8Array }) {
    this.#host = host;
    this.#random = random;
    this.#bounds = bounds;
  }

  /** @param done gets the entries; undefined if they are not of one point */
  read(done: (entries: readonly ListedEntry[] | undefined) => void): void {
    this.#lock([ALL_SLOTS], (areLocked) => {
      if (!areLocked) return this.#release(() => done(undefined));
      const selection = { ...this.#bounds, isReversed: false, limit: PAGE_ENTRIES };
      this.#step(new ListMerge(selection, [[ALL_SLOTS]]), [], (entries) => {
        this.#release((areHeld) => done(areHeld ? entries : undefined));
      });
    });
  }

  /** Locks the slots in one order after the other. */
  #lock(slots: readonly SlotRange[], done: (areLocked: boolean) => void): void {
    if (slots.length === 0) return done(true);
    const lock = idFromBytes<LockId>(this.#random.bytes(ID_BYTES));
    this.#call({ kind: 'lock-range', lock, slots, ...this.#bounds }, (outcome) => {
      const [first] = outcome?.kind === 'range-locked' ? outcome.covered : [];
      if (outcome?.kind !== 'range-locked' || first === undefined) return done(false);
      this.#held.push({ lock, slot: first.first, index: outcome.index });
      this.#lock(without(slots, outcome.covered), done);
    });
  }

  #step(merge: ListMerge, found: ListedEntry[], done: (entries: readonly ListedEntry[] | undefined) => void): void {
    found.push(...merge.takeEntries());
    if (merge.isOver) return done(found);
    const requests = merge.takeRequests();
    let pending = requests.length;
    let hasFailed = false;
    for (const request of requests) {
      this.#call(request.call, (outcome) => {
        pending -= 1;
        if (outcome?.kind === 'page') merge.answered(request, outcome);
        else hasFailed = true;
        if (pending > 0) return;
        if (hasFailed) done(undefined);
        else this.#step(merge, found, done);
      });
    }
  }

  #release(done: (areHeld: boolean) => void): void {
    let [pending, areHeld] = [this.#held.length, true];
    if (pending === 0) return done(false);
    for (const { lock, slot, index } of this.#held) {
      this.#call({ kind: 'release-range', lock, slot }, (outcome) => {
        pending -= 1;
        if (outcome?.kind !== 'range-released' || outcome.index !== index) areHeld = false;
        if (pending === 0) done(areHeld);
      });
    }
  }

  #call(call: Call, done: (outcome: CallOutcome | undefined) => void): void {
    try {
      this.#host.call(call, done);
    } catch (error) {
      if (!isShardbearerError(error)) throw error;
      done({ kind: 'failed', error });
    }
  }
}
