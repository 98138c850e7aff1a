/**
 * Follows some keys over all orders: first their current values, then every change in order per key. A part is a set of
 * slots that one order answers for. Each part has its own positions, so no change is missed or seen twice when slots
 * move. If an order has dropped a change, all values are read again after one `resync`.
 */
import { comparePositions } from '../store/change-window.ts';
import { keyTextOf } from '../store/key.ts';
import type { Changes, ChangePosition, ListedEntry, Watch, WatchedChange, WatchedRange } from '../wire/frames/frame.ts';
import { LIMITS } from '../wire/limits.ts';
import type { ListCall, ListedPage, SlotRange } from './contract.ts';
import { within, without } from './slot-ranges.ts';
import { isDuplicate, type PageMark, remainingMarks } from './page-marks.ts';

/** The keys to watch. */
export interface WatchSelection {
  readonly from: Uint8Array | undefined;
  readonly to: Uint8Array | undefined;
  readonly slots: readonly SlotRange[];
}

export type WatchEvent =
  /** A current value, as of the beginning or after a `resync`. */
  | { readonly kind: 'entry'; readonly entry: ListedEntry }
  | { readonly kind: 'change'; readonly change: WatchedChange }
  /** Changes are lost. The current values of all keys follow. */
  | { readonly kind: 'resync' };

/** A question for an order. `answered` or `failed` gets this object back. */
export interface WatchRequest {
  readonly call: ListCall | Watch;
  /** Time since which all questions about these slots failed. Undefined: the last one was answered. */
  readonly failingSinceMs: number | undefined;
}

/** Slots without a position are those of which no page was read. */
interface FollowedRange extends SlotRange {
  readonly position: ChangePosition | undefined;
}

interface QueuedEvent {
  readonly event: WatchEvent;
  /** The position that is reached with this event. Undefined: further events have the same position. */
  readonly through: ChangePosition | undefined;
}

interface Part {
  readonly ranges: readonly FollowedRange[];
  /** The next key to list. Undefined: all keys are listed. */
  readonly cursor: Cursor | undefined;
  /** Pages that are ahead of the positions. Their entries show changes that the changes repeat. */
  readonly marks: readonly PageMark[];
  /** Whether a page was the latest answer. The changes up to the page then need no waiting. */
  readonly isPaged: boolean;
  /**
   * Whether the latest answer did not cover the slots. They are asked for alone, because a question about further slots
   * would repeatedly be answered at once without them.
   */
  readonly isApart: boolean;
  readonly failingSinceMs: number | undefined;
}

interface Cursor {
  /** Undefined: the lowest key. */
  readonly key: Uint8Array | undefined;
  /** Whether changes of the listed keys are asked for before the next page, so that a long list loses none of them. */
  readonly asksChangesFirst: boolean;
}

/** A part whose events wait to be taken. The part then continues as `next`. */
interface FullPart {
  readonly events: readonly QueuedEvent[];
  taken: number;
  readonly before: readonly FollowedRange[];
  /** The pages that were ahead of the positions before the answer. */
  readonly marks: readonly PageMark[];
  through: ChangePosition | undefined;
  readonly next: Part;
}

export class Watcher {
  readonly #selection: WatchSelection;
  #due: Part[];
  readonly #asked = new Map<WatchRequest, Part>();
  readonly #full: FullPart[] = [];
  #isResyncDue = false;

  /** @param positions positions from which the watch continues. Undefined: the watch begins with the current values. */
  constructor(selection: WatchSelection, positions?: readonly WatchedRange[]) {
    this.#selection = selection;
    this.#due =
      positions === undefined
        ? [this.#beginning()]
        : [{ ...NEW_PART, ranges: within(positions, selection.slots), cursor: undefined }];
  }

  /**
   * The positions through which the caller has taken all changes. Undefined until the caller has taken the current
   * values of all keys.
   */
  get positions(): readonly WatchedRange[] | undefined {
    if (this.#isResyncDue) return undefined;
    const parts = [...this.#due, ...this.#asked.values(), ...this.#full.map(({ next }) => next)];
    // A watch that continues behind a page would see changes twice that the page shows.
    const isListing = parts.some(({ cursor, marks }) => cursor !== undefined || marks.length > 0);
    const isEntryLeft = this.#full.some(({ events, taken }) =>
      events.slice(taken).some(({ event }) => event.kind === 'entry'),
    );
    if (isListing || isEntryLeft || this.#full.some(({ marks }) => marks.length > 0)) return undefined;
    const ranges = [
      ...[...this.#due, ...this.#asked.values()].flatMap((part) => part.ranges),
      ...this.#full.flatMap(reached),
    ];
    return ranges.filter(hasPosition).toSorted((one, other) => one.first - other.first);
  }

  /** Returns the questions to ask now, each once. A part asks its next question once its events are taken. */
  takeRequests(partition: readonly (readonly SlotRange[])[]): readonly WatchRequest[] {
    const everywhere = partition.flat();
    const due = this.#due;
    // The partition may lack slots while the tab learns a configuration.
    this.#due = due
      .map((part) => ({ ...part, ranges: without(part.ranges, everywhere) }))
      .filter(({ ranges }) => ranges.length > 0);
    const requests = due.filter(({ cursor }) => cursor !== undefined).flatMap((part) => this.#list(part, partition));
    const followed = due.filter(({ cursor }) => cursor === undefined);
    if (followed.length === 0) return requests;
    return [...requests, ...partition.flatMap((slots) => this.#follow(followed, slots))];
  }

  answered(request: WatchRequest, answer: ListedPage | Changes): void {
    const part = this.#asked.get(request);
    this.#asked.delete(request);
    if (part === undefined) return;
    if (answer.kind === 'page') this.#takePage(part, answer);
    else if (answer.isLost) this.#resync();
    else this.#takeChanges(part, answer);
  }

  /** Notes that a request failed. The question is asked again. */
  failed(request: WatchRequest, nowMs: number): void {
    const part = this.#asked.get(request);
    this.#asked.delete(request);
    if (part !== undefined) this.#due.push({ ...part, failingSinceMs: part.failingSinceMs ?? nowMs });
  }

  /** Removes and returns the next event. Undefined: none is there yet. */
  take(): WatchEvent | undefined {
    if (this.#isResyncDue) {
      this.#isResyncDue = false;
      return { kind: 'resync' };
    }
    const [full] = this.#full;
    const queued = full?.events[full.taken];
    if (full === undefined || queued === undefined) return undefined;
    full.taken += 1;
    full.through = queued.through ?? full.through;
    if (full.taken === full.events.length) {
      this.#full.shift();
      this.#due.push(full.next);
    }
    return queued.event;
  }

  #beginning(): Part {
    const { slots, from } = this.#selection;
    const ranges = slots.map(({ first, last }) => ({ first, last, position: undefined }));
    return { ...NEW_PART, ranges, cursor: { key: from, asksChangesFirst: false } };
  }

  /** Begins again. Answers to earlier questions are ignored. */
  #resync(): void {
    this.#isResyncDue = true;
    this.#asked.clear();
    this.#full.length = 0;
    this.#due = [this.#beginning()];
  }

  /** Asks for the next pages, or for changes of the listed keys, at each order. */
  #list(part: Part, partition: readonly (readonly SlotRange[])[]): readonly WatchRequest[] {
    return partition.flatMap((slots) => {
      const ranges = within(part.ranges, slots);
      if (ranges.length === 0) return [];
      const known = ranges.filter(hasPosition);
      const asksChanges = part.cursor?.asksChangesFirst === true && known.length === ranges.length;
      const call = asksChanges ? this.#watch(known, false) : this.#page(ranges, part.cursor?.key);
      return [this.#ask({ ...part, ranges }, call)];
    });
  }

  /**
   * Asks for the changes of the slots of one order. Slots of a question under way are asked again together with them,
   * so that few questions wait at each order.
   */
  #follow(due: readonly Part[], slots: readonly SlotRange[]): readonly WatchRequest[] {
    const all = due
      .map((part) => ({ ...part, ranges: within(part.ranges, slots) }))
      .filter(({ ranges }) => ranges.length > 0);
    const apart = all.filter(({ isApart }) => isApart).map((part) => this.#askChanges(part));
    const parts = all.filter(({ isApart }) => !isApart);
    if (parts.length === 0) return apart;
    for (const [request, part] of this.#asked) {
      if (part.cursor !== undefined || part.isApart || without(part.ranges, slots).length > 0) continue;
      this.#asked.delete(request);
      parts.push(part);
    }
    const ranges = parts.flatMap((part) => part.ranges).toSorted((one, other) => one.first - other.first);
    // Parts that were divided share their marks.
    const marks = [...new Set(parts.flatMap((part) => part.marks))];
    const failing = parts.flatMap(({ failingSinceMs }) => failingSinceMs ?? []);
    const failingSinceMs = failing.length === 0 ? undefined : Math.min(...failing);
    const isPaged = parts.some((part) => part.isPaged);
    const joined = { ...NEW_PART, ranges: joinedRanges(ranges), cursor: undefined, marks, isPaged, failingSinceMs };
    return [...apart, this.#askChanges(joined)];
  }

  #askChanges(part: Part): WatchRequest {
    const waits = !part.isPaged || part.marks.length === 0;
    return this.#ask(part, this.#watch(part.ranges.filter(hasPosition), waits));
  }

  #ask(part: Part, call: ListCall | Watch): WatchRequest {
    const request = { call, failingSinceMs: part.failingSinceMs };
    this.#asked.set(request, part);
    return request;
  }

  #page(ranges: readonly FollowedRange[], from: Uint8Array | undefined): ListCall {
    const slots = ranges.map(({ first, last }) => ({ first, last }));
    const { to } = this.#selection;
    return { kind: 'list', slots, from, to, isReversed: false, limit: LIMITS.lists.pageEntries };
  }

  #watch(ranges: readonly WatchedRange[], waits: boolean): Watch {
    const { from, to } = this.#selection;
    return { kind: 'watch', ranges, from, to, limit: LIMITS.watches.answerChanges, waits };
  }

  #takePage(part: Part, { entries, next, index, covered }: ListedPage): void {
    const page = covered.map(({ first, last, epoch }) => ({ first, last, position: { epoch, index } }));
    const listed = within(part.ranges, covered).flatMap<FollowedRange>((range) => {
      return range.position === undefined ? within(page, [range]) : [range];
    });
    const bounds = { from: textOf(part.cursor?.key), to: textOf(next) };
    const marks = remainingMarks([...part.marks, { ...bounds, ranges: page }], listed.filter(hasPosition));
    const cursor = next === undefined ? undefined : { key: next, asksChangesFirst: true };
    const events = entries.map((entry): QueuedEvent => ({ event: { kind: 'entry', entry }, through: undefined }));
    const following = { ...NEW_PART, ranges: joinedRanges(listed), cursor, marks, isPaged: true };
    this.#continue(part, covered, following, events);
  }

  #takeChanges(part: Part, { changes, ranges }: Changes): void {
    const end = textOf(part.cursor?.key);
    const isListing = part.cursor !== undefined;
    const events = changes.flatMap((change, at): QueuedEvent[] => {
      const key = keyTextOf(change.key);
      // The next pages show this change, since a page is never older than an answer about changes.
      const isUnlisted = isListing && (end === undefined || key >= end);
      if (isUnlisted || isDuplicate(part.marks, key, change)) return [];
      const following = changes[at + 1]?.position;
      const isLast = following === undefined || comparePositions(change.position, following) < 0;
      return [{ event: { kind: 'change', change }, through: isLast ? change.position : undefined }];
    });
    const after = within(ranges, part.ranges);
    const cursor = part.cursor && { ...part.cursor, asksChangesFirst: false };
    const next = { ...NEW_PART, ranges: after, cursor, marks: remainingMarks(part.marks, after) };
    this.#continue(part, ranges, next, events);
  }

  /** Continues a part after an answer. Slots that the answer does not cover become a part of their own. */
  #continue(part: Part, covered: readonly SlotRange[], next: Part, events: readonly QueuedEvent[]): void {
    const rest = without(part.ranges, covered);
    if (rest.length > 0) this.#due.push({ ...part, ranges: rest, isApart: true });
    if (events.length === 0) {
      if (next.ranges.length > 0) this.#due.push(next);
      return;
    }
    const { marks } = part;
    this.#full.push({ events, taken: 0, before: within(part.ranges, covered), marks, through: undefined, next });
  }
}

const NEW_PART = { marks: [], isPaged: false, isApart: false, failingSinceMs: undefined } as const;

function hasPosition(range: FollowedRange): range is WatchedRange {
  return range.position !== undefined;
}

/** Returns the positions that are reached with the taken events. No position is behind those of the whole answer. */
function reached({ before, through, next }: FullPart): readonly FollowedRange[] {
  if (through === undefined) return before;
  return before.flatMap((range) => {
    return within(next.ranges, [range]).map((after) => {
      if (range.position === undefined || after.position === undefined) return range;
      const position = comparePositions(through, after.position) < 0 ? through : after.position;
      const isBehind = comparePositions(range.position, position) < 0;
      return { ...after, position: isBehind ? position : range.position };
    });
  });
}

/** Joins adjacent ranges with equal positions. */
function joinedRanges(ranges: readonly FollowedRange[]): readonly FollowedRange[] {
  const joined: FollowedRange[] = [];
  for (const range of ranges) {
    const before = joined.at(-1);
    const isSame =
      before !== undefined &&
      before.last + 1 === range.first &&
      before.position?.epoch === range.position?.epoch &&
      before.position?.index === range.position?.index;
    if (isSame) joined.splice(-1, 1, { ...before, last: range.last });
    else joined.push(range);
  }
  return joined;
}

function textOf(key: Uint8Array | undefined): string | undefined {
  return key && keyTextOf(key);
}
