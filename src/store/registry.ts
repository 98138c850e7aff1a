import { ShardbearerError } from '../wire/errors.ts';
import type { StateMachineKind } from './contract.ts';
import { KeyValueRestoration } from './key-value-restoration.ts';
import type { AnyMachine } from './machine.ts';
import { Machines } from './machines.ts';
import { KeyValueStore } from './key-value-store.ts';

/**
 * Keys and values, with the machines of the application.
 * @throws {ShardbearerError} `INVALID_ARGUMENT` if two machines have the same name
 */
export function keyValueWith(applicationMachines: readonly AnyMachine[]): StateMachineKind {
  const machines = new Machines(applicationMachines);
  return {
    name: 'key-value',
    create: ({ shards, header }) => KeyValueStore.create({ shards, generation: header.generation, machines }),
    restoration: () => new KeyValueRestoration(machines),
  };
}

export const KEY_VALUE = keyValueWith([]);

const KINDS: readonly StateMachineKind[] = [KEY_VALUE];

/**
 * Finds a kind of state machine by its name in the configuration.
 * @param machines the machines of the application
 * @throws {ShardbearerError} `VERSION_UNSUPPORTED` for an unknown name, which a newer build may know
 */
export function stateMachineNamed(name: string, machines: readonly AnyMachine[] = []): StateMachineKind {
  if (name === KEY_VALUE.name && machines.length > 0) return keyValueWith(machines);
  const kind = KINDS.find((candidate) => candidate.name === name);
  if (kind === undefined) {
    throw new ShardbearerError('VERSION_UNSUPPORTED', `This build has no state machine "${name}". Reload the page.`);
  }
  return kind;
}
