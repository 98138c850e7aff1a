/**
 * Merges the pages of several orders into one list. A part is a set of slots that one order lists. Each slot belongs to
 * exactly one part, and each part continues behind its own last key. A part whose slots move to several orders is
 * divided, so no key is lost or listed twice.
 */
import { keyTextOf, type KeyText } from '../store/key.ts';
import { assert } from '../wire/assertion.ts';
import type { ListedEntry } from '../wire/frames/frame.ts';
import type { ListCall, ListedPage, SlotRange } from './contract.ts';
import { without } from './slot-ranges.ts';

/** The keys to list, and the size of a page. */
export type Selection = Omit<ListCall, 'kind' | 'slots'>;

interface ReadEntry {
  readonly entry: ListedEntry;
  readonly key: KeyText;
}

interface Part {
  readonly slots: readonly SlotRange[];
  readonly bounds: Pick<Selection, 'from' | 'to'>;
  /** Entries that were read and not returned yet. */
  readonly entries: readonly ReadEntry[];
  /** `due`: the next page is to be read. `asked`: its call was handed out. `over`: no page follows. */
  readonly state: 'due' | 'asked' | 'over';
}

/** A request for one page of a part. `answered` gets this object together with the page. */
export interface PageRequest {
  readonly part: Part;
  readonly call: ListCall;
}

export class ListMerge {
  readonly #selection: Selection;
  #parts: readonly Part[];

  /** @param partition the slots of each order, as far as the caller knows; together all slots of the list */
  constructor(selection: Selection, partition: readonly (readonly SlotRange[])[]) {
    this.#selection = selection;
    const { from, to } = selection;
    this.#parts = partition.map((slots) => ({ slots, bounds: { from, to }, entries: [], state: 'due' }));
  }

  /** Whether all entries of the list were returned. */
  get isOver(): boolean {
    return this.#parts.every(({ entries, state }) => entries.length === 0 && state === 'over');
  }

  /**
   * Returns requests for the pages to read now, each page once. A part needs its next page once its entries are
   * returned.
   */
  takeRequests(): readonly PageRequest[] {
    const requests: PageRequest[] = [];
    this.#parts = this.#parts.map((part) => {
      if (part.state !== 'due' || part.entries.length > 0) return part;
      const asked: Part = { ...part, state: 'asked' };
      requests.push({ part: asked, call: { kind: 'list', ...this.#selection, ...part.bounds, slots: part.slots } });
      return asked;
    });
    return requests;
  }

  /** Takes the answer to a request. Slots that the page does not cover become a part of their own. */
  answered({ part }: PageRequest, page: ListedPage): void {
    assert(this.#parts.includes(part), 'a page is answered once');
    const { next, covered } = page;
    const bounds = this.#selection.isReversed ? { ...part.bounds, to: next } : { ...part.bounds, from: next };
    const entries = page.entries.map((entry) => ({ entry, key: keyTextOf(entry.key) }));
    const read: Part =
      next === undefined
        ? { ...part, slots: covered, entries, state: 'over' }
        : { slots: covered, bounds, entries, state: 'due' };
    const left = without(part.slots, covered);
    const rest: readonly Part[] = left.length === 0 ? [] : [{ ...part, slots: left, state: 'due' }];
    this.#parts = [...this.#parts.filter((one) => one !== part), read, ...rest];
  }

  /** Removes and returns the entries that precede all entries of unread pages, in the order of the list. */
  takeEntries(): readonly ListedEntry[] {
    const taken: ListedEntry[] = [];
    const positions = this.#parts.map(() => 0);
    for (let part = this.#partToTake(positions); part !== undefined; part = this.#partToTake(positions)) {
      const position = positions[part] ?? 0;
      const read = this.#parts[part]?.entries[position];
      assert(read !== undefined, 'the part has an entry there');
      taken.push(read.entry);
      positions[part] = position + 1;
    }
    this.#parts = this.#parts.map((part, number) => {
      const position = positions[number] ?? 0;
      return position === 0 ? part : { ...part, entries: part.entries.slice(position) };
    });
    return taken;
  }

  /**
   * Returns the part with the next entry. Undefined if a part without entries waits for a page, or if no entry is left.
   */
  #partToTake(positions: readonly number[]): number | undefined {
    let found: { readonly part: number; readonly key: KeyText } | undefined;
    for (const [part, { entries, state }] of this.#parts.entries()) {
      const key = entries[positions[part] ?? 0]?.key;
      if (key === undefined && state !== 'over') return undefined;
      if (key !== undefined && (found === undefined || this.#precedes(key, found.key))) found = { part, key };
    }
    return found?.part;
  }

  #precedes(one: KeyText, other: KeyText): boolean {
    return this.#selection.isReversed ? one > other : one < other;
  }
}
