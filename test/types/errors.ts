/** The compiler checks this file. After `instanceof`, the type of an error's code is a union of literals. */
import { InvalidArgumentError, OutcomeUnknownError, ShardbearerError } from '../../src/index.ts';

export function advice(error: unknown): string {
  if (error instanceof OutcomeUnknownError) {
    // @ts-expect-error -- the class has one code
    if (error.code === 'NO_QUORUM') return 'never';
    return `read first: ${error.code satisfies 'OUTCOME_UNKNOWN'}`;
  }
  if (error instanceof InvalidArgumentError) return error.code satisfies 'INVALID_ARGUMENT';
  if (error instanceof ShardbearerError) {
    // @ts-expect-error -- a misspelt code
    if (error.code === 'OUTCOME_UNKOWN') return 'never';
    // @ts-expect-error -- no such effect
    if (error.effect === 'some') return 'never';
    switch (error.code) {
      case 'NO_QUORUM':
        return 'wait';
      // @ts-expect-error -- a misspelt code
      case 'NO_QOURUM':
        return 'never';
      default:
        return error.effect satisfies 'none' | 'unknown';
    }
  }
  return 'not an error of this library';
}
