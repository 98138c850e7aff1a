/** A replica's log as its writes describe it, kept up to date batch by batch. It may begin behind a checkpoint. */
import type { Records, WriteBatch } from '../../storage/contract.ts';
import { groupLogPrefix, parseGroupLogKey } from '../../storage/keys.ts';
import type { OrderId } from '../../wire/identifiers.ts';
import { decodeRaftEntry } from '../../wire/raft-codec.ts';
import { decodeMembershipChange } from '../../wire/raft-membership-codec.ts';
import type { MembershipChange } from '../../wire/raft-message.ts';
import { decodeLogRecord } from '../../wire/record-codec.ts';
import { check } from '../violation.ts';

/** One entry as it lies in a log. */
export interface LoggedEntry {
  readonly term: number;
  /** Of all its bytes. */
  readonly hash: number;
  /** What it changes of the membership; undefined: nothing. */
  readonly change: MembershipChange | undefined;
}

export class ReplicaLog {
  readonly #order: OrderId;
  readonly #prefix: string;
  readonly #pieces = new Map<number, readonly LoggedEntry[]>();
  /** The entries that follow `#base`. */
  #entries: LoggedEntry[] = [];
  #base = 0;
  /** Indexes of entries that change the membership, ascending. */
  #changes: number[] = [];

  constructor(order: OrderId, records: Records) {
    this.#order = order;
    this.#prefix = groupLogPrefix(order);
    this.apply([...records].map(([key, value]) => ({ kind: 'put', key, value })));
  }

  /** Index of the first entry; of an empty log: of the one that comes first. */
  get firstIndex(): number {
    return this.#base + 1;
  }

  /** Of an empty log: of the entry before the one that comes first. */
  get lastIndex(): number {
    return this.#base + this.#entries.length;
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** 0: it is empty. */
  get lastTerm(): number {
    return this.#entries.at(-1)?.term ?? 0;
  }

  /** Indexes of entries that change the membership, ascending. */
  get changes(): readonly number[] {
    return this.#changes;
  }

  at(index: number): LoggedEntry | undefined {
    return this.#entries[index - 1 - this.#base];
  }

  /** An empty log goes on behind a state that stands for all before it. */
  beginBehind(index: number): void {
    if (this.isEmpty) this.#base = index;
  }

  /** Whether a batch leaves any of its records as it was. */
  outlives(batch: WriteBatch): boolean {
    const changed = new Set<number | undefined>(batch.map(({ key }) => parseGroupLogKey(this.#order, key)));
    return [...this.#pieces.keys()].some((firstIndex) => !changed.has(firstIndex));
  }

  /** @returns the first index that the batch wrote or cut off behind the end; undefined: none */
  apply(batch: WriteBatch): number | undefined {
    let from = Number.POSITIVE_INFINITY;
    let hasDeletes = false;
    for (const change of batch) {
      if (!change.key.startsWith(this.#prefix)) continue;
      const firstIndex = parseGroupLogKey(this.#order, change.key);
      if (firstIndex === undefined) continue;
      if (change.kind === 'delete') {
        hasDeletes = true;
        this.#pieces.delete(firstIndex);
      } else {
        this.#pieces.set(firstIndex, entriesOf(change.value));
        from = Math.min(from, firstIndex);
      }
    }
    if (!hasDeletes && from === Number.POSITIVE_INFINITY) return undefined;
    const lastBefore = this.lastIndex;
    if (!hasDeletes && from === lastBefore + 1) this.#extend();
    else this.#rebuild();
    if (this.lastIndex < lastBefore) from = Math.min(from, this.lastIndex + 1);
    return Number.isFinite(from) ? from : undefined;
  }

  /** Everything anew: a front or an end was cut, or entries were replaced. */
  #rebuild(): void {
    // Of a log of which nothing is left all was cut off: it goes on where it ended.
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

/** A record's bytes are looked at when they are handed to the disk, and again when they are flushed: read once. */
const read = new WeakMap<Uint8Array, readonly LoggedEntry[]>();

function entriesOf(record: Uint8Array): readonly LoggedEntry[] {
  let entries = read.get(record);
  if (entries === undefined) {
    entries = decodeLogRecord(record).entries.map(loggedEntry);
    read.set(record, entries);
  }
  return entries;
}

function loggedEntry(bytes: Uint8Array): LoggedEntry {
  let hash = 0x811c_9dc5;
  for (let at = 0; at < bytes.length; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x0100_0193);
  const { term, kind, payload } = decodeRaftEntry(bytes);
  return { term, hash: hash >>> 0, change: kind === 'membership' ? decodeMembershipChange(payload) : undefined };
}
