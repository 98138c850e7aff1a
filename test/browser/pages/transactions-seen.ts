/** Every transaction that anyone begins after this module was loaded. */
export interface SeenTransaction {
  readonly database: string;
  readonly mode: IDBTransactionMode;
  readonly durability: IDBTransactionDurability;
}

export const transactionsSeen: SeenTransaction[] = [];

// oxlint-disable-next-line typescript/unbound-method -- it is called on the database that it was taken from
const begin = IDBDatabase.prototype.transaction;

/** Begins a transaction that is not of the product. */
export function beginUnseen(database: IDBDatabase, store: string, mode: IDBTransactionMode): IDBTransaction {
  return begin.call(database, store, mode);
}

IDBDatabase.prototype.transaction = function transaction(this: IDBDatabase, stores, mode, options): IDBTransaction {
  const begun = begin.call(this, stores, mode, options);
  transactionsSeen.push({ database: this.name, mode: begun.mode, durability: begun.durability });
  return begun;
};
