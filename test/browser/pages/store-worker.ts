/** The product's own worker; beside it a test can ask which transactions it began, stop it at one of them, and let its disk hang. */
import { haltAt } from './halts.ts';
import { hangDisk, recoverDisk } from './hung-disk.ts';
import { transactionsSeen } from './transactions-seen.ts';
import '../../../src/hosts/browser/worker.ts';

Reflect.set(globalThis, 'transactionsSeen', transactionsSeen);
globalThis.haltAt = haltAt;
globalThis.hangDisk = hangDisk;
globalThis.recoverDisk = recoverDisk;
