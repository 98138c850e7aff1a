/** What a transcript's replica has on its disk, apart from what its core holds in memory. */
import { asLogIndex } from '../../src/wire/identifiers.ts';
import type { RaftEntry, RaftHardState, RaftSnapshot } from '../../src/wire/raft-message.ts';

export class StableStorage {
  hardState: RaftHardState | undefined;
  #base = { index: 0, term: 0 };
  #entries: RaftEntry[] = [];

  get firstIndex(): number {
    return this.#base.index + 1;
  }

  get lastIndex(): number {
    return this.#base.index + this.#entries.length;
  }

  get entries(): readonly RaftEntry[] {
    return this.#entries;
  }

  append(entries: readonly RaftEntry[]): void {
    const fresh = entries.filter((entry) => entry.index > this.#base.index);
    const [first] = fresh;
    if (first === undefined) return;
    if (first.index > this.lastIndex + 1) throw new Error(`missing log entry before ${first.index}`);
    this.#entries = [...this.#entries.slice(0, first.index - this.firstIndex), ...fresh];
  }

  applySnapshot(snapshot: RaftSnapshot): void {
    this.#base = { index: snapshot.index, term: snapshot.term };
    this.#entries = [];
  }

  /** Returns false where the log is already shorter. */
  compactTo(index: number): boolean {
    if (index <= this.#base.index) return false;
    const last = this.#entries[index - this.firstIndex];
    if (last === undefined) throw new Error(`compacting to ${index} goes beyond the log's end`);
    this.#entries = this.#entries.slice(index - this.#base.index);
    this.#base = { index: asLogIndex(last.index), term: last.term };
    return true;
  }
}
