import { ShardbearerError } from '../wire/errors.ts';
import type { StateMachineKind } from './contract.ts';
import { KEY_VALUE } from './key-value.ts';

/**
 * The kind of state machine that a configuration names.
 * @throws {ShardbearerError} `VERSION_UNSUPPORTED` where only a newer build has it
 */
export function stateMachineNamed(name: string): StateMachineKind {
  const kind = KINDS.find((candidate) => candidate.name === name);
  if (kind === undefined) {
    throw new ShardbearerError('VERSION_UNSUPPORTED', `this build has no state machine "${name}": reload the page`);
  }
  return kind;
}

const KINDS: readonly StateMachineKind[] = [KEY_VALUE];
