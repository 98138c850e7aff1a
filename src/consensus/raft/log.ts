/**
 * One replica's log, held in memory, and how far it is written and applied:
 *
 *     … flushed │ being written │ not submitted        … applied │ being applied │ not handed out
 *               unflushed       unsubmitted                      applied         applying
 *
 * A later leader can replace entries that are being written. A completed write therefore counts only in the term in
 * which it was submitted (see `FlushPoint`).
 */
import { assert } from '../../wire/assertion.ts';
import type { RaftEntry, RaftSnapshot } from '../../wire/raft/message.ts';

/** Estimated memory of an entry without its payload. */
const ENTRY_OVERHEAD_BYTES = 16;

/** Index and term of an entry. Two logs that have the same entry agree on all entries before it (§5.3). */
export interface EntryId {
  readonly index: number;
  readonly term: number;
}

interface LogStart {
  readonly base: EntryId;
  readonly entries: readonly RaftEntry[];
  readonly committed: number;
  readonly applied: number;
}

/**
 * The log of one replica. Invariant: `applied ≤ applying ≤ committed ≤ last.index`. Only the log itself changes its
 * fields.
 */
export class RaftLog {
  /** The last compacted entry. The log knows only its index and term. */
  base: EntryId;
  /** The last entry, or `base` in an empty log. */
  last: EntryId;
  /** The estimated memory of all entries. */
  bytes: number;
  /** The first index that is not known to be flushed. */
  unflushed: number;
  /** The first index that was not handed out to be written. */
  unsubmitted: number;
  committed: number;
  /** The index of the last committed change of membership. 0 means that this log holds none. */
  committedChange: number;
  applied: number;
  /** The last index that was handed out to be applied. */
  applying: number;
  /** A snapshot that replaced the log, until the disk and the applied state hold it. */
  pendingSnapshot: RaftSnapshot | undefined;
  /** Whether the pending snapshot still has to be handed out to be written. */
  hasUnsubmittedSnapshot = false;
  /** `#entries[i]` has the index `base.index + 1 + i`. */
  #entries: RaftEntry[];
  /** Estimated memory of the entries that were handed out to be applied and are not applied yet. */
  #applyingBytes = 0;
  readonly #applyingLimitBytes: number;
  /** Whether the log hands out no further entries to apply, until some of the entries handed out before are applied. */
  #isPaused = false;

  /** @param applyingLimitBytes most bytes of entries that are handed out and not applied; one entry always fits */
  constructor({ base, entries, committed, applied }: LogStart, applyingLimitBytes: number) {
    this.base = base;
    this.last = entries.at(-1) ?? base;
    this.bytes = totalBytes(entries);
    this.unflushed = this.last.index + 1;
    this.unsubmitted = this.last.index + 1;
    this.committed = committed;
    this.committedChange =
      entries.findLast(({ kind, index }) => kind === 'membership' && index <= committed)?.index ?? 0;
    this.applied = applied;
    this.applying = applied;
    this.#entries = [...entries];
    this.#applyingLimitBytes = applyingLimitBytes;
    assert(applied <= committed, 'nothing is applied that is not committed');
    assert(committed <= this.last.index, 'nothing is committed that is not in the log');
  }

  /** Returns undefined for an index that is compacted or beyond the log. */
  termAt(index: number): number | undefined {
    if (index === this.base.index) return this.base.term;
    return this.#entries[index - this.base.index - 1]?.term;
  }

  holds(place: EntryId): boolean {
    return this.termAt(place.index) === place.term;
  }

  /** Whether a log that ends at `last` is at least as up-to-date as this one (§5.4.1). */
  isUpToDate(last: EntryId): boolean {
    const own = this.last;
    return last.term > own.term || (last.term === own.term && last.index >= own.index);
  }

  /**
   * Returns the highest entry at or before `index` whose term is at most `term`. A log with `term` at `index` can agree
   * with this one only up to that entry. Term 0 stands for an unknown term.
   */
  lastPossibleAgreement(index: number, term: number): EntryId {
    for (let at = index; at > 0; at--) {
      const own = this.termAt(at);
      if (own === undefined) return { index: at, term: 0 };
      if (own <= term) return { index: at, term: own };
    }
    return { index: 0, term: 0 };
  }

  /**
   * Appends entries. They replace existing entries from the first new index on. Committed entries are never replaced.
   */
  append(entries: readonly RaftEntry[]): void {
    const first = entries[0];
    if (first === undefined) return;
    assert(first.index > this.committed, 'a committed entry is never replaced');
    assert(first.index <= this.last.index + 1, 'a log has no gaps');
    if (first.index <= this.last.index) this.#cutFrom(first.index);
    for (const entry of entries) {
      assert(entry.index === this.last.index + 1, 'a log has no gaps');
      assert(entry.term >= this.last.term, 'terms never shrink along a log');
      this.#entries.push(entry);
      this.last = entry;
      this.bytes += entryBytes(entry);
    }
  }

  /**
   * Accepts a leader's entries after `previous`. Returns the last index up to which the logs agree. Returns undefined
   * if this log lacks `previous`.
   */
  accept(previous: EntryId, entries: readonly RaftEntry[]): number | undefined {
    if (!this.holds(previous)) return undefined;
    const news = entries.findIndex((entry) => !this.holds(entry));
    if (news >= 0) this.append(news === 0 ? entries : entries.slice(news));
    return previous.index + entries.length;
  }

  commitTo(index: number): void {
    if (index <= this.committed) return;
    assert(index <= this.last.index, 'nothing is committed that is not in the log');
    for (let at = this.committed + 1; at <= index; at++) {
      if (this.#entries[at - this.base.index - 1]?.kind === 'membership') this.committedChange = at;
    }
    this.committed = index;
  }

  /**
   * Returns the entries from `from` through `to`, as many as fit into `maximumBytes`, but at least one. Returns
   * undefined if the first one is compacted.
   */
  slice(from: number, to: number, maximumBytes: number): readonly RaftEntry[] | undefined {
    if (from > to) return [];
    if (from <= this.base.index) return undefined;
    assert(to <= this.last.index, 'only entries of the log are asked for');
    const start = from - this.base.index - 1;
    const end = to - this.base.index;
    let cut = start;
    for (let bytes = 0; cut < end; cut++) {
      const entry = this.#entries[cut];
      if (entry === undefined) break;
      bytes += entryBytes(entry);
      if (bytes > maximumBytes && cut > start) break;
    }
    return this.#entries.slice(start, cut);
  }

  /** Hands out the entries that were not handed out to be written yet. */
  takeUnsubmitted(): readonly RaftEntry[] {
    const entries = this.#entries.slice(this.unsubmitted - this.base.index - 1);
    this.unsubmitted = this.last.index + 1;
    return entries;
  }

  /** Notes a flush up to this entry. Ignored if another entry has replaced it, because that entry has its own flush. */
  flushedTo(place: EntryId): void {
    if (place.index < this.unflushed || !this.holds(place)) return;
    this.unflushed = place.index + 1;
    this.unsubmitted = Math.max(this.unsubmitted, this.unflushed);
  }

  /**
   * Returns the last index that may be handed out to be applied. While handing out pauses or a snapshot is pending,
   * this is the last index that was handed out.
   */
  applicable(includeUnflushed: boolean): number {
    if (this.#isPaused || this.pendingSnapshot !== undefined) return this.applying;
    return includeUnflushed ? this.committed : Math.min(this.committed, this.unflushed - 1);
  }

  /** Hands out the next entries to apply, up to the limit in bytes. */
  takeApplicable(includeUnflushed: boolean): readonly RaftEntry[] {
    const last = this.applicable(includeUnflushed);
    const entries = this.slice(this.applying + 1, last, this.#applyingLimitBytes - this.#applyingBytes);
    assert(entries !== undefined, 'only applied entries are compacted');
    if (entries.length === 0) return entries;
    this.applying += entries.length;
    this.#applyingBytes += totalBytes(entries);
    this.#isPaused = this.#applyingBytes >= this.#applyingLimitBytes || this.applying < last;
    return entries;
  }

  /**
   * Notes that the entries up to `index` are applied.
   * @returns the payload bytes of the newly applied entries
   */
  appliedTo(index: number): number {
    assert(
      index >= this.applied && index <= this.applying,
      'entries are applied in the order in which they were handed out',
    );
    let payloads = 0;
    // A pending snapshot may have replaced some of the entries.
    const first = Math.max(this.applied, this.base.index) + 1;
    for (let at = first; at <= index; at++) {
      const entry = this.#entries[at - this.base.index - 1];
      assert(entry !== undefined, 'only applied entries are compacted');
      payloads += entry.payload.length;
      this.#applyingBytes -= entryBytes(entry);
    }
    this.applied = index;
    this.#isPaused = this.#applyingBytes >= this.#applyingLimitBytes;
    return payloads;
  }

  /** Hands out the pending snapshot to be written. */
  takeUnsubmittedSnapshot(): RaftSnapshot | undefined {
    this.hasUnsubmittedSnapshot = false;
    return this.pendingSnapshot;
  }

  restore(snapshot: RaftSnapshot): void {
    assert(snapshot.index > this.committed, 'a snapshot never takes back what is committed');
    this.base = { index: snapshot.index, term: snapshot.term };
    this.last = this.base;
    this.#entries = [];
    this.bytes = 0;
    this.committed = snapshot.index;
    this.unflushed = snapshot.index + 1;
    this.unsubmitted = snapshot.index + 1;
    this.pendingSnapshot = snapshot;
    this.hasUnsubmittedSnapshot = true;
  }

  /** Notes that a snapshot is flushed and applied. It replaces all entries up to its index, applied or not. */
  snapshotApplied({ index }: RaftSnapshot): void {
    if (this.pendingSnapshot?.index === index) this.pendingSnapshot = undefined;
    if (index < this.applying) return;
    this.applied = index;
    this.applying = index;
    this.#applyingBytes = 0;
    this.#isPaused = false;
  }

  /** Drops the entries up to `index`, which a durable checkpoint contains. */
  compactTo(index: number): void {
    assert(index <= this.applied, 'only applied entries are forgotten');
    if (index <= this.base.index) return;
    const term = this.termAt(index);
    assert(term !== undefined, 'only entries of the log are forgotten');
    this.bytes -= totalBytes(this.#entries.splice(0, index - this.base.index));
    this.base = { index, term };
    this.last = this.#entries.at(-1) ?? this.base;
  }

  #cutFrom(index: number): void {
    this.bytes -= totalBytes(this.#entries.splice(index - this.base.index - 1));
    this.last = this.#entries.at(-1) ?? this.base;
    this.unflushed = Math.min(this.unflushed, index);
    this.unsubmitted = Math.min(this.unsubmitted, index);
  }
}

export function entryBytes(entry: RaftEntry): number {
  return entry.payload.length + ENTRY_OVERHEAD_BYTES;
}

/** Returns the estimated memory of the entries. */
export function totalBytes(entries: readonly RaftEntry[]): number {
  return payloadBytes(entries) + entries.length * ENTRY_OVERHEAD_BYTES;
}

export function payloadBytes(entries: readonly RaftEntry[]): number {
  let bytes = 0;
  for (const entry of entries) bytes += entry.payload.length;
  return bytes;
}
