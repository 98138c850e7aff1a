/** The disk of a node in a transcript. */
import type { RaftEntry, RaftHardState, RaftSnapshot } from '../../src/wire/raft/message.ts';

export class StableStorage {
  hardState: RaftHardState | undefined;
  /** The snapshot after which the log begins. */
  #snapshot: RaftSnapshot;
  #entries: RaftEntry[] = [];

  constructor(snapshot: RaftSnapshot) {
    this.#snapshot = snapshot;
  }

  get snapshot(): RaftSnapshot {
    return this.#snapshot;
  }

  get firstIndex(): number {
    return this.#snapshot.index + 1;
  }

  get lastIndex(): number {
    return this.#snapshot.index + this.#entries.length;
  }

  get entries(): readonly RaftEntry[] {
    return this.#entries;
  }

  append(entries: readonly RaftEntry[]): void {
    const fresh = entries.filter((entry) => entry.index > this.#snapshot.index);
    const [first] = fresh;
    if (first === undefined) return;
    if (first.index > this.lastIndex + 1) throw new Error(`missing log entry before ${first.index}`);
    this.#entries = [...this.#entries.slice(0, first.index - this.firstIndex), ...fresh];
  }

  /** Replaces the snapshot and the whole log. */
  applySnapshot(snapshot: RaftSnapshot): void {
    this.#snapshot = snapshot;
    this.#entries = [];
  }

  /** Replaces the beginning of the log by the snapshot. Returns false if an equally new snapshot exists. */
  compactTo(snapshot: RaftSnapshot): boolean {
    if (snapshot.index <= this.#snapshot.index) return false;
    if (snapshot.index > this.lastIndex) throw new Error(`compacting to ${snapshot.index} goes beyond the log's end`);
    this.#entries = this.#entries.slice(snapshot.index - this.#snapshot.index);
    this.#snapshot = snapshot;
    return true;
  }
}
