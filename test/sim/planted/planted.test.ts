import { expect, test } from 'vitest';
import { runSeed } from '../../../src/sim/runs/run-seed.ts';
import { firstViolation } from './finding.ts';
import { plant } from './planted-bug.ts';
import { PLANTED_BUGS } from './planted-bugs.ts';
import { PATIENCE_MS, testPlantedBugs } from './test-planted-bugs.ts';

testPlantedBugs('', PLANTED_BUGS);

test('the primary copy, unsafe by design, is caught violating linearizability', { timeout: PATIENCE_MS }, () => {
  // The primary copy also breaks other promises, some of them in an earlier seed.
  const found = firstViolation(runSeed, { algorithm: { name: 'naive', unsafe: true } }, 'linearizability');
  expect(found).toBeDefined();
});

test('a bug is planted in exactly one place', () => {
  const replacement = { file: 'some.ts', find: 'a', replace: 'b' };
  expect(plant('xay', replacement)).toBe('xby');
  expect(() => plant('xyz', replacement)).toThrow('has 0 places');
  expect(() => plant('aa', replacement)).toThrow('has 2 places');
});
