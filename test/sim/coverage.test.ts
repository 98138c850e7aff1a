import { expect, test } from 'vitest';
import { COVERED_KINDS, Coverage, sumOfCoverage, TRANSITION_KINDS, uncovered } from '../../src/sim/coverage.ts';
import { overdue } from '../../src/sim/coverage-thresholds.ts';

test('a kind that never happened in any run is reported, and a kind that happened once is not', () => {
  const [one, other] = [new Coverage(), new Coverage()];
  for (const kind of COVERED_KINDS) if (kind !== 'torn' && kind !== 'election') one.add(kind);
  other.add('election', 3);
  const together = sumOfCoverage([one.report(), other.report()]);
  expect(uncovered(together)).toEqual(['torn']);
  expect(together['election']).toBe(3);
});

/** The transitions that a run with this many seeds need not cover. */
function excused(seeds: number): readonly string[] {
  const due = new Set(overdue(COVERED_KINDS, seeds));
  return TRANSITION_KINDS.filter((kind) => !due.has(kind));
}

test('a transition of a lifecycle that never happened in 40 seeds fails them, a rare one 300', () => {
  expect(excused(39)).toEqual(TRANSITION_KINDS);
  expect(excused(40)).toEqual(['radiant: locked → error', 'order: bootstrap → error', 'order: locked → error']);
  expect(excused(299)).toEqual(excused(40));
  expect(excused(300)).toEqual([]);
});

test('any other counter that stays 0 over a thousand seeds fails them', () => {
  expect(overdue(['torn', 'move'], 999)).toEqual([]);
  expect(overdue(['torn', 'move'], 1_000)).toEqual(['torn', 'move']);
});
