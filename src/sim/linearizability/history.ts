/** What clients asked and were answered, in the order in which it was seen from outside. */

/**
 * One operation of a history. Positions are places in one total order of all
 * invocations and completions: no two are equal.
 */
export interface HistoryOperation<Input, Output> {
  readonly process: string;
  readonly input: Input;
  readonly invokedAt: number;
  /** Undefined: the outcome is not known. It may take effect at any later time, or never. */
  readonly completion: { readonly at: number; readonly output: Output } | undefined;
}

export type History<Input, Output> = readonly HistoryOperation<Input, Output>[];

/** The place of one operation in a recording. */
export type OperationNumber = number;

interface OpenOperation<Input, Output> {
  readonly process: string;
  readonly input: Input;
  readonly invokedAt: number;
  completion: { readonly at: number; readonly output: Output } | undefined;
  withoutEffect: boolean;
}

/** Collects a history while it happens; the order of the calls here is the order of the history. */
export class HistoryRecorder<Input, Output> {
  readonly #operations: OpenOperation<Input, Output>[] = [];
  #position = 0;

  invoked(process: string, input: Input): OperationNumber {
    const operation = { process, input, invokedAt: this.#position++, completion: undefined, withoutEffect: false };
    return this.#operations.push(operation) - 1;
  }

  completed(number: OperationNumber, output: Output): void {
    const operation = this.#operations[number];
    if (operation !== undefined) operation.completion = { at: this.#position++, output };
  }

  /** It certainly had no effect and never will: it does not belong to the history. */
  hadNoEffect(number: OperationNumber): void {
    const operation = this.#operations[number];
    if (operation !== undefined) operation.withoutEffect = true;
  }

  history(): History<Input, Output> {
    return this.#operations.filter((operation) => !operation.withoutEffect);
  }
}

/** The history as it looked right after the completion at `position`: what completed later is still under way. */
export function prefixThrough<Input, Output>(
  history: History<Input, Output>,
  position: number,
): History<Input, Output> {
  return history
    .filter((operation) => operation.invokedAt < position)
    .map((operation) =>
      operation.completion !== undefined && operation.completion.at > position
        ? { ...operation, completion: undefined }
        : operation,
    );
}
