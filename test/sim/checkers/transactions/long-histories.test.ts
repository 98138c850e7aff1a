import { expect, test } from 'vitest';
import { checkTransactions } from '../../../../src/sim/checkers/transactions/check.ts';
import { addDataDependencies } from '../../../../src/sim/checkers/transactions/data-dependencies.ts';
import { DependencyGraph } from '../../../../src/sim/checkers/transactions/dependency-graph.ts';
import type { TransactionHistory } from '../../../../src/sim/checkers/transactions/history.ts';
import { observe } from '../../../../src/sim/checkers/transactions/observations.ts';
import { addRealTime } from '../../../../src/sim/checkers/transactions/real-time.ts';
import { concurrent, sequential, transaction } from './notation.ts';

const COUNT = 500;

function edgesOf(history: TransactionHistory): number {
  const observations = observe(history);
  const graph = new DependencyGraph(history.length);
  for (const observed of observations.keys) addDataDependencies(graph, observations, observed, []);
  addRealTime(graph, observations);
  return Array.from({ length: graph.size }, (_, node) => graph.edgesFrom(node).length).reduce(
    (sum, one) => sum + one,
    0,
  );
}

function numbered(write: (number: number) => string): readonly string[] {
  return Array.from({ length: COUNT }, (_, number) => write(number));
}

test.each([
  ['transactions one after another', sequential(...numbered((number) => `x+${number}`))],
  ['many reads before many appends', concurrent(...numbered(() => 'x='), ...numbered((number) => `x+${number}`))],
  ['many updates of the same state', concurrent(...numbered((number) => `x= x+${number}`))],
])('%s have few edges for each transaction', (_, history) => {
  expect(edgesOf(history)).toBeLessThan(8 * history.length);
});

test('a path through very many transactions does not exhaust the stack', () => {
  const history = Array.from({ length: 20_000 }, (_, at) =>
    transaction(`x${'y'.repeat(at % 3)}+${at}`, 2 * at, 2 * at + 1),
  );
  expect(checkTransactions(history)).toEqual([]);
});

test('a single cycle through all transactions is found and shortened in words', () => {
  const history = concurrent(
    ...numbered((number) => `${keyOf(number)}= ${keyOf((number + COUNT - 1) % COUNT)}+${number}`),
  );
  const [anomaly, ...others] = checkTransactions(history);
  expect(others).toEqual([]);
  expect(anomaly).toMatchObject({ name: 'G2', transactions: { length: COUNT } });
  expect(anomaly?.explanation.split('\n').at(-1)).toBe(`  … and ${COUNT - 12} more steps`);
});

/** Keys in the notation have letters only. */
function keyOf(number: number): string {
  return String(number).replaceAll(/\d/g, (digit) => 'abcdefghij'.charAt(Number(digit)));
}
