/**
 * How far a log is written and applied:
 *
 *     … flushed │ being written │ not submitted        … applied │ being applied │ not handed out
 *               unflushed       unsubmitted                      applied         applying
 *
 * Entries that are being written can be replaced by a later leader's. A completed write therefore
 * counts only in the term in which it was submitted (see `FlushPoint`).
 */
import { assert } from '../../wire/assertion.ts';

export class FlushCursor {
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

  /** First index that was not submitted to be written. */
  get unsubmitted(): number {
    return this.#unsubmitted;
  }

  /** The log was replaced from `index` on. */
  replaced(index: number): void {
    this.#unflushed = Math.min(this.#unflushed, index);
    this.#unsubmitted = Math.min(this.#unsubmitted, index);
  }

  /** Everything up to `lastIndex` was submitted. */
  submitted(lastIndex: number): void {
    assert(lastIndex + 1 >= this.#unsubmitted, 'entries are handed out in order');
    this.#unsubmitted = lastIndex + 1;
  }

  /** Everything up to `index` is flushed. */
  flushed(index: number): void {
    this.#unflushed = index + 1;
    this.#unsubmitted = Math.max(this.#unsubmitted, this.#unflushed);
  }

  /** A snapshot replaced the log up to `index`. */
  restarted(index: number): void {
    this.#unflushed = index + 1;
    this.#unsubmitted = index + 1;
  }
}

/** Entries in application are bounded in bytes, so that they can be applied elsewhere and later. */
export class ApplyCursor {
  #applied: number;
  #applying: number;
  #bytes = 0;
  #paused = false;
  readonly #limitBytes: number;

  /** @param limitBytes of entries handed out and not yet applied; one always fits */
  constructor(applied: number, limitBytes: number) {
    this.#applied = applied;
    this.#applying = applied;
    this.#limitBytes = limitBytes;
  }

  /** Last index that is applied. */
  get applied(): number {
    return this.#applied;
  }

  /** Last index that was handed out. */
  get applying(): number {
    return this.#applying;
  }

  /** Whether nothing is handed out until something is applied. */
  get paused(): boolean {
    return this.#paused;
  }

  get roomBytes(): number {
    return this.#limitBytes - this.#bytes;
  }

  /** Everything up to `index` is handed out, in `bytes` more. `isAll`: no committed entry is left. */
  handedOut(index: number, bytes: number, isAll: boolean): void {
    assert(index >= this.#applying, 'entries are handed out in order');
    this.#applying = index;
    this.#bytes += bytes;
    this.#paused = this.#bytes >= this.#limitBytes || !isAll;
  }

  /** Everything up to `index` is applied. The newly applied entries take `bytes`. */
  completed(index: number, bytes: number): void {
    assert(index >= this.#applied && index <= this.#applying, 'what was handed out is applied in order');
    this.#applied = index;
    this.#bytes -= bytes;
    this.#paused = this.#bytes >= this.#limitBytes;
  }

  /** A snapshot replaces all entries up to `index`, including those in application. */
  restarted(index: number): void {
    if (index < this.#applying) return;
    this.#applied = index;
    this.#applying = index;
    this.#bytes = 0;
    this.#paused = false;
  }
}
