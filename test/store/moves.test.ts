import fc from 'fast-check';
import { test } from 'vitest';
import { extent } from '../extent.ts';
import { TIMES } from '../../src/wire/times.ts';
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

test('in all random moves every slot has one owner, nothing is lost and every command takes effect once', () => {
  fc.assert(fc.property(steps(120), run), { numRuns: extent(30, 150) });
});

/**
 * Two shards move from one order to another, one after the other. In between, the session expires at the sending order,
 * which removes its outcomes. The receiving order still has the session, because it arrived with the first shard.
 */
const EXPIRED_BETWEEN: readonly FleetStep[] = [
  { kind: 'issue', client: 0, key: '{f}1', operation: 'put', ordersAstray: 0 },
  { kind: 'move', first: 1, last: 1, to: 1 },
  { kind: 'advance', which: 0, action: 'next' },
  { kind: 'advance', which: 0, action: 'next' },
  { kind: 'wait', order: 0, elapsedMs: TIMES.client.sessionExpiryMs },
  { kind: 'move', first: 0, last: 0, to: 1 },
  { kind: 'advance', which: 0, action: 'freeze' },
  { kind: 'advance', which: 0, action: 'next' },
  { kind: 'retry', which: 0 },
];

test('the same holds with expiring sessions, each order by its own log time', () => {
  // Leaves out steps that reopen a session. A reopened session counts as new, so a late command takes effect in it.
  const withoutOpens = stepsWithTime(120).map((list) => list.filter(({ kind }) => kind !== 'open'));
  fc.assert(fc.property(withoutOpens, run), { numRuns: extent(20, 50), examples: [[EXPIRED_BETWEEN]] });
});
