import { expect, test } from 'vitest';
import { extent } from '../extent.ts';
import { type Counts, LARGEST_GROUP, Schedule } from './schedule.ts';

const SEEDS = extent(20, 100);

test('random schedules of losses, crashes, slow disks, snapshots and membership changes break no promise', () => {
  const total: Counts = { decided: 0, flushesKnown: 0, installs: 0, cuts: 0, transfers: 0, changes: 0, resumed: 0 };
  const voterCounts = new Set<number>();
  for (let seed = 1; seed <= SEEDS; seed++) {
    const schedule = new Schedule(seed);
    try {
      schedule.run();
      schedule.recover();
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
    const counts = schedule.counts();
    total.decided += counts.decided;
    total.flushesKnown += counts.flushesKnown;
    total.installs += counts.installs;
    total.cuts += counts.cuts;
    total.transfers += counts.transfers;
    total.changes += counts.changes;
    total.resumed += counts.resumed;
    for (const count of schedule.voterCounts) voterCounts.add(count);
  }
  expect(total.decided).toBeGreaterThan(SEEDS * 20);
  const rare = Object.entries(total).filter(([, count]) => count <= SEEDS / 20);
  expect(rare).toEqual([]);
  // The schedules also cover even numbers of voters, which no configuration requests.
  const possible = Array.from({ length: LARGEST_GROUP }, (_, at) => at + 1);
  expect(possible.filter((count) => !voterCounts.has(count))).toEqual([]);
}, 60_000);
