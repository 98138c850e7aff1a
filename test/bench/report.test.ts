import { expect, test } from 'vitest';
import { type Measurements, report } from './report.ts';
import { Samples } from './statistics.ts';

const MEASURED: Measurements = {
  machine: 'a machine',
  load: [0.1, 1.25],
  bytes: 100,
  formationMs: [900, 1_100, 1_000],
  roundTripMs: [0.5],
  strictWriteMs: [1.5],
  calls: [{ what: 'put', target: 4, samplesMs: Array.from({ length: 200 }, (_, at) => at / 10) }],
  failoverMs: [1_400],
  pageMs: [0.2],
};

test('percentiles are measurements and independent of their order', () => {
  const samples = new Samples([5, 1, 4, 2, 3]);
  expect([samples.p50, samples.p99, samples.max, samples.count]).toEqual([3, 5, 5, 5]);
  expect(new Samples(Array.from({ length: 1_000 }, (_, at) => at + 1)).p99).toBe(990);
  expect(() => new Samples([])).toThrow('Nothing was measured');
});

test('a call is compared with the sum of both floors', () => {
  const table = report(MEASURED, 'markdown');
  expect(table).toContain('| put | 200 | 9.90 ms | p99 19.70 ms | 5.0 × | ≤ 4 × |');
  expect(table).toContain('| sum of both floors |  | 2.00 ms |');
  expect(table).toContain('1,000 ms | max 1,100 ms');
  expect(table).toContain('Load while measuring: 0.1 to 1.3.');
  expect(
    new Set(
      report(MEASURED, 'text')
        .split('\n')
        .slice(0, 7)
        .map(({ length }) => length),
    ).size,
  ).toBe(1);
});
