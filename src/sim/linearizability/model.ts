import type { History } from './history.ts';

/** The sequential object that a history is compared with. States are immutable. */
export interface Model<State, Input, Output> {
  readonly initial: State;
  /**
   * The state after the operation. Undefined: the output does not fit. Without an output (unknown outcome) every
   * outcome fits.
   */
  step(state: State, input: Input, output: Output | undefined): { readonly state: State } | undefined;
  /** Equal for equal states only. */
  identityOf(state: State): string;
  /** Operations on different parts are independent. Each part is judged separately. */
  partOf(input: Input): string;
  /** The same model for the history of one part. It may merge states that this history cannot distinguish. */
  narrowed(history: History<Input, Output>): Model<State, Input, Output>;
  /**
   * Whether every continuation of `after` is also one of `before`. Then a step of unknown outcome from one to the other
   * is useless.
   */
  covers(before: State, after: State): boolean;
  describe(input: Input, output: Output | undefined): string;
  describeState(state: State): string;
}
