import { check } from '../../violation.ts';
import type { LoggedEntry, LogRecordChange } from '../group-changes.ts';

/** A replica's log, maintained from its batches of writes. It may begin after a checkpoint. */
export class ReplicaLog {
  readonly #pieces = new Map<number, readonly LoggedEntry[]>();
  #entries: LoggedEntry[] = [];
  #base = 0;
  #changes: number[] = [];

  /** Index of the first entry. In an empty log, the index of the next entry to be written. */
  get firstIndex(): number {
    return this.#base + 1;
  }

  /** Index of the last entry. In an empty log, one less than `firstIndex`. */
  get lastIndex(): number {
    return this.#base + this.#entries.length;
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** Term of the last entry. 0: the log is empty. */
  get lastTerm(): number {
    return this.#entries.at(-1)?.term ?? 0;
  }

  get changes(): readonly number[] {
    return this.#changes;
  }

  at(index: number): LoggedEntry | undefined {
    return this.#entries[index - 1 - this.#base];
  }

  /** Moves the start of an empty log behind a state that covers all entries up to `index`. */
  beginBehind(index: number): void {
    if (this.isEmpty) this.#base = index;
  }

  /** Whether a record of this log remains unchanged by the batch. */
  outlives(changes: readonly LogRecordChange[]): boolean {
    const changed = new Set(changes.map(({ firstIndex }) => firstIndex));
    return [...this.#pieces.keys()].some((firstIndex) => !changed.has(firstIndex));
  }

  /**
   * Applies the log changes of a batch.
   * @returns the first index that was written or cut off at the end; undefined: the batch does not change the log
   */
  apply(changes: readonly LogRecordChange[]): number | undefined {
    if (changes.length === 0) return undefined;
    let from = Number.POSITIVE_INFINITY;
    let hasDeletes = false;
    for (const { firstIndex, entries } of changes) {
      if (entries === undefined) {
        hasDeletes = true;
        this.#pieces.delete(firstIndex);
      } else {
        this.#pieces.set(firstIndex, entries);
        from = Math.min(from, firstIndex);
      }
    }
    const lastBefore = this.lastIndex;
    if (!hasDeletes && from === lastBefore + 1) this.#extend();
    else this.#rebuild();
    if (this.lastIndex < lastBefore) from = Math.min(from, this.lastIndex + 1);
    return Number.isFinite(from) ? from : undefined;
  }

  /** Rebuilds the entries after records at the front or the end were deleted or replaced. */
  #rebuild(): void {
    // After all records are deleted, the log continues at its former end.
    this.#base = this.#pieces.size > 0 ? Math.min(...this.#pieces.keys()) - 1 : this.lastIndex;
    this.#entries = [];
    this.#changes = [];
    this.#extend();
    const held = [...this.#pieces.values()].reduce((sum, piece) => sum + piece.length, 0);
    check(
      held === this.#entries.length,
      'a log has no gaps',
      () => `records hold ${held} entries, and ${this.#entries.length} follow one another from ${this.firstIndex}`,
    );
  }

  #extend(): void {
    for (;;) {
      const piece = this.#pieces.get(this.lastIndex + 1);
      if (piece === undefined || piece.length === 0) return;
      for (const entry of piece) {
        this.#entries.push(entry);
        if (entry.change !== undefined) this.#changes.push(this.lastIndex);
      }
    }
  }
}
