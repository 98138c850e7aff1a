import type { Command, Operation } from '../src/wire/entries/command.ts';

/** The operation of a command on one key. */
export function keyOperation({ operation }: Pick<Command, 'operation'>): Operation {
  if (operation.kind === 'prepare' || operation.kind === 'commit') throw new Error('a command of a transaction');
  return operation;
}
