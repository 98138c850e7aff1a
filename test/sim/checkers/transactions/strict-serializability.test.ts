import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkTransactions } from '../../../../src/sim/checkers/transactions/check.ts';
import type { TransactionHistory } from '../../../../src/sim/checkers/transactions/history.ts';
import { fault, plant, serialExecution, skipCheck } from './serial-executions.ts';
import { hasSerialOrder } from './serial-order-search.ts';
import { faultsOfCycle } from './step-truth.ts';

const KEYS = ['x', 'y', 'z'];
const overlapping = serialExecution({ keys: KEYS, transactions: 40, longest: 60, canBeUnknown: true });
const separate = serialExecution({ keys: KEYS, transactions: 15, longest: 0, canBeUnknown: false });
/** Few transactions, because the search for a serial order tries all orders. */
const small = serialExecution({ keys: ['x', 'y'], transactions: 5, longest: 25, canBeUnknown: true });

test('a serial execution is accepted, also if its transactions overlap', () => {
  fc.assert(
    fc.property(overlapping, (history) => {
      expect(checkTransactions(history)).toEqual([]);
    }),
  );
});

test('if no transaction overlaps another one, every change of a read is refused', () => {
  fc.assert(
    fc.property(separate, fault, (history, planted) => {
      const changed = plant(history, planted);
      expect(checkTransactions(changed).length > 0).toBe(!areEqual(changed, history));
    }),
    { numRuns: 1_000 },
  );
});

test('an update whose check was skipped is refused, also if transactions overlap', () => {
  fc.assert(
    fc.property(overlapping, (history) => {
      const changed = skipCheck(history);
      fc.pre(changed !== undefined);
      expect(checkTransactions(changed)).not.toEqual([]);
    }),
  );
});

test('the verdict is that of a search through all orders', () => {
  const verdicts = { accepted: 0, refused: 0 };
  fc.assert(
    fc.property(small, fc.array(fault, { maxLength: 3 }), fc.boolean(), (history, faults, isReadAtEnd) => {
      const changed = faults.reduce(plant, isReadAtEnd ? history : history.slice(0, -1));
      const isSerializable = hasSerialOrder(changed);
      verdicts[isSerializable ? 'accepted' : 'refused']++;
      expect(checkTransactions(changed).length === 0).toBe(isSerializable);
    }),
    { numRuns: 3_000 },
  );
  expect(Math.min(verdicts.accepted, verdicts.refused)).toBeGreaterThan(500);
});

test('each reported cycle is a cycle of true dependencies, and has the class that it is named by', () => {
  let cycles = 0;
  fc.assert(
    fc.property(overlapping, fc.array(fault, { minLength: 1, maxLength: 4 }), (history, faults) => {
      const changed = faults.reduce(plant, history);
      for (const anomaly of checkTransactions(changed)) {
        if (!('steps' in anomaly)) continue;
        cycles++;
        expect(faultsOfCycle(changed, anomaly)).toEqual([]);
      }
    }),
    { numRuns: 1_000 },
  );
  expect(cycles).toBeGreaterThan(200);
});

function areEqual(one: TransactionHistory, other: TransactionHistory): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
