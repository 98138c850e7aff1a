import { expect, test } from 'vitest';
import { Random } from '../../src/sim/random.ts';
import { Timeline } from '../../src/sim/timeline.ts';

test('actions run by time, and at equal times in the order of planning', () => {
  const timeline = new Timeline();
  const random = new Random(3);
  const planned = Array.from({ length: 500 }, (_, number) => ({ number, timeMs: random.integer(50) }));
  const happened: typeof planned = [];
  for (const item of planned) timeline.after(item.timeMs, () => happened.push(item));
  timeline.runUntil(1_000);
  expect(happened).toEqual(planned.toSorted((a, b) => a.timeMs - b.timeMs || a.number - b.number));
  expect(timeline.nowMs).toBe(1_000);
});

test('a cancelled action does not run, and time stops before actions beyond the limit', () => {
  const timeline = new Timeline();
  const happened: string[] = [];
  const cancelled = timeline.after(1, () => happened.push('cancelled'));
  timeline.after(2, () => timeline.after(3, () => happened.push('planned later')));
  timeline.after(9, () => happened.push('behind'));
  cancelled.cancel();
  timeline.runUntil(8);
  expect(happened).toEqual(['planned later']);
  timeline.runUntil(9);
  expect(happened).toEqual(['planned later', 'behind']);
});
