import { InvariantError } from './errors.ts';

/**
 * Checks an invariant. A radiant with a broken invariant stops instead of answering.
 * @throws {InvariantError} `INVARIANT_BROKEN`
 */
export function assert(condition: boolean, invariant: string): asserts condition {
  if (!condition) throw new InvariantError(invariant);
}

/** Throws in a branch that the types exclude. */
export function unreachable(value: never): never {
  throw new InvariantError(`no case for ${JSON.stringify(value)}`);
}
