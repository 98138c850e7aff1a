/** A replica's log as its writes describe it, kept up to date batch by batch. */
import type { Records, WriteBatch } from '../../storage/contract.ts';
import { groupLogPrefix, parseGroupLogKey } from '../../storage/keys.ts';
import type { OrderId } from '../../wire/identifiers.ts';
import { decodeRaftEntry } from '../../wire/raft-codec.ts';
import { decodeLogRecord } from '../../wire/record-codec.ts';
import { check } from '../violation.ts';

/** One entry as it lies in a log. */
export interface LoggedEntry {
  readonly term: number;
  /** Of all its bytes. */
  readonly hash: number;
}

export class ReplicaLog {
  readonly #order: OrderId;
  readonly #prefix: string;
  readonly #pieces = new Map<number, readonly LoggedEntry[]>();
  /** In all pieces together: as many as in the log, unless there is a gap or an overlap. */
  #pieceEntries = 0;
  #entries: LoggedEntry[] = [];

  constructor(order: OrderId, records: Records) {
    this.#order = order;
    this.#prefix = groupLogPrefix(order);
    this.apply([...records].map(([key, value]) => ({ kind: 'put', key, value })));
  }

  get lastIndex(): number {
    return this.#entries.length;
  }

  get lastTerm(): number {
    return this.#entries.at(-1)?.term ?? 0;
  }

  /** The entry at an index, counted from 1. */
  at(index: number): LoggedEntry | undefined {
    return this.#entries[index - 1];
  }

  /** @returns the first index that the batch changed; undefined: none */
  apply(batch: WriteBatch): number | undefined {
    let lowest: number | undefined;
    for (const change of batch) {
      if (!change.key.startsWith(this.#prefix)) continue;
      const firstIndex = parseGroupLogKey(this.#order, change.key);
      if (firstIndex === undefined) continue;
      lowest = Math.min(lowest ?? firstIndex, firstIndex);
      this.#pieceEntries -= this.#pieces.get(firstIndex)?.length ?? 0;
      this.#pieces.delete(firstIndex);
      if (change.kind === 'delete') continue;
      const entries = entriesOf(change.value);
      this.#pieces.set(firstIndex, entries);
      this.#pieceEntries += entries.length;
    }
    if (lowest !== undefined) this.#rebuildFrom(lowest);
    return lowest;
  }

  #rebuildFrom(lowest: number): void {
    this.#entries.length = Math.min(this.#entries.length, lowest - 1);
    for (;;) {
      const piece = this.#pieces.get(this.#entries.length + 1);
      if (piece === undefined || piece.length === 0) break;
      this.#entries.push(...piece);
    }
    check(
      this.#pieceEntries === this.#entries.length,
      'a log has no gaps',
      () => `records hold ${this.#pieceEntries} entries, and ${this.#entries.length} follow one another from 1`,
    );
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
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x0100_0193);
  return { term: decodeRaftEntry(bytes).term, hash: hash >>> 0 };
}
