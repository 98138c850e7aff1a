/**
 * Lets the disk hang, as this worker sees it: the browser finishes transactions, and nobody here learns of it until the
 * disk recovers. Loaded before the product, so that no listener of the product comes first.
 */
let isHanging = false;
const deferredReplies: IDBTransaction[] = [];

// oxlint-disable-next-line typescript/unbound-method -- it is called on the database that it was taken from
const begin = IDBDatabase.prototype.transaction;

IDBDatabase.prototype.transaction = function transaction(this: IDBDatabase, stores, mode, options): IDBTransaction {
  const begun = begin.call(this, stores, mode, options);
  begun.addEventListener('complete', (event) => {
    if (!isHanging) return;
    event.stopImmediatePropagation();
    deferredReplies.push(begun);
  });
  return begun;
};

export function hangDisk(): void {
  isHanging = true;
}

export function recoverDisk(): void {
  isHanging = false;
  for (const transaction of deferredReplies.splice(0)) transaction.dispatchEvent(new Event('complete'));
}
