import { InvariantError, isShardbearerError } from '../wire/errors.ts';

/** Counts what came from outside and was refused, by error code. */
export class Refusals {
  readonly #counts: Record<string, number> = {};

  /**
   * Counts a typed refusal of foreign bytes.
   * @throws whatever is no such refusal: then the fault is our own
   */
  count(error: unknown): void {
    if (!isShardbearerError(error) || error instanceof InvariantError) throw error;
    this.#counts[error.code] = (this.#counts[error.code] ?? 0) + 1;
  }

  get counts(): Readonly<Record<string, number>> {
    return { ...this.#counts };
  }
}
