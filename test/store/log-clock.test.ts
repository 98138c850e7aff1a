import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TIMES } from '../../src/wire/times.ts';
import { LogClock } from '../../src/store/log-clock.ts';

test('log time is the sum of the time of all leaders, regardless of their clocks', () => {
  const ann = new LogClock();
  const bob = new LogClock();
  ann.lead(1, 1_000_000);
  expect(ann.read(1_000_300)).toBe(300);
  bob.observe(300);
  ann.follow();
  bob.lead(2, 7);
  expect(bob.read(107)).toBe(400);
  ann.observe(400);
  ann.lead(3, 2_000_000);
  expect(ann.read(2_000_001)).toBe(401);
});

test('fractions of milliseconds add up', () => {
  const clock = new LogClock();
  clock.lead(1, 0);
  let nowMs = 0;
  let logTimeMs = 0;
  for (let count = 0; count < 1_000; count++) {
    nowMs += 0.5;
    logTimeMs = clock.read(nowMs);
  }
  expect(logTimeMs).toBe(500);
});

test('log time never decreases within a term, regardless of observed times and clock jumps', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('observe' as const), ms: fc.nat(10_000) }),
    fc.record({ kind: fc.constant('read' as const), ms: fc.nat(10_000) }),
    fc.record({ kind: fc.constant('change' as const), ms: fc.nat(10_000) }),
  );
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const clock = new LogClock();
      clock.lead(0, 0);
      let [term, appliedMs, latestMs] = [0, 0, 0];
      for (const { kind, ms } of steps) {
        if (kind === 'observe') {
          clock.observe(ms);
          appliedMs = Math.max(appliedMs, ms);
          latestMs = Math.max(latestMs, ms);
        }
        if (kind === 'change') {
          clock.follow();
          term += 1;
          clock.lead(term, ms);
          latestMs = appliedMs;
        }
        const readMs = kind === 'read' ? clock.read(ms) : latestMs;
        expect(readMs).toBeGreaterThanOrEqual(latestMs);
        latestMs = readMs;
      }
    }),
  );
});

test('only a leader reads the time', () => {
  const clock = new LogClock();
  expect(() => clock.read(1)).toThrow(expect.objectContaining({ code: 'INVARIANT_BROKEN' }));
});

test('a leader that is elected again drops the time that it counted while another replica led', () => {
  const clock = new LogClock();
  clock.lead(1, 0);
  for (let nowMs = 0; nowMs <= 2_000; nowMs += 100) clock.read(nowMs);
  // Another replica led meanwhile. Its entries reached the log time 900.
  clock.observe(900);
  clock.lead(3, 2_000);
  expect(clock.read(2_050)).toBe(950);
});

test('a jump of the clock does not count, and time before and after the jump does', () => {
  const clock = new LogClock();
  clock.lead(1, 0);
  expect(clock.read(100)).toBe(100);
  expect(clock.estimate(100 + TIMES.raft.logClockGapMs)).toBe(100);
  expect(clock.read(100_000)).toBe(100);
  expect(clock.estimate(100_030)).toBe(130);
  expect(clock.read(100_050)).toBe(150);
});
