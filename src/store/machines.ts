/** The machines of the application in one replica. Results depend on no cache, so all replicas compute the same ones. */
import { InvalidArgumentError, ShardbearerError } from '../wire/errors.ts';
import type { MachineReply } from '../wire/frames/frame.ts';
import { LIMITS } from '../wire/limits.ts';
import type { StateRefusal } from './contract.ts';
import { type AnyMachine, isMachineName, type LoadedState, type MachineCode, type MachineStep } from './machine.ts';
import { refusal } from './refusal.ts';

type PerformedStep = { readonly kind: 'performed' } & MachineStep<Uint8Array, Uint8Array>;

/**
 * Runs machines. Each command restores its state from the stored bytes. A state that an earlier command left in memory
 * can differ from the restored one, for example in shared objects, in `undefined` or in `-0`. A replica that kept the
 * state would then compute other results than a replica that has restarted. Only reads use a cache.
 */
export class Machines {
  /** The machines, as they were given. */
  readonly list: readonly AnyMachine[];
  readonly #byName = new Map<string, MachineCode>();
  /**
   * States that reads have restored, least recently used first. The key is the identity of the stored bytes, which never
   * change. So an entry cannot be outdated, also when a shard has left and returned.
   */
  readonly #restored = new Map<Uint8Array, Map<MachineCode, LoadedState>>();
  #restoredBytes = 0;

  /** @throws {ShardbearerError} `INVALID_ARGUMENT` if a machine has no name, or if two machines have the same name */
  constructor(machines: readonly AnyMachine[] = []) {
    this.list = [...machines];
    for (const { name, code } of this.list) {
      if (!isMachineName(name) || typeof code?.load !== 'function') {
        throw new InvalidArgumentError('A machine was not made by defineMachine. Pass what defineMachine returns.');
      }
      if (this.#byName.has(name)) {
        throw new InvalidArgumentError(`Two machines have the name "${name}". Give each machine its own name.`);
      }
      this.#byName.set(name, code);
    }
  }

  has(name: string): boolean {
    return this.#byName.has(name);
  }

  /**
   * Performs a command. The refusal is deterministic, so it is stored as the outcome of the command.
   * @param before the value of the key
   * @throws {ShardbearerError} `STORAGE_TOO_NEW` if this tab does not have the machine; skipping the command would make
   * replicas differ
   */
  apply(name: string, before: Uint8Array | undefined, command: Uint8Array): PerformedStep | StateRefusal {
    const code = this.#byName.get(name);
    if (code === undefined) throw unknownMachine(name);
    const loaded = loadedFrom(name, () => code.load(before, false));
    if (loaded.kind === 'refused') return loaded;
    let step: MachineStep<Uint8Array, Uint8Array>;
    try {
      step = loaded.state.apply(command);
    } catch (error) {
      return refusedBy(name, error);
    }
    const { commandReplyBytes } = LIMITS.machines;
    if (step.reply.length <= commandReplyBytes) return { kind: 'performed', ...step };
    const sizes = `${step.reply.length} bytes; the limit is ${commandReplyBytes}`;
    return refusal('COMMAND_REFUSED', `The reply of machine "${name}" has ${sizes}. Return less, and read the rest.`);
  }

  /** Answers a question on the value of a key. */
  read(name: string, value: Uint8Array | undefined, question: Uint8Array): MachineReply | StateRefusal {
    const code = this.#byName.get(name);
    if (code === undefined) return unknownHere(name);
    const loaded = loadedFrom(name, () => this.#restore(code, value));
    if (loaded.kind === 'refused') return loaded;
    let reply: Uint8Array;
    try {
      reply = loaded.state.read(question);
    } catch (error) {
      return refusedBy(name, error);
    }
    if (reply.length <= LIMITS.messages.valueBytes) return { kind: 'machine-reply', reply };
    return refusal('COMMAND_REFUSED', `The answer of machine "${name}" is larger than a value. Ask for less.`);
  }

  #restore(code: MachineCode, value: Uint8Array | undefined): LoadedState {
    if (value === undefined || !code.canShare) return code.load(value, true);
    const known = this.#restored.get(value);
    const state = known?.get(code) ?? code.load(value, true);
    this.#restored.delete(value);
    this.#restored.set(value, (known ?? new Map<MachineCode, LoadedState>()).set(code, state));
    if (known === undefined) this.#restoredBytes += value.length;
    this.#shrink();
    return state;
  }

  #shrink(): void {
    for (const value of this.#restored.keys()) {
      const { restoredStates, restoredBytes } = LIMITS.machines;
      if (this.#restored.size <= restoredStates && this.#restoredBytes <= restoredBytes) return;
      this.#restored.delete(value);
      this.#restoredBytes -= value.length;
    }
  }
}

/** The refusal of a herald that does not have the machine. */
export function unknownHere(name: string): StateRefusal {
  return refusal('UNKNOWN_MACHINE', `The herald's tab has no machine "${name}". ${REMEDY}`);
}

function unknownMachine(name: string): ShardbearerError {
  const message = `The log has a command for machine "${name}", which this tab does not have. The data is kept. ${REMEDY}`;
  return new ShardbearerError('STORAGE_TOO_NEW', message);
}

const REMEDY = "Reload the tab to get the application's newest code, and pass the machine to startWorker.";

type Loaded = { readonly kind: 'loaded'; readonly state: LoadedState } | StateRefusal;

function loadedFrom(name: string, load: () => LoadedState): Loaded {
  try {
    return { kind: 'loaded', state: load() };
  } catch {
    return refusal('INVALID_ARGUMENT', `The value of the key is no state of machine "${name}".`);
  }
}

/** Messages of built-in errors differ between browsers, and the outcome has to be the same on every replica. */
function refusedBy(name: string, error: unknown): StateRefusal {
  const message = isRefusal(error)
    ? String(error.message)
    : `Machine "${name}" threw an exception. It changed nothing.`;
  return refusal('COMMAND_REFUSED', message.slice(0, LIMITS.messages.refusalCharacters));
}

function isRefusal(error: unknown): error is Error {
  return error instanceof Error && error.name === 'CommandRefusedError';
}
