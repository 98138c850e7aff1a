import { testPlantedBugs } from './test-planted-bugs.ts';
import { TRANSACTION_BUGS } from './planted-transaction-bugs.ts';

testPlantedBugs('transactions-', TRANSACTION_BUGS);
