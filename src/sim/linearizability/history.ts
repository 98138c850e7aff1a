/** Invocations and completions of client calls, in the order in which they were observed. */

/** One operation of a history. Positions number all invocations and completions of the history in one total order. */
export interface HistoryOperation<Input, Output> {
  readonly process: string;
  readonly input: Input;
  readonly invokedAt: number;
  /**
   * The completion with its output. Undefined: the outcome is unknown, and the operation may take effect later or
   * never.
   */
  readonly completion: { readonly at: number; readonly output: Output } | undefined;
}

export type History<Input, Output> = readonly HistoryOperation<Input, Output>[];

/** Index of an operation in the recorder. */
export type OperationNumber = number;

interface OpenOperation<Input, Output> {
  readonly process: string;
  readonly input: Input;
  readonly invokedAt: number;
  completion: { readonly at: number; readonly output: Output } | undefined;
  withoutEffect: boolean;
}

/** Records a history. The order of the calls to this object is the order of the history. */
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

  /** Removes the operation from the history, because it had no effect and can have none later. */
  hadNoEffect(number: OperationNumber): void {
    const operation = this.#operations[number];
    if (operation !== undefined) operation.withoutEffect = true;
  }

  history(): History<Input, Output> {
    return this.#operations.filter((operation) => !operation.withoutEffect);
  }
}

/** The history up to the completion at `position`. Operations that complete later count as incomplete. */
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
