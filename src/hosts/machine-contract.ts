/** The calls on an instance of a machine as an application sees them. */
import type { CallOptions, Versionstamp } from './key-value-contract.ts';

export interface CommandOptions extends CallOptions {
  /**
   * The version that the key of the instance must have. Null: the key must be missing. Otherwise the command fails with
   * a `ConflictError` and has no effect. Default: any version.
   */
  readonly ifVersion?: Versionstamp | null | undefined;
}

/** An instance of a machine. Its state is the value of its key. */
export interface MachineInstance<Command, Reply, Question, Answer> {
  /**
   * Performs a command and resolves to its reply. The command is linearizable, and takes effect once although it is
   * retried.
   * @throws {ShardbearerError} `COMMAND_REFUSED` if the machine refuses; `INVALID_ARGUMENT` also if the value of the key
   * is no state of the machine; `UNKNOWN_MACHINE`, `CONFLICT`, `VALUE_TOO_LARGE`, `OUTCOME_UNKNOWN`
   */
  apply(command: Command, options?: CommandOptions): Promise<Reply>;
  /**
   * Puts a question to the machine. The read is linearizable.
   * @throws {ShardbearerError} `COMMAND_REFUSED`, `INVALID_ARGUMENT`, `UNKNOWN_MACHINE`
   */
  read(question: Question, options?: CallOptions): Promise<Answer>;
}
