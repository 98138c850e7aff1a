/** The product's worker, with functions that let a test list its transactions, halt it, and hang its disk. */
import { haltAt } from './halts.ts';
import { hangDisk, recoverDisk } from './hung-disk.ts';
import { transactionsSeen } from './transactions-seen.ts';
import '../../../src/hosts/browser/worker.ts';

Reflect.set(globalThis, 'transactionsSeen', transactionsSeen);
globalThis.haltAt = haltAt;
globalThis.hangDisk = hangDisk;
globalThis.recoverDisk = recoverDisk;
