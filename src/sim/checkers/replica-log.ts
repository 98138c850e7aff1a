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
  readonly #pieces = new Map<number, readonly LoggedEntry[]>();
  #entries: LoggedEntry[] = [];

  constructor(order: OrderId, records: Records) {
    this.#order = order;
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
      if (!change.key.startsWith(groupLogPrefix(this.#order))) continue;
      const firstIndex = parseGroupLogKey(this.#order, change.key);
      if (firstIndex === undefined) continue;
      lowest = Math.min(lowest ?? firstIndex, firstIndex);
      if (change.kind === 'delete') this.#pieces.delete(firstIndex);
      else this.#pieces.set(firstIndex, decodeLogRecord(change.value).entries.map(loggedEntry));
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
    const beyond = [...this.#pieces.keys()].find((firstIndex) => firstIndex > this.#entries.length);
    check(
      beyond === undefined,
      'a log has no gaps',
      () => `a record begins at ${beyond} behind ${this.#entries.length}`,
    );
  }
}

function loggedEntry(bytes: Uint8Array): LoggedEntry {
  let hash = 0x811c_9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x0100_0193);
  return { term: decodeRaftEntry(bytes).term, hash: hash >>> 0 };
}
