import { ShardbearerError } from '../wire/errors.ts';
import type { StateMachineKind } from './contract.ts';
import { KeyValueRestoration } from './key-value-restoration.ts';
import { KeyValueStore } from './key-value-store.ts';

export const KEY_VALUE: StateMachineKind = {
  name: 'key-value',
  create: ({ shards, header }) => KeyValueStore.create({ shards, generation: header.generation }),
  restoration: () => new KeyValueRestoration(),
};

const KINDS: readonly StateMachineKind[] = [KEY_VALUE];

/**
 * Finds a kind of state machine by its name in the configuration.
 * @throws {ShardbearerError} `VERSION_UNSUPPORTED` for an unknown name, which a newer build may know
 */
export function stateMachineNamed(name: string): StateMachineKind {
  const kind = KINDS.find((candidate) => candidate.name === name);
  if (kind === undefined) {
    throw new ShardbearerError('VERSION_UNSUPPORTED', `This build has no state machine "${name}". Reload the page.`);
  }
  return kind;
}
