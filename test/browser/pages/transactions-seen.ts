/** Records every transaction that begins after this module was loaded. */
export interface SeenTransaction {
  readonly database: string;
  readonly mode: IDBTransactionMode;
  readonly durability: IDBTransactionDurability;
}

export const transactionsSeen: SeenTransaction[] = [];

// oxlint-disable-next-line typescript/unbound-method -- called on its own database
const begin = IDBDatabase.prototype.transaction;

/** Begins a transaction of the test, not of the product. */
export function beginUnseen(database: IDBDatabase, store: string, mode: IDBTransactionMode): IDBTransaction {
  return begin.call(database, store, mode);
}

IDBDatabase.prototype.transaction = function transaction(this: IDBDatabase, stores, mode, options): IDBTransaction {
  const begun = begin.call(this, stores, mode, options);
  transactionsSeen.push({ database: this.name, mode: begun.mode, durability: begun.durability });
  return begun;
};
