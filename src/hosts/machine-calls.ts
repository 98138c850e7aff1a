/** The calls of an application on its machines. `MachineInstance` describes them. */
import type { Call } from '../client/contract.ts';
import { isMachineName, type Machine } from '../store/machine.ts';
import { jsonOf } from '../store/machine-json.ts';
import { assert } from '../wire/assertion.ts';
import { InvalidArgumentError } from '../wire/errors.ts';
import { described, readArgument } from './arguments.ts';
import type { CallResult } from './client-driver.ts';
import { conditionOf, conflictError } from './conditions.ts';
import type { CallOptions, Key } from './key-value-contract.ts';
import type { CommandOptions, MachineInstance } from './machine-contract.ts';
import { encodeKey, encodingOf } from './values.ts';

type Request = (call: Call, options: CallOptions | undefined) => Promise<CallResult>;

export class MachineCalls {
  readonly #request: Request;

  constructor(request: Request) {
    this.#request = request;
  }

  /** @throws {ShardbearerError} `INVALID_ARGUMENT`, `KEY_TOO_LARGE` */
  machine<State, Command, Reply, Question, Answer>(
    machine: Machine<State, Command, Reply, Question, Answer>,
    key: Key,
  ): MachineInstance<Command, Reply, Question, Answer> {
    const name = readArgument('the machine', () => nameOf(machine));
    const json = encodingOf('json');
    const keyBytes = encodeKey(key);
    const apply = async (command: Command, options?: CommandOptions): Promise<Reply> => {
      const condition = options === undefined ? undefined : conditionOf(options);
      const operation = { kind: 'machine', machine: name, key: keyBytes, value: json.encode(command) } as const;
      const result = await this.#request({ kind: 'write', operation: { ...operation, condition } }, options);
      if (result.kind === 'conflict') {
        throw conflictError(key, result.current, machine.restore ?? ((value) => json.decode(value)));
      }
      assert(result.kind === 'written', 'a command is answered by its reply or a conflict');
      return jsonOf<Reply>(result.reply ?? NO_BYTES);
    };
    const read = async (question: Question, options?: CallOptions): Promise<Answer> => {
      const asked = { machine: name, value: json.encode(question) };
      const result = await this.#request({ kind: 'get', key: keyBytes, question: asked }, options);
      assert(result.kind === 'machine-reply', 'a question to a machine is answered by the machine');
      return jsonOf<Answer>(result.reply);
    };
    return Object.freeze({ apply, read });
  }
}

function nameOf(machine: { readonly name: unknown } | undefined): string {
  const name = machine?.name;
  if (isMachineName(name)) return name;
  throw new InvalidArgumentError(`The machine is ${described(machine)}. Pass what defineMachine returns.`);
}

const NO_BYTES: Uint8Array = new Uint8Array(0);
