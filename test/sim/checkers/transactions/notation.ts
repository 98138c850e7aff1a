/** A short notation for histories of transactions. */
import type {
  Transaction,
  TransactionHistory,
  TransactionOperation,
  TransactionOutcome,
} from '../../../../src/sim/checkers/transactions/history.ts';

/** More transactions than any history in this notation has. */
const LATE = 10_000;

/**
 * One transaction. `x+1` appends 1 to x, `x=1,2` reads x as [1, 2], and `x=` reads x as the empty list. A transaction is
 * committed unless the text starts with `aborted` or `unknown`.
 */
export function transaction(text: string, invokedAt: number, completedAt: number): Transaction {
  const words = text.split(' ');
  const first = words[0] ?? '';
  const isCommitted = first !== 'aborted' && first !== 'unknown';
  const outcome: TransactionOutcome = isCommitted ? { kind: 'committed', at: completedAt } : { kind: first };
  return { process: 'a tab', invokedAt, outcome, operations: (isCommitted ? words : words.slice(1)).map(operation) };
}

/** Transactions that all overlap. */
export function concurrent(...texts: readonly string[]): TransactionHistory {
  return texts.map((text, at) => transaction(text, at, LATE + at));
}

/** Transactions that each begin after the end of the one before. */
export function sequential(...texts: readonly string[]): TransactionHistory {
  return texts.map((text, at) => transaction(text, 2 * at, 2 * at + 1));
}

function operation(word: string): TransactionOperation {
  const [, key, sign, value] = /^([a-z]+)([+=])(.*)$/.exec(word) ?? [];
  if (key === undefined || value === undefined) throw new SyntaxError(`not an operation: ${word}`);
  if (sign === '+') return { kind: 'append', key, element: value };
  return { kind: 'read', key, elements: value === '' ? [] : value.split(',') };
}
