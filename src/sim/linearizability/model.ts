import type { History } from './history.ts';

/** The sequential specification that a history is compared with. States are immutable. */
export interface Model<State, Input, Output> {
  readonly initial: State;
  /**
   * The state after the operation. Undefined: the operation cannot have this output in this state. Without an output
   * (unknown outcome), every outcome is allowed.
   */
  step(state: State, input: Input, output: Output | undefined): { readonly state: State } | undefined;
  /** A text that is equal only for equal states. */
  identityOf(state: State): string;
  /**
   * The part of the object that an operation acts on. Operations on different parts are independent, so each part is
   * checked separately.
   */
  partOf(input: Input): string;
  /**
   * The same model for the history of one part. The narrowed model may merge states that this history cannot
   * distinguish.
   */
  narrowed(history: History<Input, Output>): Model<State, Input, Output>;
  /**
   * Whether `before` allows every continuation that `after` allows. The search then skips an operation of unknown
   * outcome that leads from `before` to `after`.
   */
  covers(before: State, after: State): boolean;
  describe(input: Input, output: Output | undefined): string;
  describeState(state: State): string;
}
