import fc from 'fast-check';
import { test } from 'vitest';
import { Fleet } from './fleet.ts';
import { type FleetStep, steps, stepsWithTime } from './fleet-steps.ts';

function run(list: readonly FleetStep[]): void {
  const fleet = new Fleet();
  for (const step of list) {
    fleet.take(step);
    fleet.check();
  }
  fleet.finish();
}

test('however shards move, every slot has one owner, nothing is lost and every command takes effect once', () => {
  fc.assert(fc.property(steps(120), run), { numRuns: 150 });
});

test('the same where sessions expire, each order by its own log time', () => {
  // Whoever opens a session again that expired is another client: then a late command takes effect in it.
  const withoutOpens = stepsWithTime(120).map((list) => list.filter(({ kind }) => kind !== 'open'));
  fc.assert(fc.property(withoutOpens, run), { numRuns: 50 });
});
