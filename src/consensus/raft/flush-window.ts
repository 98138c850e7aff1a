/**
 * Which part of a log is flushed, which is being written, and which waits:
 *
 *     … flushed │ being written │ not handed out yet
 *               unflushed       unsubmitted
 *
 * Entries that are being written can be replaced by a later leader's. A completion
 * is therefore only believed for the term it was submitted in (see `FlushMark`).
 */
import { assert } from '../../wire/assertion.ts';

export class FlushWindow {
  #unflushed: number;
  #unsubmitted: number;

  constructor(firstUnflushed: number) {
    this.#unflushed = firstUnflushed;
    this.#unsubmitted = firstUnflushed;
  }

  /** First index that is not known to be flushed. */
  get unflushed(): number {
    return this.#unflushed;
  }

  /** First index that was not handed out to be written. */
  get unsubmitted(): number {
    return this.#unsubmitted;
  }

  /** The log was replaced from `index` on. */
  replaced(index: number): void {
    this.#unflushed = Math.min(this.#unflushed, index);
    this.#unsubmitted = Math.min(this.#unsubmitted, index);
  }

  /** Everything up to `lastIndex` was handed out. */
  submitted(lastIndex: number): void {
    assert(lastIndex + 1 >= this.#unsubmitted, 'entries are handed out in order');
    this.#unsubmitted = lastIndex + 1;
  }

  /** Everything up to `index` is flushed. */
  flushed(index: number): void {
    this.#unflushed = index + 1;
    this.#unsubmitted = Math.max(this.#unsubmitted, this.#unflushed);
  }

  /** The log begins anew after `index`. */
  restarted(index: number): void {
    this.#unflushed = index + 1;
    this.#unsubmitted = index + 1;
  }
}
