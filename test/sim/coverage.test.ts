import { expect, test } from 'vitest';
import { COVERED_KINDS, Coverage, sumOfCoverage, uncovered } from '../../src/sim/coverage.ts';

test('what never happened in any run is told, and what happened in one is not', () => {
  const [one, other] = [new Coverage(), new Coverage()];
  for (const kind of COVERED_KINDS) if (kind !== 'torn' && kind !== 'election') one.add(kind);
  other.add('election', 3);
  const together = sumOfCoverage([one.report(), other.report()]);
  expect(uncovered(together)).toEqual(['torn']);
  expect(together['election']).toBe(3);
});
