/**
 * Which committed entries were applied, and which are being applied:
 *
 *     … applied │ being applied │ not handed out yet
 *
 * What is being applied is bounded in bytes, so that applying can happen elsewhere, and later.
 */
import { assert } from '../../wire/assertion.ts';

export class ApplyWindow {
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

  /** Whether nothing more is handed out until something is applied. */
  get paused(): boolean {
    return this.#paused;
  }

  get roomBytes(): number {
    return this.#limitBytes - this.#bytes;
  }

  /** Everything up to `index` is handed out, in `bytes` more; `isAll` where no committed entry is left. */
  handedOut(index: number, bytes: number, isAll: boolean): void {
    assert(index >= this.#applying, 'entries are handed out in order');
    this.#applying = index;
    this.#bytes += bytes;
    this.#paused = this.#bytes >= this.#limitBytes || !isAll;
  }

  /** Everything up to `index` is applied; the entries that this adds had `bytes`. */
  completed(index: number, bytes: number): void {
    assert(index >= this.#applied && index <= this.#applying, 'what was handed out is applied in order');
    this.#applied = index;
    this.#bytes -= bytes;
    this.#paused = this.#bytes >= this.#limitBytes;
  }

  /** A snapshot stands for all entries up to `index`, those that were handed out among them. */
  restarted(index: number): void {
    if (index < this.#applying) return;
    this.#applied = index;
    this.#applying = index;
    this.#bytes = 0;
    this.#paused = false;
  }
}
