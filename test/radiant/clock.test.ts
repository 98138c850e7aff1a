import { expect, test } from 'vitest';
import { Clock } from '../../src/radiant/clock.ts';
import { INTERVALS } from '../../src/wire/limits.ts';
import { TIMES } from '../../src/wire/times.ts';

test('the clock reports a late tick before any other event, and until the tick comes', () => {
  let nowMs = 0;
  const clock = new Clock({
    nowMs: () => nowMs,
    random: () => 0,
    randomBytes: (length) => new Uint8Array(length),
    times: TIMES,
  });
  const isLateAt = (atMs: number): boolean => {
    nowMs = atMs;
    clock.advance();
    return clock.isTickLate();
  };
  expect(isLateAt(2 * INTERVALS.tickMs - 1)).toBe(false);
  expect(isLateAt(2 * INTERVALS.tickMs)).toBe(true);
  expect(isLateAt(5 * INTERVALS.tickMs)).toBe(true);
  expect(clock.takesTick(true)).toBe(true);
  expect(isLateAt(6 * INTERVALS.tickMs)).toBe(false);
});
