/** A worker with the machine of an application, and with functions that let a test list its transactions, halt it, and hang its disk. */
import { haltAt } from './halts.ts';
import { hangDisk, recoverDisk } from './hung-disk.ts';
import { transactionsSeen } from './transactions-seen.ts';
import { startWorker } from '../../../src/hosts/browser/start-worker.ts';
import { tickets } from '../../ticket-queue.ts';

Reflect.set(globalThis, 'transactionsSeen', transactionsSeen);
globalThis.haltAt = haltAt;
globalThis.hangDisk = hangDisk;
globalThis.recoverDisk = recoverDisk;
startWorker({ machines: [tickets] });
