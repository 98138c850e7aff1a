import { ShardbearerError } from '../wire/errors.ts';
import type { StateMachineKind } from './contract.ts';
import { KEY_VALUE } from './key-value.ts';

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

const KINDS: readonly StateMachineKind[] = [KEY_VALUE];
