import type { History } from './history.ts';

/** The sequential object that a history is compared with. States are immutable. */
export interface Model<State, Input, Output> {
  readonly initial: State;
  /**
   * The state after the operation, or undefined where the output does not fit.
   * Without an output (outcome unknown) every outcome fits.
   */
  step(state: State, input: Input, output: Output | undefined): { readonly state: State } | undefined;
  /** Equal for equal states only. */
  identityOf(state: State): string;
  /** Operations on different parts do not touch each other: each part is judged by itself. */
  partOf(input: Input): string;
  /** The same model for the history of one part; it may merge states that this history cannot tell apart. */
  narrowed(history: History<Input, Output>): Model<State, Input, Output>;
  /** Whether all that can follow `after` can follow `before` too: then a step of unknown outcome there is pointless. */
  covers(before: State, after: State): boolean;
  describe(input: Input, output: Output | undefined): string;
  describeState(state: State): string;
}
