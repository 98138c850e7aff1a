import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LogClock } from '../../src/store/log-clock.ts';

test('log time is the sum of the time of all leaders, regardless of their clocks', () => {
  const ann = new LogClock();
  const bob = new LogClock();
  ann.lead(1_000_000);
  expect(ann.read(1_000_300)).toBe(300);
  bob.observe(300);
  ann.follow();
  bob.lead(7);
  expect(bob.read(107)).toBe(400);
  ann.observe(400);
  ann.lead(2_000_000);
  expect(ann.read(2_000_001)).toBe(401);
});

test('fractions of milliseconds add up', () => {
  const clock = new LogClock();
  clock.lead(0);
  let nowMs = 0;
  let logTimeMs = 0;
  for (let count = 0; count < 1_000; count++) {
    nowMs += 0.5;
    logTimeMs = clock.read(nowMs);
  }
  expect(logTimeMs).toBe(500);
});

test('log time never decreases, regardless of observed times and clock jumps', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('observe' as const), ms: fc.nat(10_000) }),
    fc.record({ kind: fc.constant('read' as const), ms: fc.nat(10_000) }),
    fc.record({ kind: fc.constant('change' as const), ms: fc.nat(10_000) }),
  );
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const clock = new LogClock();
      clock.lead(0);
      let latestMs = 0;
      for (const { kind, ms } of steps) {
        if (kind === 'observe') {
          clock.observe(ms);
          latestMs = Math.max(latestMs, ms);
        }
        if (kind === 'change') {
          clock.follow();
          clock.lead(ms);
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
