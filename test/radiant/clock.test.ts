import { expect, test } from 'vitest';
import { Clock } from '../../src/radiant/clock.ts';

import { TIMES } from '../../src/wire/times.ts';

const { tickMs } = TIMES.raft;

function start() {
  let nowMs = 0;
  const clock = new Clock({
    nowMs: () => nowMs,
    random: () => 0,
    randomBytes: (length) => new Uint8Array(length),
    times: TIMES,
  });
  return (atMs: number, isFromTimer = false) => {
    nowMs = atMs;
    return clock.advance(isFromTimer);
  };
}

test('the clock reports a late tick with the first event after it was due', () => {
  const advanceTo = start();
  expect(advanceTo(2 * tickMs - 1).isTickLate).toBe(false);
  const lastTickMs = 2 * tickMs - 1;
  expect(advanceTo(lastTickMs + 2 * tickMs)).toEqual({ isGap: false, isTickLate: true, isTick: true });
  expect(advanceTo(lastTickMs + 2 * tickMs + 1)).toEqual({ isGap: false, isTickLate: false, isTick: false });
});

test('any event ticks once a whole tick has passed, and a timer after half of one', () => {
  const advanceTo = start();
  expect(advanceTo(tickMs - 1).isTick).toBe(false);
  expect(advanceTo(tickMs).isTick).toBe(true);
  expect(advanceTo(tickMs + tickMs / 2 - 1, true).isTick).toBe(false);
  expect(advanceTo(tickMs + tickMs / 2, true).isTick).toBe(true);
});

test('a gap between two events is reported once', () => {
  const advanceTo = start();
  const { clockGapMs } = TIMES.raft;
  expect(advanceTo(clockGapMs - 1).isGap).toBe(false);
  expect(advanceTo(2 * clockGapMs).isGap).toBe(true);
  expect(advanceTo(2 * clockGapMs + 1).isGap).toBe(false);
});
