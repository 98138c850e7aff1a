/** The machine of the simulated applications. The reply to each command shows the place of the command in the order. */
import { CommandRefusedError, defineMachine } from '../store/machine.ts';

export interface Ledger {
  /** Number of performed commands. */
  readonly count: number;
  /** The token of the last performed command. */
  readonly token: string;
}

export interface LedgerCommand {
  readonly token: string;
  /** Whether the ledger refuses the command after an odd number of commands. */
  readonly isGuarded: boolean;
}

export const EMPTY_LEDGER: Ledger = { count: 0, token: '' };

/** Replaces the token, and replies with the ledger before. */
export const ledger = defineMachine({
  name: 'ledger',
  initial: EMPTY_LEDGER,
  apply(before: Ledger, { token, isGuarded }: LedgerCommand) {
    if (isRefused(before, isGuarded)) throw new CommandRefusedError(refusalAt(before));
    return { state: { count: before.count + 1, token }, reply: before };
  },
  read: (state: Ledger, _question: null) => state,
});

export function isRefused({ count }: Ledger, isGuarded: boolean): boolean {
  return isGuarded && count % 2 === 1;
}

/** The message of a refusal. It shows the place of the refusal in the order of the commands. */
export function refusalAt({ count, token }: Ledger): string {
  return `The ledger has ${count} commands, the last of them ${token}`;
}
