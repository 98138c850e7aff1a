/**
 * The append messages under way to one follower: a window bounded in messages and
 * in bytes. Their last indexes only grow, so an acknowledgement frees a prefix.
 */
import { assert } from '../../wire/assertion.ts';

export interface InflightLimits {
  readonly messages: number;
  /** Checked before a message is added: the last one may reach beyond it. */
  readonly bytes: number;
}

export class Inflights {
  readonly #limits: InflightLimits;
  /** Ring of last indexes and sizes; grows by doubling up to the limit, so an idle follower costs nothing. */
  #lastIndexes: number[] = [];
  #sizes: number[] = [];
  #start = 0;
  #count = 0;
  #bytes = 0;

  constructor(limits: InflightLimits) {
    assert(limits.messages > 0, 'at least one message may be in flight');
    this.#limits = limits;
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get full(): boolean {
    return this.#count >= this.#limits.messages || this.#bytes >= this.#limits.bytes;
  }

  add(lastIndex: number, bytes: number): void {
    assert(!this.full, 'no message is sent while the window is full');
    assert(
      this.#count === 0 || lastIndex >= this.#lastIndexAt(this.#count - 1),
      'messages leave in the order of their entries',
    );
    if (this.#count === this.#lastIndexes.length) this.#grow();
    const at = (this.#start + this.#count) % this.#lastIndexes.length;
    this.#lastIndexes[at] = lastIndex;
    this.#sizes[at] = bytes;
    this.#count++;
    this.#bytes += bytes;
  }

  /** Everything up to `index` has arrived. */
  freeThrough(index: number): void {
    while (this.#count > 0 && this.#lastIndexAt(0) <= index) {
      this.#bytes -= this.#sizes[this.#start] ?? 0;
      this.#start = (this.#start + 1) % this.#lastIndexes.length;
      this.#count--;
    }
  }

  clear(): void {
    this.#start = 0;
    this.#count = 0;
    this.#bytes = 0;
  }

  #lastIndexAt(offset: number): number {
    return this.#lastIndexes[(this.#start + offset) % this.#lastIndexes.length] ?? 0;
  }

  #grow(): void {
    const size = Math.min(Math.max(1, 2 * this.#count), this.#limits.messages);
    const ring = Array.from({ length: size }, (_, offset) => (this.#start + offset) % Math.max(1, this.#count));
    const lastIndexes = ring.map((at) => this.#lastIndexes[at] ?? 0);
    const sizes = ring.map((at) => this.#sizes[at] ?? 0);
    this.#lastIndexes = lastIndexes;
    this.#sizes = sizes;
    this.#start = 0;
  }
}
