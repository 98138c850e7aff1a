import type { History } from './history.ts';
import type { Model } from './model.ts';

export type KeyValueInput =
  | { readonly kind: 'get'; readonly key: string }
  /** With `expected`, the put takes effect only if the key has that value. Undefined in it: the key is missing. */
  | {
      readonly kind: 'put';
      readonly key: string;
      readonly value: string;
      readonly expected?: { readonly value: string | undefined } | undefined;
    }
  | { readonly kind: 'append'; readonly key: string; readonly value: string }
  | { readonly kind: 'delete'; readonly key: string };

export type KeyValueOutput =
  | { readonly kind: 'value'; readonly value: string | undefined }
  /** `existed`: whether the key had a value before. Undefined: the history does not say. */
  | { readonly kind: 'written'; readonly existed: boolean | undefined }
  /** The key had another value than expected. */
  | { readonly kind: 'conflict' };

/** Number of characters that an explanation shows from the end of a value. Appends change the end. */
const LONGEST_SHOWN = 80;

/**
 * Stands for all values that are not a prefix of any value that was read. Such values are equivalent until the next put
 * or delete.
 */
const NEVER_READ = Symbol('never read');

/** The value of one key. Undefined: the key is missing. */
export type KeyValueState = string | typeof NEVER_READ | undefined;

type KeyValueModel = Model<KeyValueState, KeyValueInput, KeyValueOutput>;

/**
 * A map from keys to text. Each key is judged separately.
 * @param initial value initial value of every key; default: the key is missing
 */
export function keyValueModel(initial?: string): KeyValueModel {
  return modelThatMerges(initial, (value) => value, false);
}

/** @param hasConditions whether puts of the history have conditions, which distinguish all values that were read */
function modelThatMerges(
  initial: KeyValueState,
  merge: (value: string) => KeyValueState,
  hasConditions: boolean,
): KeyValueModel {
  return {
    initial,
    step(state, input, output) {
      if (input.kind === 'get') {
        return output === undefined || (output.kind === 'value' && output.value === state) ? { state } : undefined;
      }
      if (input.kind === 'put' && input.expected !== undefined) {
        const isMet = state === input.expected.value;
        if (output?.kind === (isMet ? 'conflict' : 'written')) return undefined;
        if (!isMet) return { state };
      }
      if (output?.kind === 'written' && output.existed !== undefined) {
        if (output.existed !== (state !== undefined)) return undefined;
      }
      switch (input.kind) {
        case 'put':
          return { state: merge(input.value) };
        case 'append':
          return { state: state === NEVER_READ ? state : merge((state ?? '') + input.value) };
        case 'delete':
          return { state: undefined };
      }
    },
    identityOf: (state) => (state === undefined ? '' : state === NEVER_READ ? '?' : `=${state}`),
    partOf: (input) => input.key,
    narrowed: (history) =>
      modelThatMerges(
        initial,
        beginningsOf(history),
        history.some(({ input }) => input.kind === 'put' && input.expected !== undefined),
      ),
    covers: (before, after) => before === after || (!hasConditions && after === NEVER_READ && before !== undefined),
    describe: describeOperation,
    describeState,
  };
}

/** Maps a value to itself if it is a prefix of a value that was read. All other values become `NEVER_READ`. */
function beginningsOf(history: History<KeyValueInput, KeyValueOutput>): (value: string) => KeyValueState {
  const read = new Set<string>();
  for (const { completion } of history) {
    if (completion?.output.kind === 'value' && completion.output.value !== undefined) read.add(completion.output.value);
  }
  const sorted = [...read].sort();
  return (value) => {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sorted[middle] ?? '') < value) low = middle + 1;
      else high = middle;
    }
    return sorted[low]?.startsWith(value) ? value : NEVER_READ;
  };
}

function describeOperation(input: KeyValueInput, output: KeyValueOutput | undefined): string {
  const value = input.kind === 'put' || input.kind === 'append' ? ` ${JSON.stringify(input.value)}` : '';
  const isConditional = input.kind === 'put' && input.expected !== undefined;
  const condition = isConditional ? ` if ${describeState(input.expected?.value)}` : '';
  return `${input.kind} ${input.key}${value}${condition} → ${describeOutput(output)}`;
}

function describeOutput(output: KeyValueOutput | undefined): string {
  if (output === undefined) return '?';
  if (output.kind === 'value') return describeState(output.value);
  if (output.kind === 'conflict') return 'conflict';
  if (output.existed === undefined) return 'ok';
  return output.existed ? 'ok, existed' : 'ok, was missing';
}

function describeState(state: KeyValueState): string {
  if (state === undefined) return 'missing';
  if (state === NEVER_READ) return 'a value that was never read';
  const leftOut = state.length - LONGEST_SHOWN;
  return leftOut > 0 ? `… (${leftOut} characters) ${JSON.stringify(state.slice(leftOut))}` : JSON.stringify(state);
}
