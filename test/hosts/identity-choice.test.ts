import { expect, test } from 'vitest';
import type { KnownIdentity } from '../../src/hosts/device-registry.ts';
import { AdoptionWatch } from '../../src/hosts/identity-choice.ts';
import { restartDelayMs } from '../../src/hosts/radiant-runner.ts';
import { parseId, type RadiantId } from '../../src/wire/identifiers.ts';
import { INTERVALS, LIMITS } from '../../src/wire/limits.ts';

const identity = (digit: string, change: Partial<KnownIdentity> = {}): KnownIdentity => ({
  radiant: parseId<RadiantId>(digit.repeat(32)),
  room: 'room',
  voter: true,
  retired: false,
  ...change,
});
const later = INTERVALS.adoptionDelayMs;

test('a voter that stays free for the adoption delay is adopted; a reload is no leave', () => {
  const watch = new AdoptionWatch();
  const known = [identity('a')];
  const free = () => false;
  expect(watch.observe(0, known, free, 1)).toEqual([]);
  expect(watch.observe(later - 1, known, free, 1)).toEqual([]);
  expect(watch.observe(later - 1, known, () => true, 1)).toEqual([]);
  expect(watch.observe(later + 1, known, free, 1)).toEqual([]);
  expect(watch.observe(2 * later + 1, known, free, 1)).toEqual([identity('a').radiant]);
});

test('only voters are adopted, and none that was retired', () => {
  const watch = new AdoptionWatch();
  const known = [identity('a', { voter: false }), identity('b', { retired: true })];
  watch.observe(0, known, () => false, 1);
  expect(watch.observe(later, known, () => false, 1)).toEqual([]);
});

test('one worker runs only so many radiants', () => {
  const watch = new AdoptionWatch();
  const known = ['a', 'b', 'c'].map((digit) => identity(digit));
  watch.observe(0, known, () => false, 1);
  expect(watch.observe(later, known, () => false, LIMITS.radiantsInOneWorker - 1)).toHaveLength(1);
  expect(watch.observe(later, known, () => false, LIMITS.radiantsInOneWorker)).toEqual([]);
});

test('failures in a row are answered by longer and longer pauses, up to a limit', () => {
  const delays = [0, 1, 2, 3, 4, 5, 6, 100].map((failures) => restartDelayMs(failures));
  expect(delays).toEqual(delays.toSorted((one, other) => one - other));
  expect(delays[0]).toBe(INTERVALS.restartDelayMs);
  expect(delays.at(-1)).toBe(INTERVALS.restartDelayLongestMs);
});
