import { describe, expect, test } from 'vitest';
import { checkTransactions } from '../../../../src/sim/checkers/transactions/check.ts';
import { describeAnomalies } from '../../../../src/sim/checkers/transactions/description.ts';
import { type TransactionHistory, TransactionRecorder } from '../../../../src/sim/checkers/transactions/history.ts';
import { concurrent, sequential, transaction } from './notation.ts';

function namesIn(history: TransactionHistory): readonly string[] {
  return checkTransactions(history).map(({ name }) => name);
}

describe('a minimal history of each class', () => {
  test.each([
    ['G0', concurrent('x+1 y+1', 'x+2 y+2', 'x=1,2 y=2,1')],
    ['G1c', concurrent('x+1 y=1', 'y+1 x=1')],
    ['G-single', concurrent('x+1 y+1', 'x=1 y=')],
    ['G2', concurrent('x= y+1', 'y= x+1')],
    ['G0-realtime', sequential('x+1', 'x+2', 'x=2,1')],
    ['G1c-realtime', sequential('x=1', 'x+1')],
    ['G-single-realtime', sequential('x+1', 'x=', 'x=1')],
    [
      'G2-realtime',
      [transaction('z+1', 0, 9), transaction('x= z=1', 1, 8), transaction('x+1', 2, 3), transaction('z=', 4, 7)],
    ],
    ['G1a', concurrent('aborted x+1', 'x=1')],
    ['garbage-read', concurrent('x=1')],
    ['duplicate-element', concurrent('x+1', 'x=1,1')],
    ['incompatible-order', concurrent('x+1', 'x+2', 'x=1,2', 'x=2,1')],
    ['incompatible-order', concurrent('x+1 x+2', 'x+3', 'x=2,1,3')],
    ['internal', concurrent('x+1 x=')],
    ['internal', concurrent('x=1 x+1')],
  ])('%s', (name, history) => {
    expect(namesIn(history)).toEqual([name]);
  });

  test('a read of an intermediate state is also a cycle, because the rest of the transaction is missing', () => {
    expect(namesIn(concurrent('x+1 x+2', 'x=1'))).toEqual(['G1b', 'G-single']);
  });

  test('two different reads of a key in one transaction are also a cycle', () => {
    expect(namesIn(concurrent('x+1', 'x= x=1'))).toEqual(['internal', 'G-single']);
  });

  test('a lost append is also a stale read', () => {
    expect(namesIn(sequential('x+1', 'x='))).toEqual(['lost-append', 'G-single-realtime']);
  });
});

describe('histories that some serial order explains', () => {
  test.each([
    ['no transaction', []],
    ['reads that see their own appends', concurrent('x+1 x=1', 'x=1 x+2 x=1,2')],
    ['a stale read that overlaps the append', concurrent('x+1', 'x=', 'x=1')],
    ['appends that no transaction reads', sequential('x+1', 'x+2', 'y+1')],
    ['a read of the state that the same transaction appends to', concurrent('x= x+1', 'x=1 x+2')],
    ['an aborted transaction with inconsistent reads', sequential('x+1 y+1', 'aborted x=1 y= z+1', 'z=')],
    ['an append of unknown outcome that takes effect late', sequential('unknown x+1', 'x=', 'x=1')],
    ['an append of unknown outcome that never takes effect', sequential('unknown x+1', 'x=', 'x=')],
  ])('%s', (_, history) => {
    expect(checkTransactions(history)).toEqual([]);
  });
});

describe('a transaction of unknown outcome whose append is read', () => {
  test('counts as a whole', () => {
    expect(namesIn(concurrent('unknown x+1 y+1', 'x=1 y='))).toEqual(['G-single']);
  });

  test('has no effect before it was invoked', () => {
    expect(namesIn(sequential('x=1', 'unknown x+1'))).toEqual(['G1c-realtime']);
  });

  test('makes the transactions count that its own reads show', () => {
    expect(namesIn(concurrent('unknown x+1 z+1', 'unknown x=1 y+1', 'y=1 z='))).toEqual(['G-single']);
  });
});

describe('appends that no read shows', () => {
  test('two transactions that append to the state that both read lose one update', () => {
    expect(namesIn(concurrent('x= x+1', 'x= x+2'))).toEqual(['G2']);
  });

  test('come after all appends that reads show', () => {
    expect(namesIn(concurrent('x+1', 'x+2 y+2', 'x=1 y=2'))).toEqual(['G-single']);
  });

  test('each of many such appends comes after each of many reads', () => {
    const blind = Array.from({ length: 50 }, (_, at) => `x+${at} y+${at}`);
    const reads = Array.from({ length: 50 }, () => 'x=');
    expect(namesIn(concurrent(...blind, ...reads))).toEqual([]);
    expect(namesIn(concurrent(...blind, ...reads, 'x= y=7'))).toEqual(['G-single']);
  });
});

test('one cycle is reported for each group of transactions, of its most basic class', () => {
  const first = ['x+1 y+1', 'x=1 y='];
  const second = ['a= b+1', 'b= a+1'];
  expect(namesIn(concurrent(...first, ...second))).toEqual(['G-single', 'G2']);
});

test('the shortest cycle is shown', () => {
  const detour = ['a+1', 'a=1 b+1', 'b=1 c+1', 'c=1 x= y+1', 'y= a='];
  const [anomaly] = checkTransactions(concurrent(...detour, 'x+1 y='));
  expect(anomaly).toMatchObject({ name: 'G2', transactions: [3, 5] });
});

test('an anomaly tells what the transactions did and why each edge holds', () => {
  const anomalies = checkTransactions([
    ...sequential('x+1', 'x+2 x+3 y+1'),
    transaction('x=1 y=1', 10, 12),
    transaction('x=1,2,3', 11, 13),
  ]);
  expect(describeAnomalies(anomalies)).toBe(
    [
      'G-single: 2 transactions form a cycle, so no serial order explains what they read.',
      '  T2 by a tab, invoked at 10, committed at 12: read x as [1]; read y as [1]',
      '  T1 by a tab, invoked at 2, committed at 3: append 2 to x; append 3 to x; append 1 to y',
      '  T2 is before T1 (rw): T2 read x as [1], without 2 that T1 appended.',
      '  T1 is before T2 (wr): T2 read 1 in y, and T1 appended it.',
    ].join('\n'),
  );
});

test('a cycle that needs real time says when the transactions ran', () => {
  const [anomaly] = checkTransactions(sequential('x+1', 'x+2', 'x=2,1'));
  expect(anomaly?.explanation.split('\n').slice(3)).toEqual([
    '  T0 is before T1 (real-time): T0 committed at 1, before T1 was invoked at 2.',
    '  T1 is before T0 (ww): T1 appended 2 to x before T0 appended 1. Reads of x show 2 first.',
  ]);
});

test('two appends of the same element to a key are refused', () => {
  expect(() => checkTransactions(concurrent('x+1', 'x+1'))).toThrow('each append to a key has its own element');
});

test('a recorded history has the calls in their order', () => {
  const recorder = new TransactionRecorder();
  const writer = recorder.began('one');
  recorder.appended(writer, 'x', '1');
  const lost = recorder.began('two');
  recorder.appended(lost, 'x', '2');
  recorder.committed(writer);
  const reader = recorder.began('one');
  recorder.read(reader, 'x', ['1']);
  recorder.aborted(reader);
  expect(recorder.history()).toEqual([
    {
      process: 'one',
      invokedAt: 0,
      outcome: { kind: 'committed', at: 2 },
      operations: [{ kind: 'append', key: 'x', element: '1' }],
    },
    {
      process: 'two',
      invokedAt: 1,
      outcome: { kind: 'unknown' },
      operations: [{ kind: 'append', key: 'x', element: '2' }],
    },
    {
      process: 'one',
      invokedAt: 3,
      outcome: { kind: 'aborted' },
      operations: [{ kind: 'read', key: 'x', elements: ['1'] }],
    },
  ]);
});
