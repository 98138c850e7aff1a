import type { ShardbearerError } from '../wire/errors.ts';
import { InvariantError, isShardbearerError, StorageLostError } from '../wire/errors.ts';

/** Whether the input caused the error, and not this radiant or its disk. */
export function isInputError(error: unknown): error is ShardbearerError {
  return isShardbearerError(error) && !(error instanceof InvariantError || error instanceof StorageLostError);
}

export class InputErrors {
  readonly #counts: Record<string, number> = {};

  /**
   * Decodes or checks untrusted input. No later processing may run inside, because its errors must stop this radiant.
   * @returns undefined if the input was rejected
   */
  read<Value>(reading: () => Value): Value | undefined {
    try {
      return reading();
    } catch (error) {
      this.note(error);
      return undefined;
    }
  }

  /**
   * Counts the error that rejected an input.
   * @throws any other error
   */
  note(error: unknown): void {
    if (!isInputError(error)) throw error;
    this.#counts[error.code] = (this.#counts[error.code] ?? 0) + 1;
  }

  get counts(): Readonly<Record<string, number>> {
    return { ...this.#counts };
  }
}
