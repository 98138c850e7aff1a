import { ShardbearerError } from '../wire/errors.ts';
import type { Entry, Versionstamp } from './key-value-contract.ts';

/** The key had another version than `ifVersion`. The write had no effect, and never will. */
export class ConflictError extends ShardbearerError {
  override readonly name = 'ConflictError';
  declare readonly code: 'CONFLICT';
  readonly #current: () => Entry | undefined;

  constructor(version: Versionstamp | undefined, current: () => Entry | undefined) {
    const why = version === undefined ? 'The key is missing.' : `The key has the version ${version}.`;
    super('CONFLICT', `${why} Decide by error.current what to write, and write again.`, { effect: 'none' });
    this.#current = current;
  }

  /**
   * The entry that the key has instead. Undefined: the key is missing. The value is decoded at each access.
   * @throws {ShardbearerError} `INVALID_ARGUMENT` if the value is not of the encoding of the call
   */
  get current(): Entry | undefined {
    return this.#current();
  }
}
