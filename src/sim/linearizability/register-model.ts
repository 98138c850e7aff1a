import type { Model } from './model.ts';

export type RegisterInput =
  | { readonly kind: 'read' }
  | { readonly kind: 'write'; readonly value: string }
  | { readonly kind: 'cas'; readonly expected: string; readonly value: string };

export type RegisterOutput =
  | { readonly kind: 'read'; readonly value: string | undefined }
  | { readonly kind: 'written' }
  /** The outcome of a compare-and-set. `equal: false` shows that the register held another value. */
  | { readonly kind: 'compared'; readonly equal: boolean };

/** A single register without an initial value. */
export const registerModel: Model<string | undefined, RegisterInput, RegisterOutput> = {
  initial: undefined,
  step(state, input, output) {
    switch (input.kind) {
      case 'read':
        return output === undefined || (output.kind === 'read' && output.value === state) ? { state } : undefined;
      case 'write':
        return { state: input.value };
      case 'cas': {
        const equal = state === input.expected;
        if (output?.kind === 'compared' && output.equal !== equal) return undefined;
        return { state: equal ? input.value : state };
      }
    }
  },
  identityOf: (state) => (state === undefined ? '' : `=${state}`),
  partOf: () => 'register',
  narrowed() {
    return this;
  },
  covers: (before, after) => before === after,
  describe(input, output) {
    switch (input.kind) {
      case 'read':
        return `read → ${output?.kind === 'read' ? (output.value ?? 'nil') : '?'}`;
      case 'write':
        return `write ${input.value}${output === undefined ? ' → ?' : ''}`;
      case 'cas':
        return `cas ${input.expected} to ${input.value} → ${output?.kind === 'compared' ? output.equal : '?'}`;
    }
  },
  describeState: (state) => state ?? 'nil',
};
