import { InvariantError } from './errors.ts';

/**
 * States an invariant where it is relied on. A radiant whose invariant broke stops
 * rather than answers.
 * @throws {InvariantError} `INVARIANT_BROKEN`
 */
export function assert(condition: boolean, invariant: string): asserts condition {
  if (!condition) throw new InvariantError(invariant);
}

/** Marks a branch that the types rule out. */
export function unreachable(value: never): never {
  throw new InvariantError(`no case for ${JSON.stringify(value)}`);
}
