import { EMPTY_LEDGER, isRefused, type Ledger, refusalAt } from '../ledger.ts';
import type { Model } from './model.ts';

export type LedgerInput =
  | { readonly kind: 'read'; readonly key: string }
  | { readonly kind: 'replace'; readonly key: string; readonly token: string; readonly isGuarded: boolean };

export type LedgerOutput =
  /** The answer to a read, or the ledger before a command. Undefined: the reply was lost. */
  | { readonly kind: 'ledger'; readonly ledger: Ledger | undefined }
  | { readonly kind: 'refused'; readonly message: string };

/** Ledgers by key. Each key is judged separately. */
export const ledgerModel: Model<Ledger, LedgerInput, LedgerOutput> = {
  initial: EMPTY_LEDGER,
  step(state, input, output) {
    const isShown = output?.kind === 'ledger' && output.ledger !== undefined && areEqual(output.ledger, state);
    if (input.kind === 'read') return output === undefined || isShown ? { state } : undefined;
    if (isRefused(state, input.isGuarded)) {
      const isTold = output?.kind === 'refused' && output.message.startsWith(refusalAt(state));
      return output === undefined || isTold ? { state } : undefined;
    }
    return output === undefined || isShown ? { state: { count: state.count + 1, token: input.token } } : undefined;
  },
  identityOf: ({ count, token }) => `${count} ${token}`,
  partOf: (input) => input.key,
  narrowed() {
    return this;
  },
  covers: areEqual,
  describe(input, output) {
    const asked = input.kind === 'read' ? 'read' : `replace by ${input.token}${input.isGuarded ? ', guarded' : ''}`;
    if (output === undefined) return `${asked} → ?`;
    if (output.kind === 'refused') return `${asked} → refused: ${output.message}`;
    return `${asked} → ${output.ledger === undefined ? 'no reply' : describeLedger(output.ledger)}`;
  },
  describeState: describeLedger,
};

function areEqual(one: Ledger, other: Ledger): boolean {
  return one.count === other.count && one.token === other.token;
}

function describeLedger({ count, token }: Ledger): string {
  return `${count} commands, last ${token === '' ? 'none' : token}`;
}
