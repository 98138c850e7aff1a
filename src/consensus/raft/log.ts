/**
 * One replica's log, held in memory. Invariant: `applied ≤ applying ≤ committed ≤ lastIndex`. The entry at `#base` is
 * compacted; only its term is known.
 */
import { assert } from '../../wire/assertion.ts';
import type { RaftEntry, RaftSnapshot } from '../../wire/raft/message.ts';
import { ApplyCursor, FlushCursor } from './log-cursors.ts';

/** Estimate of an entry's size in addition to its payload. */
const ENTRY_OVERHEAD_BYTES = 16;

/** Two logs with the same entry here agree on all entries before it (§5.3). */
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

export class RaftLog {
  #base: EntryId;
  /** `#entries[i]` has the index `#base.index + 1 + i`. */
  #entries: RaftEntry[];
  #committed: number;
  #bytes = 0;
  readonly #flushing: FlushCursor;
  readonly #applying: ApplyCursor;
  /** Replaces the log up to its index. Kept until it is flushed and applied. */
  #snapshot: RaftSnapshot | undefined;
  #snapshotSubmitted = false;

  /** @param applyingLimitBytes of entries handed out and not yet applied; one always fits */
  constructor(start: LogStart, applyingLimitBytes: number) {
    this.#base = start.base;
    this.#entries = [...start.entries];
    this.#bytes = totalBytes(start.entries);
    this.#committed = start.committed;
    this.#applying = new ApplyCursor(start.applied, applyingLimitBytes);
    this.#flushing = new FlushCursor(this.lastIndex + 1);
    assert(start.applied <= start.committed, 'nothing is applied that is not committed');
    assert(start.committed <= this.lastIndex, 'nothing is committed that is not in the log');
  }

  get firstIndex(): number {
    return this.#base.index + 1;
  }

  get lastIndex(): number {
    return this.#base.index + this.#entries.length;
  }

  get lastEntryId(): EntryId {
    return this.#entries.at(-1) ?? this.#base;
  }

  get committed(): number {
    return this.#committed;
  }

  get applied(): number {
    return this.#applying.applied;
  }

  get applying(): number {
    return this.#applying.applying;
  }

  /** Estimate of the memory that all entries take. */
  get bytes(): number {
    return this.#bytes;
  }

  /** First index that is not known to be flushed. */
  get unflushed(): number {
    return this.#flushing.unflushed;
  }

  /** Undefined: compacted, or not in the log yet. */
  termAt(index: number): number | undefined {
    if (index === this.#base.index) return this.#base.term;
    return this.#entries[index - this.#base.index - 1]?.term;
  }

  holds(place: EntryId): boolean {
    return this.termAt(place.index) === place.term;
  }

  /** Whether a log that ends at `last` is at least as up-to-date as this one (§5.4.1). */
  isUpToDate(last: EntryId): boolean {
    const own = this.lastEntryId;
    return last.term > own.term || (last.term === own.term && last.index >= own.index);
  }

  /**
   * The highest entry at or before `index` whose term is at most `term`. A log with `term` at `index` can agree with
   * this one only up to there. Term 0 stands for an unknown term.
   */
  lastPossibleAgreement(index: number, term: number): EntryId {
    for (let at = index; at > 0; at--) {
      const own = this.termAt(at);
      if (own === undefined) return { index: at, term: 0 };
      if (own <= term) return { index: at, term: own };
    }
    return { index: 0, term: 0 };
  }

  /** Replaces existing entries from the first new index on. Committed entries are never replaced. */
  append(entries: readonly RaftEntry[]): void {
    const first = entries[0];
    if (first === undefined) return;
    assert(first.index > this.#committed, 'a committed entry is never replaced');
    assert(first.index <= this.lastIndex + 1, 'a log has no gaps');
    if (first.index <= this.lastIndex) this.#cutFrom(first.index);
    for (const entry of entries) {
      assert(entry.index === this.lastIndex + 1, 'a log has no gaps');
      assert(entry.term >= this.lastEntryId.term, 'terms never shrink along a log');
      this.#entries.push(entry);
      this.#bytes += entryBytes(entry);
    }
  }

  /**
   * Accepts a leader's entries after `previous`. Returns the last index up to which the logs agree; undefined if this
   * log lacks `previous`.
   */
  accept(previous: EntryId, entries: readonly RaftEntry[]): number | undefined {
    if (!this.holds(previous)) return undefined;
    const news = entries.findIndex((entry) => !this.holds(entry));
    if (news >= 0) this.append(news === 0 ? entries : entries.slice(news));
    return previous.index + entries.length;
  }

  commitTo(index: number): void {
    if (index <= this.#committed) return;
    assert(index <= this.lastIndex, 'nothing is committed that is not in the log');
    this.#committed = index;
  }

  /**
   * Entries from `from` to `to`, both included, as many as fit into `maximumBytes`, but at least one. Undefined if the
   * first one is compacted.
   */
  slice(from: number, to: number, maximumBytes: number): readonly RaftEntry[] | undefined {
    if (from > to) return [];
    if (from <= this.#base.index) return undefined;
    assert(to <= this.lastIndex, 'only entries of the log are asked for');
    const start = from - this.#base.index - 1;
    const end = to - this.#base.index;
    let cut = start;
    for (let bytes = 0; cut < end; cut++) {
      const entry = this.#entries[cut];
      if (entry === undefined) break;
      bytes += entryBytes(entry);
      if (bytes > maximumBytes && cut > start) break;
    }
    return this.#entries.slice(start, cut);
  }

  hasUnsubmitted(): boolean {
    return this.#flushing.unsubmitted <= this.lastIndex;
  }

  hasUnflushed(): boolean {
    return this.#flushing.unflushed <= this.lastIndex;
  }

  /** Entries to write that were not handed out yet. */
  takeUnsubmitted(): readonly RaftEntry[] {
    if (!this.hasUnsubmitted()) return [];
    const entries = this.#entries.slice(this.#flushing.unsubmitted - this.#base.index - 1);
    this.#flushing.submitted(this.lastIndex);
    return entries;
  }

  /** The log up to this entry is flushed. Ignored if the log has another entry there, which has its own write. */
  flushedTo(place: EntryId): void {
    if (place.index < this.#flushing.unflushed || !this.holds(place)) return;
    this.#flushing.flushed(place.index);
  }

  /** Last index that may be applied. */
  applicable(includeUnflushed: boolean): number {
    return includeUnflushed ? this.#committed : Math.min(this.#committed, this.#flushing.unflushed - 1);
  }

  /** A pending snapshot is applied first. */
  hasApplicable(includeUnflushed: boolean): boolean {
    const { paused, applying } = this.#applying;
    return !paused && this.#snapshot === undefined && applying < this.applicable(includeUnflushed);
  }

  /** The next committed entries, up to the limit of `ApplyCursor`. */
  takeApplicable(includeUnflushed: boolean): readonly RaftEntry[] {
    if (!this.hasApplicable(includeUnflushed)) return [];
    const last = this.applicable(includeUnflushed);
    const { applying, roomBytes } = this.#applying;
    const entries = this.slice(applying + 1, last, roomBytes);
    assert(entries !== undefined, 'what is not applied is not forgotten');
    const end = applying + entries.length;
    this.#applying.handedOut(end, totalBytes(entries), end === last);
    return entries;
  }

  /** Returns the payload bytes of the newly applied entries. */
  appliedTo(index: number): number {
    let bytes = 0;
    let payloads = 0;
    // A pending snapshot may have replaced some of them.
    for (let at = Math.max(this.applied, this.#base.index) + 1; at <= index; at++) {
      const entry = this.#entries[at - this.#base.index - 1];
      assert(entry !== undefined, 'what is not applied is not forgotten');
      bytes += entryBytes(entry);
      payloads += entry.payload.length;
    }
    this.#applying.completed(index, bytes);
    return payloads;
  }

  /** Whether a snapshot waits to be flushed and applied. */
  get hasPendingSnapshot(): boolean {
    return this.#snapshot !== undefined;
  }

  hasUnsubmittedSnapshot(): boolean {
    return this.#snapshot !== undefined && !this.#snapshotSubmitted;
  }

  takeUnsubmittedSnapshot(): RaftSnapshot | undefined {
    if (this.#snapshotSubmitted) return undefined;
    this.#snapshotSubmitted = this.#snapshot !== undefined;
    return this.#snapshot;
  }

  /** Replaces the whole log by a snapshot. */
  restore(snapshot: RaftSnapshot): void {
    assert(snapshot.index > this.#committed, 'a snapshot never takes back what is committed');
    this.#base = { index: snapshot.index, term: snapshot.term };
    this.#entries = [];
    this.#bytes = 0;
    this.#committed = snapshot.index;
    this.#flushing.restarted(snapshot.index);
    this.#snapshot = snapshot;
    this.#snapshotSubmitted = false;
  }

  /** The snapshot is flushed and applied. */
  snapshotApplied(snapshot: RaftSnapshot): void {
    if (this.#snapshot?.index === snapshot.index) this.#snapshot = undefined;
    this.#applying.restarted(snapshot.index);
  }

  /** Drops the entries up to `index`, which a durable checkpoint contains. */
  compactTo(index: number): void {
    assert(index <= this.applied, 'only applied entries are forgotten');
    if (index <= this.#base.index) return;
    const term = this.termAt(index);
    assert(term !== undefined, 'only entries of the log are forgotten');
    this.#bytes -= totalBytes(this.#entries.splice(0, index - this.#base.index));
    this.#base = { index, term };
  }

  /** Both included. */
  changesMembership(from: number, to: number): boolean {
    for (let index = from; index <= to; index++) {
      if (this.#entries[index - this.#base.index - 1]?.kind === 'membership') return true;
    }
    return false;
  }

  #cutFrom(index: number): void {
    this.#bytes -= totalBytes(this.#entries.splice(index - this.#base.index - 1));
    this.#flushing.replaced(index);
  }
}

export function entryBytes(entry: RaftEntry): number {
  return entry.payload.length + ENTRY_OVERHEAD_BYTES;
}

/** Estimate of their memory. */
export function totalBytes(entries: readonly RaftEntry[]): number {
  let bytes = 0;
  for (const entry of entries) bytes += entryBytes(entry);
  return bytes;
}

export function payloadBytes(entries: readonly RaftEntry[]): number {
  let bytes = 0;
  for (const entry of entries) bytes += entry.payload.length;
  return bytes;
}
