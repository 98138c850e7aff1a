import { assert } from '../../wire/assertion.ts';
import type { ShardbearerError } from '../../wire/errors.ts';
import type { RadiantId } from '../../wire/identifiers.ts';

/** A transaction on its way to the disk. It happens whole, at the instant its driver completes it, or not at all. */
export class Flush<Result> {
  readonly radiant: RadiantId;
  readonly #apply: () => Result;
  #isOrphan = false;
  #state: 'under-way' | 'over' | { readonly lost: ShardbearerError } = 'under-way';

  /** @param apply checks and changes the disk; throws where the transaction aborts */
  constructor(radiant: RadiantId, apply: () => Result) {
    this.radiant = radiant;
    this.#apply = apply;
  }

  /**
   * The disk is done: from here on it is durable. Once only.
   * @throws {ShardbearerError} why the transaction aborted: then nothing of it is on the disk
   */
  complete(): Result {
    assert(this.#state !== 'over', 'a flush completes once');
    if (this.#state !== 'under-way') throw this.#state.lost;
    this.#state = 'over';
    return this.#apply();
  }

  /** Whether it may still happen after the boot that asked for it has ended. */
  get isOrphan(): boolean {
    return this.#isOrphan;
  }

  /** The boot that asked for it has ended, and the disk may still be working on it. */
  orphan(): void {
    this.#isOrphan = true;
  }

  /** It never happens: completing it throws `error`. */
  lose(error: ShardbearerError): void {
    if (this.#state === 'under-way') this.#state = { lost: error };
  }
}
