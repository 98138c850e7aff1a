import { expect, test } from 'vitest';
import { COVERED_KINDS, Coverage, sumOfCoverage, TRANSITION_KINDS, uncovered } from '../../src/sim/coverage.ts';
import { overdue } from '../../src/sim/coverage-thresholds.ts';

test('what never happened in any run is told, and what happened in one is not', () => {
  const [one, other] = [new Coverage(), new Coverage()];
  for (const kind of COVERED_KINDS) if (kind !== 'torn' && kind !== 'election') one.add(kind);
  other.add('election', 3);
  const together = sumOfCoverage([one.report(), other.report()]);
  expect(uncovered(together)).toEqual(['torn']);
  expect(together['election']).toBe(3);
});

/** Of a run of so many seeds in which no transition ever happened: those that do not fail it. */
function excused(seeds: number, governed?: boolean): readonly string[] {
  const due = new Set(overdue(COVERED_KINDS, seeds, governed));
  return TRANSITION_KINDS.filter((kind) => !due.has(kind));
}

test('a transition of a lifecycle that never happened in 40 seeds fails them, a rare one 300', () => {
  expect(excused(39)).toEqual(TRANSITION_KINDS);
  expect(excused(40)).toEqual(['radiant: locked → error', 'order: bootstrap → error', 'order: locked → error']);
  expect(excused(40, true)).toEqual(excused(40));
  expect(excused(299)).toEqual(excused(40));
  expect(excused(300)).toEqual([]);
  expect(excused(300, true)).toEqual(['order: bootstrap → error']);
  expect(excused(1_000, true)).toEqual([]);
});

test('what only a bondsmith brings about is not missed where there is none', () => {
  expect(excused(1_000, false)).toEqual([
    'radiant: associated → locked',
    'radiant: locked → associated',
    'radiant: locked → error',
    'order: locked → error',
    'order: active → locked',
  ]);
});

test('of all else that never happened, a thousand seeds of all worlds say that it should have', () => {
  expect(overdue(['torn', 'move'], 999, undefined)).toEqual([]);
  expect(overdue(['torn', 'move'], 1_000, undefined)).toEqual(['torn', 'move']);
  expect(overdue(['torn', 'move'], 1_000, true)).toEqual([]);
});
