/**
 * State machines that an application brings, and their erased form that a replica runs. This file is also the entry
 * point `shardbearer/machine`. Pages and workers import the definitions of machines without the rest of the library.
 */
import { InvalidArgumentError } from '../wire/errors.ts';
import { LIMITS } from '../wire/limits.ts';
import { bytesOfJson, frozen, jsonOf } from './machine-json.ts';

/** The state after a command, and the answer to the caller. */
export interface MachineStep<State, Reply> {
  readonly state: State;
  readonly reply: Reply;
}

/**
 * A state machine of an application. An instance lives at a key, and its state is the value of that key.
 *
 * Every replica runs the functions on its own, and the results must be equal. So the functions are synchronous, and
 * their results depend only on their arguments. They use no clock, no randomness, no I/O and no variables that change.
 * They use nothing that differs between browsers, such as `Intl`, `Math.sin` or the messages of built-in errors.
 *
 * Commands, replies, questions and answers are JSON. States are JSON, too, unless `snapshot` and `restore` are given.
 */
export interface MachineDefinition<State, Command, Reply, Question, Answer> {
  /**
   * Name of the machine in the cluster, 1 to 64 characters. It stands for this behaviour. Give changed functions a new
   * name, such as `tickets-2`. Otherwise tabs with old and new code compute different states.
   */
  readonly name: string;
  /** The state of an instance whose key is missing. */
  readonly initial: State;
  /**
   * Performs a command. The state belongs to this call, so the function may change it. A command has either its whole
   * effect or none. Throw a `CommandRefusedError` to refuse a command with a message for the caller. Any other exception
   * refuses the command, too.
   */
  apply(state: State, command: Command): MachineStep<State, Reply>;
  /** Answers a question without a change. The state is frozen if it is JSON. */
  read(state: State, question: Question): Answer;
  /** Encodes a state. Default: JSON. */
  readonly snapshot?: ((state: State) => Uint8Array) | undefined;
  /**
   * Decodes a state. Throws an exception if the bytes are no state of this machine, since any tab can put another value
   * to the key. Default: JSON, without further checks.
   */
  readonly restore?: ((bytes: Uint8Array) => State) | undefined;
}

/** A defined machine. */
export interface Machine<State, Command, Reply, Question, Answer>
  extends MachineDefinition<State, Command, Reply, Question, Answer> {
  /** Runs the machine on encoded values. Internal. */
  readonly code: MachineCode;
}

/** A machine whose types only its application knows. */
export type AnyMachine = Pick<Machine<never, never, unknown, never, unknown>, 'name' | 'code'>;

/** A machine without types. Its functions pass on every exception of the application. */
export interface MachineCode {
  /** Whether several reads may use one restored state. */
  readonly canShare: boolean;
  /**
   * Restores a state.
   * @param value undefined for a missing key
   * @param isShared whether the state is frozen, because several reads use it
   */
  load(value: Uint8Array | undefined, isShared: boolean): LoadedState;
}

export interface LoadedState {
  /** Performs a command. Call this once, since the function of the application may change the state. */
  apply(command: Uint8Array): MachineStep<Uint8Array, Uint8Array>;
  read(question: Uint8Array): Uint8Array;
}

/**
 * A refusal of a command by `apply`, or of a question by `read`. The caller gets `COMMAND_REFUSED` with the message. The
 * message must be deterministic, like all results.
 */
export class CommandRefusedError extends Error {
  // The name identifies the class, because the page and the worker may have separate copies of it.
  override readonly name = 'CommandRefusedError';
}

/**
 * Defines a state machine. Pass it to the worker, and call it with `store.machine(machine, key)`.
 * @throws {ShardbearerError} `INVALID_ARGUMENT` if a part is missing, or if the initial state cannot be encoded
 */
export function defineMachine<State, Command, Reply, Question = never, Answer = never>(
  definition: MachineDefinition<State, Command, Reply, Question, Answer>,
): Machine<State, Command, Reply, Question, Answer> {
  checkDefinition(definition);
  const { name, initial, snapshot = bytesOfJson, restore } = definition;
  const first = encodedInitial(name, () => snapshot(initial));
  const stateOf = (value: Uint8Array): State => (restore === undefined ? jsonOf<State>(value) : restore(value.slice()));
  const code: MachineCode = {
    canShare: restore === undefined,
    load(value = first, isShared) {
      const state = stateOf(value);
      if (isShared && restore === undefined) frozen(state);
      return {
        apply(command) {
          const step = definition.apply(state, jsonOf<Command>(command));
          return { state: snapshot(step.state), reply: bytesOfJson(step.reply) };
        },
        read: (question) => bytesOfJson(definition.read(state, jsonOf<Question>(question))),
      };
    },
  };
  return Object.freeze({
    ...definition,
    apply: (state: State, command: Command) => definition.apply(state, command),
    read: (state: State, question: Question) => definition.read(state, question),
    code,
  });
}

/** Whether a machine may have this name. */
export function isMachineName(name: unknown): name is string {
  return typeof name === 'string' && name.length >= 1 && name.length <= LIMITS.messages.nameCharacters;
}

function checkDefinition(
  definition: Partial<Record<keyof MachineDefinition<never, never, never, never, never>, unknown>>,
) {
  const { name, apply, read, snapshot, restore } = definition;
  if (!isMachineName(name)) {
    throw new InvalidArgumentError(`A machine needs a name of 1 to ${LIMITS.messages.nameCharacters} characters.`);
  }
  for (const [part, given] of Object.entries({ apply, read })) {
    if (typeof given !== 'function')
      throw new InvalidArgumentError(`Machine "${name}" has no function ${part}. Add it.`);
  }
  for (const [part, given] of Object.entries({ snapshot, restore })) {
    if (given === undefined || typeof given === 'function') continue;
    throw new InvalidArgumentError(
      `The part ${part} of machine "${name}" is no function. Pass a function or leave it out.`,
    );
  }
}

function encodedInitial(name: string, encode: () => Uint8Array): Uint8Array {
  try {
    return encode();
  } catch (cause) {
    throw new InvalidArgumentError(
      `The initial state of machine "${name}" cannot be encoded. Use JSON, or pass snapshot and restore.`,
      { cause },
    );
  }
}
