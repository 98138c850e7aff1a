/** Lists of keys. They check the arguments, read page by page from all orders, and decode the entries. */
import type { Call, SlotRange } from '../client/contract.ts';
import { ListMerge, type Selection } from '../client/list-merge.ts';
import { without } from '../client/slot-ranges.ts';
import { assert } from '../wire/assertion.ts';
import { InvalidArgumentError, ShardbearerError } from '../wire/errors.ts';
import type { ListedEntry } from '../wire/frames/frame.ts';
import type { LockId, LogIndex, Slot } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
import { checkSwitch, described, readArgument } from './arguments.ts';
import type { CallResult } from './client-driver.ts';
import { decodedValue } from './decoded-value.ts';
import { keyRangeOf } from './key-range.ts';
import type { CallOptions, Entry, ListOptions } from './key-value-contract.ts';
import { decodeKey, encodingFor, type ValueEncoding } from './values.ts';

interface ListParts {
  readonly request: (call: Call, options: CallOptions | undefined) => Promise<CallResult>;
  readonly encoding: ValueEncoding;
  /** The slots of each order, as far as this tab knows. Together they are all slots. */
  readonly partition: () => readonly (readonly SlotRange[])[];
  /** Returns an id that no other lock has. */
  readonly newLock: () => LockId;
}

/** The checked options of a list. */
export interface ListPlan {
  readonly selection: Selection;
  readonly limit: number;
  /** The only slot that can hold the keys. Undefined: the keys are in many slots. */
  readonly slot: Slot | undefined;
  /** Whether all orders are read at one point. */
  readonly isSnapshot: boolean;
  readonly encoding: ValueEncoding;
  readonly options: ListOptions | undefined;
}

type Bounds = Pick<ListPlan['selection'], 'from' | 'to'>;

/** The lock of a range in one order. */
interface HeldRange {
  readonly lock: LockId;
  /** One of the locked slots. */
  readonly slot: Slot;
  readonly index: LogIndex;
}

/** All entries of a list of one slot, from one state of the slot. */
interface SlotSnapshot {
  readonly entries: readonly ListedEntry[];
  readonly revision: number;
}

export class ListCalls {
  readonly #parts: ListParts;

  constructor(parts: ListParts) {
    this.#parts = parts;
  }

  /** Checks the arguments at once, before the first entry is asked for. `KeyValueStore` describes the call. */
  list(options?: ListOptions): AsyncIterableIterator<Entry> {
    const plan = listPlanOf(options, this.#parts.encoding);
    return this.#entries(plan);
  }

  async *#entries(plan: ListPlan): AsyncGenerator<Entry, undefined, undefined> {
    const { encoding, slot } = plan;
    const merged = plan.isSnapshot ? this.#lockedBatches(plan) : this.#mergedBatches(plan);
    const batches = slot === undefined ? merged : this.#snapshotOf(plan, slot);
    for await (const batch of batches) {
      const receivedMs = Date.now();
      for (const { key, ...found } of batch)
        yield { key: decodeKey(key), ...decodedValue(found, encoding, receivedMs) };
    }
  }

  /** Reads the pages of all orders. The next pages are on their way while the application takes the entries. */
  async *#mergedBatches({ selection, limit, options }: ListPlan): AsyncGenerator<readonly ListedEntry[]> {
    const merge = new ListMerge(selection, this.#parts.partition());
    const readDuePages = async (): Promise<void> => {
      const requests = merge.takeRequests();
      const pages = await Promise.all(requests.map(({ call }) => this.#page(call, options)));
      for (const [at, request] of requests.entries()) {
        const page = pages[at];
        assert(page !== undefined, 'every request has a page');
        merge.answered(request, page);
      }
    };
    let left = limit;
    let pages = readDuePages();
    for (;;) {
      await pages;
      const entries = merge.takeEntries().slice(0, left);
      left -= entries.length;
      const isLast = merge.isOver || left === 0;
      if (!isLast) pages = readDuePages();
      // An application that stops in between does not await these pages.
      pages.catch(() => undefined);
      yield entries;
      if (isLast) return;
    }
  }

  /**
   * Reads all orders at one point. Locks the range in every order first. From then on no key of the range changes, until
   * the locks are released. The entries count only if all locks were held from the first page to the last.
   */
  async *#lockedBatches(plan: ListPlan): AsyncGenerator<readonly ListedEntry[]> {
    for (let attempt = 0; attempt < LIMITS.lists.snapshotAttempts; attempt++) {
      const entries: ListedEntry[] = [];
      const locks = await this.#lock(plan);
      try {
        for await (const batch of this.#mergedBatches(plan)) entries.push(...batch);
      } catch (error) {
        await this.#release(locks, plan.options).catch(() => undefined);
        throw error;
      }
      if (!(await this.#release(locks, plan.options))) continue;
      yield entries;
      return;
    }
    throw new ShardbearerError(
      'OVERLOADED',
      'Shards moved or reads were too slow in all attempts, so no snapshot was found. List fewer keys.',
    );
  }

  /** Locks the range in all orders. Slots that have moved to other orders are locked there. */
  async #lock({ selection: { from, to }, options }: ListPlan): Promise<readonly HeldRange[]> {
    const held: HeldRange[] = [];
    let left = this.#parts.partition();
    try {
      while (left.length > 0) {
        const answers = await Promise.all(left.map((slots) => this.#lockIn(slots, { from, to }, options)));
        left = answers.map(({ rest }) => rest).filter(({ length }) => length > 0);
        held.push(...answers.map(({ range }) => range));
      }
    } catch (error) {
      await this.#release(held, options).catch(() => undefined);
      throw error;
    }
    return held;
  }

  async #lockIn(slots: readonly SlotRange[], bounds: Bounds, options: ListOptions | undefined) {
    const lock = this.#parts.newLock();
    const result = await this.#parts.request({ kind: 'lock-range', lock, slots, ...bounds }, options);
    assert(result.kind === 'range-locked', 'a lock is answered by its beginning');
    const [first] = result.covered;
    assert(first !== undefined, 'an order that answers serves some of the slots');
    return { range: { lock, slot: first.first, index: result.index }, rest: without(slots, result.covered) };
  }

  /** @returns whether all locks were held until now */
  async #release(locks: readonly HeldRange[], options: ListOptions | undefined): Promise<boolean> {
    const results = await Promise.all(
      locks.map(async ({ lock, slot, index }) => {
        const result = await this.#parts.request({ kind: 'release-range', lock, slot }, options);
        return result.kind === 'range-released' && result.index === index;
      }),
    );
    return results.every((isHeld) => isHeld);
  }

  async *#snapshotOf(plan: ListPlan, slot: Slot): AsyncGenerator<readonly ListedEntry[]> {
    yield (await this.snapshot(plan, slot)).entries;
  }

  /**
   * Reads all pages of one slot from one state. Starts again if a write came in between.
   * @throws {ShardbearerError} `OVERLOADED` if a write came in between at every attempt
   */
  async snapshot({ selection, limit, options }: ListPlan, slot: Slot): Promise<SlotSnapshot> {
    const slots = [{ first: slot, last: slot }];
    for (let attempt = 0; attempt < LIMITS.lists.snapshotAttempts; attempt++) {
      const entries: ListedEntry[] = [];
      let call = { kind: 'list', ...selection, slots } as const;
      let revision: number | undefined;
      for (;;) {
        const page = await this.#page(call, options);
        if (revision !== undefined && page.revision !== revision) break;
        revision = page.revision;
        entries.push(...page.entries);
        if (page.next === undefined || entries.length >= limit) return { entries: entries.slice(0, limit), revision };
        call = { ...call, [selection.isReversed ? 'to' : 'from']: page.next };
      }
    }
    throw new ShardbearerError(
      'OVERLOADED',
      'Keys under this hash tag were written between all reads of the list, so no snapshot was found. List fewer keys.',
    );
  }

  async #page(call: Extract<Call, { kind: 'list' }>, options: ListOptions | undefined) {
    const result = await this.#parts.request(call, options);
    assert(result.kind === 'page', 'a list is answered by a page');
    return result;
  }
}

/** @throws {InvalidArgumentError} `INVALID_ARGUMENT` */
export function listPlanOf(options: ListOptions | undefined, byDefault: ValueEncoding): ListPlan {
  const encoding = encodingFor(options, byDefault);
  const { reverse, limit, snapshot, ...range } = readArgument('the options', () => ({ ...options }));
  checkSwitch('reverse', reverse);
  checkSwitch('snapshot', snapshot);
  if (limit !== undefined && !(limit === Number.POSITIVE_INFINITY || (Number.isSafeInteger(limit) && limit > 0))) {
    throw new InvalidArgumentError(`limit is ${described(limit)}. Pass a whole number above 0.`);
  }
  const { from, to, slot } = keyRangeOf(range);
  const most = limit ?? Number.POSITIVE_INFINITY;
  const pageEntries = Math.min(LIMITS.lists.pageEntries, most);
  const selection = { from, to, isReversed: reverse === true, limit: pageEntries };
  return { selection, limit: most, slot, isSnapshot: snapshot === true, encoding, options };
}
