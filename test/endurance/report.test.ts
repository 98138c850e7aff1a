import { expect, test } from 'vitest';
import { diskBound, type HeapSample, type Measurements, report, verdict } from './report.ts';
import { readPlan } from './plan.ts';

const MIB = 2 ** 20;
const PLAN = readPlan({ ENDURANCE_PUTS: '200000', ENDURANCE_BYTES: '1008' });

test('the bound of the disk follows from the live keys and values', () => {
  expect(diskBound(PLAN)).toBe(3 * 1_024_000 + 8 * MIB);
});

test('a run within the bounds of disk and heap has no faults', () => {
  const measured = measurements({ diskBytes: diskBound(PLAN), heap: heap(10 * MIB, 11 * MIB) });
  expect(verdict(measured)).toEqual([]);
  expect(report(measured, 'markdown')).toContain(
    '| herald | 10.93 MiB | ≤ 10.93 MiB | 10.00 MiB | 11.00 MiB | 1.10 × | 5.00 MiB | 5.00 MiB | 1.00 × |',
  );
});

test('a short run does not judge the heap', () => {
  const measured = measurements({ diskBytes: 1, heap: heap(MIB, 10 * MIB).slice(0, -1) });
  expect(verdict(measured)).toEqual([]);
  expect(report(measured, 'text')).toContain('too short');
});

test('each exceeded bound is named', () => {
  expect(verdict(measurements({ diskBytes: diskBound(PLAN) + 1, heap: heap(10 * MIB, 10 * MIB) }))).toEqual([
    'herald: the disk took 10.93 MiB, more than 10.93 MiB',
  ]);
  expect(verdict(measurements({ diskBytes: 1, heap: heap(10 * MIB, 12 * MIB) }))).toEqual([
    'herald: the heap of its worker grew to 1.20 ×',
  ]);
  expect(verdict({ ...measurements({ diskBytes: 1, heap: heap(1, 1) }), differing: 2 })).toEqual([
    '2 keys do not hold what was acknowledged last',
  ]);
});

function measurements({ diskBytes, heap: samples }: { diskBytes: number; heap: readonly HeapSample[] }): Measurements {
  const disk = { bytes: diskBytes, byKind: new Map([['log', diskBytes]]) };
  return {
    machine: 'a machine',
    load: [0, 1],
    plan: PLAN,
    tookMs: 1_000,
    failures: 0,
    differing: 0,
    radiants: [{ what: 'herald', disk, heap: samples }],
  };
}

/**
 * Heap samples of the worker: `atFirst` around the first 100,000 puts, and `later` afterwards. One sample contains a
 * temporary peak.
 */
function heap(atFirst: number, later: number): readonly HeapSample[] {
  const page = 5 * MIB;
  return [
    { puts: 40_000, worker: atFirst / 2, page },
    { puts: 90_000, worker: atFirst, page },
    { puts: 110_000, worker: atFirst, page },
    { puts: 180_000, worker: later, page },
    { puts: 190_000, worker: 3 * later, page },
    { puts: 200_000, worker: later, page },
  ];
}
