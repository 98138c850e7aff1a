/** The product's own worker; beside it a test can ask which transactions it began, and how long its links were silent. */
import './message-gaps.ts';
import { transactionsSeen } from './transactions-seen.ts';
import '../../../src/hosts/browser/worker.ts';

Reflect.set(globalThis, 'transactionsSeen', transactionsSeen);
