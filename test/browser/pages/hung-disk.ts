/**
 * Simulates a hanging disk in this worker. The browser completes transactions, but the product learns of it only after
 * the disk recovers. This module must be loaded before the product, so that its listeners run first.
 */
let isHanging = false;
const deferredReplies: IDBTransaction[] = [];

// oxlint-disable-next-line typescript/unbound-method -- called on its own database
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
