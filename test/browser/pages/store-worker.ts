/** The product's worker. A test can list its transactions, halt it at one of them, and make its disk hang. */
import { haltAt } from './halts.ts';
import { hangDisk, recoverDisk } from './hung-disk.ts';
import { transactionsSeen } from './transactions-seen.ts';
import '../../../src/hosts/browser/worker.ts';

Reflect.set(globalThis, 'transactionsSeen', transactionsSeen);
globalThis.haltAt = haltAt;
globalThis.hangDisk = hangDisk;
globalThis.recoverDisk = recoverDisk;
