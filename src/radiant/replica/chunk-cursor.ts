/** Reads the chunks of a state for one receiver, mostly forwards. */
import { LIMITS } from '../../wire/limits.ts';

interface NumberedChunk {
  readonly number: number;
  readonly bytes: Uint8Array;
  readonly isLast: boolean;
}

export class ChunkCursor {
  readonly #chunks: () => Iterable<Uint8Array>;
  #rest: Iterator<Uint8Array>;
  #ahead: IteratorResult<Uint8Array, unknown>;
  #number = 0;
  /** The chunks read last by number, oldest first. The receiver requests lost chunks again. */
  readonly #kept = new Map<number, NumberedChunk>();
  #keptBytes = 0;

  /** @param chunks returns the same sequence on each call */
  constructor(chunks: () => Iterable<Uint8Array>) {
    this.#chunks = chunks;
    this.#rest = chunks()[Symbol.iterator]();
    this.#ahead = this.#rest.next();
  }

  /**
   * Reads the chunk with this number.
   * @param most number of chunks that this call may produce
   * @returns the chunk, or the last one if fewer exist; undefined if another call has to continue
   */
  read(number: number, most: number): NumberedChunk | undefined {
    const kept = this.#kept.get(number);
    if (kept !== undefined) return kept;
    if (number < this.#number) this.#beginAnew();
    for (let made = 0; made < most && this.#ahead.done !== true; made++) {
      const chunk = this.#step(this.#ahead.value);
      if (chunk.number === number) return chunk;
    }
    return this.#ahead.done === true ? this.#kept.get(this.#number - 1) : undefined;
  }

  get keptBytes(): number {
    return this.#keptBytes;
  }

  /**
   * Forgets the oldest kept chunk. A request for a forgotten chunk restarts the cursor.
   * @returns false if only the latest chunk is kept
   */
  forgetOldest(): boolean {
    const [oldest] = this.#kept.keys();
    if (oldest === undefined || this.#kept.size === 1) return false;
    this.#forget(oldest);
    return true;
  }

  #step(bytes: Uint8Array): NumberedChunk {
    this.#ahead = this.#rest.next();
    const chunk = { number: this.#number, bytes, isLast: this.#ahead.done === true };
    this.#kept.set(chunk.number, chunk);
    this.#keptBytes += bytes.length;
    this.#forget(chunk.number - 2 * LIMITS.snapshots.snapshotWindow);
    this.#number += 1;
    return chunk;
  }

  #forget(number: number): void {
    this.#keptBytes -= this.#kept.get(number)?.bytes.length ?? 0;
    this.#kept.delete(number);
  }

  #beginAnew(): void {
    this.#kept.clear();
    this.#keptBytes = 0;
    this.#rest = this.#chunks()[Symbol.iterator]();
    this.#ahead = this.#rest.next();
    this.#number = 0;
  }
}
