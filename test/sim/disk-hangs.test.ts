import { expect, test } from 'vitest';
import { extent } from '../extent.ts';
import { PROGRESS_MS } from '../../src/sim/drivers/disk-progress.ts';
import { runSeed } from '../../src/sim/runs/run-seed.ts';
import { runningRadiant, threeTabs } from './hung-disks.ts';

test('orders make progress while disks hang, and no promise breaks', { timeout: 120_000 }, () => {
  const seeds = extent(2, 6);
  let [hangs, longestMs] = [0, 0];
  for (let seed = 1; seed <= seeds; seed++) {
    const report = runSeed({ seed, faults: 'disk-hangs', faultsMs: 12_000 });
    expect(report.violation, `seed ${seed}`).toBeUndefined();
    hangs += report.covered['disk-hangs'] ?? 0;
    longestMs = Math.max(longestMs, report.longestWithoutProgressMs ?? 0);
  }
  expect(hangs).toBeGreaterThan(seeds);
  expect(longestMs).toBeGreaterThan(2_000);
  expect(longestMs).toBeLessThan(PROGRESS_MS);
});

test('a herald on a hung disk is ended by its own radiant, and comes back as a new boot when the disk recovers', () => {
  const world = threeTabs();
  const herald = world.hostOf(world.herald());
  const before = runningRadiant(herald);
  herald?.device.hang('all');
  world.runUntil(() => before.ended, 3_000);
  world.runUntil(() => world.herald() !== undefined && world.herald() !== before, 1_000);
  world.runFor(15_000);
  expect(herald?.isReady).toBe(false);
  herald?.device.recover();
  world.runUntil(() => herald?.isReady === true, 1_000);
  expect(runningRadiant(herald).radiant).toBe(before.radiant);
  expect(runningRadiant(herald).boot).not.toBe(before.boot);
});

test('one write that hangs ends its boot, and the next boot opens the database at once', () => {
  const world = threeTabs();
  const herald = world.hostOf(world.herald());
  const before = runningRadiant(herald);
  herald?.device.hang('write');
  world.runUntil(() => before.ended, 5_000);
  world.runUntil(() => herald?.isReady === true, 1_000);
  expect(runningRadiant(herald).boot).not.toBe(before.boot);
});
