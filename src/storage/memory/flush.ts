import { assert } from '../../wire/assertion.ts';
import type { ShardbearerError } from '../../wire/errors.ts';
import type { RadiantId } from '../../wire/identifiers.ts';

/** A transaction in flight. It takes effect as a whole when `complete` is called, or not at all. */
export class Flush<Result> {
  readonly radiant: RadiantId;
  readonly #apply: () => Result;
  #isOrphan = false;
  #state: 'under-way' | 'over' | { readonly lost: ShardbearerError } = 'under-way';

  /** @param apply checks and changes the disk; throws to abort the transaction */
  constructor(radiant: RadiantId, apply: () => Result) {
    this.radiant = radiant;
    this.#apply = apply;
  }

  /**
   * Makes the transaction durable. Callable once.
   * @throws {ShardbearerError} the reason of an abort; the disk is unchanged
   */
  complete(): Result {
    assert(this.#state !== 'over', 'a flush completes once');
    if (this.#state !== 'under-way') throw this.#state.lost;
    this.#state = 'over';
    return this.#apply();
  }

  /** Whether the transaction may still take effect after its boot has ended. */
  get isOrphan(): boolean {
    return this.#isOrphan;
  }

  orphan(): void {
    this.#isOrphan = true;
  }

  /** Cancels the transaction. Completing it throws `error`. */
  lose(error: ShardbearerError): void {
    if (this.#state === 'under-way') this.#state = { lost: error };
  }
}
