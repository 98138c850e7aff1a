/** The product's own worker; beside it a test can ask which transactions it began, and stop it at one of them. */
import { haltAt } from './halts.ts';
import { transactionsSeen } from './transactions-seen.ts';
import '../../../src/hosts/browser/worker.ts';

Reflect.set(globalThis, 'transactionsSeen', transactionsSeen);
globalThis.haltAt = haltAt;
