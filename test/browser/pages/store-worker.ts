/** The product's own worker; beside it a test can ask which transactions it began. */
import { transactionsSeen } from './transactions-seen.ts';
import '../../../src/hosts/browser/worker.ts';

Reflect.set(globalThis, 'transactionsSeen', transactionsSeen);
