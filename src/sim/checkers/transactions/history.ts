/** Histories of transactions on lists, as clients observed them. */

/** `append` adds an element to the end of the list under the key. No two appends to a key have the same element. */
export type TransactionOperation =
  | { readonly kind: 'append'; readonly key: string; readonly element: string }
  | { readonly kind: 'read'; readonly key: string; readonly elements: readonly string[] };

/**
 * `committed`: the client got this answer at the position `at`. `aborted`: the transaction has no effect, now or later.
 * `unknown`: the transaction may take effect later or never.
 */
export type TransactionOutcome =
  | { readonly kind: 'committed'; readonly at: number }
  | { readonly kind: 'aborted' }
  | { readonly kind: 'unknown' };

export interface Transaction {
  readonly process: string;
  /** Position of the first step of the transaction. Positions number all invocations and completions in one order. */
  readonly invokedAt: number;
  readonly outcome: TransactionOutcome;
  /** The operations in the order of the program. A read that got no answer is left out. */
  readonly operations: readonly TransactionOperation[];
}

export type TransactionHistory = readonly Transaction[];

/** Index of a transaction in its history. */
export type TransactionNumber = number;

interface OpenTransaction {
  readonly process: string;
  readonly invokedAt: number;
  outcome: TransactionOutcome;
  readonly operations: TransactionOperation[];
}

/** Records a history. The order of the calls to this object is the order of the history. */
export class TransactionRecorder {
  readonly #transactions: OpenTransaction[] = [];
  #position = 0;

  /** Begins one attempt of a transaction. Its outcome is unknown until `committed` or `aborted` is called. */
  began(process: string): TransactionNumber {
    const outcome: TransactionOutcome = { kind: 'unknown' };
    return this.#transactions.push({ process, invokedAt: this.#position++, outcome, operations: [] }) - 1;
  }

  appended(number: TransactionNumber, key: string, element: string): void {
    this.#transactions[number]?.operations.push({ kind: 'append', key, element });
  }

  read(number: TransactionNumber, key: string, elements: readonly string[]): void {
    this.#transactions[number]?.operations.push({ kind: 'read', key, elements });
  }

  committed(number: TransactionNumber): void {
    const transaction = this.#transactions[number];
    if (transaction !== undefined) transaction.outcome = { kind: 'committed', at: this.#position++ };
  }

  /** The transaction had no effect and can have none later. */
  aborted(number: TransactionNumber): void {
    const transaction = this.#transactions[number];
    if (transaction !== undefined) transaction.outcome = { kind: 'aborted' };
  }

  history(): TransactionHistory {
    return this.#transactions;
  }
}
