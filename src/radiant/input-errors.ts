import type { ShardbearerError } from '../wire/errors.ts';
import { InvariantError, isShardbearerError, StorageLostError } from '../wire/errors.ts';

/** Whether an error says that something from outside is wrong, and not this radiant or its disk. */
export function isInputError(error: unknown): error is ShardbearerError {
  return isShardbearerError(error) && !(error instanceof InvariantError || error instanceof StorageLostError);
}

/** Counts what came from outside and was refused, by error code. */
export class InputErrors {
  readonly #counts: Record<string, number> = {};

  /**
   * Reads or checks what came from outside. Only that belongs in here: what fails later, while this radiant
   * acts upon it, is its own fault and must stop it.
   * @returns what was read; undefined where it was refused
   */
  read<Value>(reading: () => Value): Value | undefined {
    try {
      return reading();
    } catch (error) {
      if (!isInputError(error)) throw error;
      this.#counts[error.code] = (this.#counts[error.code] ?? 0) + 1;
      return undefined;
    }
  }

  get counts(): Readonly<Record<string, number>> {
    return { ...this.#counts };
  }
}
