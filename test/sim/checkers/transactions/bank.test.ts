import { expect, test } from 'vitest';
import { type Balances, type BankSnapshot, checkBank } from '../../../../src/sim/checkers/transactions/bank.ts';

const initial: Balances = new Map([
  ['a', 50],
  ['b', 30],
  ['c', 20],
]);

function snapshot(completedAt: number, balances: Readonly<Record<string, number>>): BankSnapshot {
  return { process: 'a tab', invokedAt: completedAt - 1, completedAt, balances: new Map(Object.entries(balances)) };
}

test('transfers that keep the sum are accepted', () => {
  expect(checkBank(initial, [snapshot(1, { a: 50, b: 30, c: 20 }), snapshot(3, { a: 45, b: 35, c: 20 })])).toEqual([]);
});

test('a snapshot with half of a transfer is refused, and its changes are shown', () => {
  const faults = checkBank(initial, [snapshot(5, { a: 40, b: 35, c: 20 }), snapshot(3, { a: 45, b: 35, c: 20 })]);
  expect(faults).toEqual([
    [
      'The snapshot of a tab, from 4 to 5, has the sum 95, 5 too little. All transfers keep the sum 100.',
      '  balances: a 40, b 35, c 20',
      '  changed: a 40',
      '  in the last right snapshot, completed at 3: a 45',
    ].join('\n'),
  ]);
});

test('a snapshot with too much money is compared with the start if no right snapshot came before', () => {
  const [fault] = checkBank(initial, [snapshot(2, { a: 50, b: 37, c: 20 })]);
  expect(fault).toContain('has the sum 107, 7 too much.');
  expect(fault).toContain('at the start: b 30');
});

test('a snapshot that lacks an account, or has another one, is refused', () => {
  expect(checkBank(initial, [snapshot(1, { a: 80, c: 20 })])[0]).toContain('lacks the accounts b');
  expect(checkBank(initial, [snapshot(1, { a: 50, b: 30, c: 20, d: 0 })])[0]).toContain('has the unknown accounts d');
});
