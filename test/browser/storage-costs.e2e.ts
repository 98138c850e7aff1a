/** Measures the time and the disk space of writes. No other test may run at the same time. */
import { DiskWatch } from './harness/disk-use.ts';
import { expect, test } from './harness/fixtures.ts';
import { openStorageTab, storageTabOf } from './harness/storage-tab.ts';

test('the median write takes less than four times a bare strict put, and a log of 30 MB loads', async ({ world }) => {
  const { bench } = await openStorageTab(world);
  const { write, barePut } = await bench.evaluate((storage) => storage.measureWrites(300));
  console.log(`one write: ${spread(write)}; one bare strict put: ${spread(barePut)}`);
  const { loadMs } = await bench.evaluate((storage) => storage.measureLoading(3_000, 10_000));
  console.log(`30 MB in 3,000 records loaded in ${loadMs.toFixed(0)} ms`);
  expect(at(write, 0.5)).toBeLessThan(4 * at(barePut, 0.5));
});

test('deleted records do not accumulate on disk', async ({ world }) => {
  const { origin } = await world.server();
  const browser = await world.startBrowser();
  const { bench } = await storageTabOf(await browser.openTab(`${origin}/storage.html`));
  await bench.evaluate((storage) => storage.create());
  const disk = new DiskWatch(browser.profile, 50);
  try {
    // The records are large. A write of a small record also reads, and reading makes the browser compact its files.
    await bench.evaluate((storage) => storage.writeAndDelete(700, 60_000));
  } finally {
    disk.stop();
  }
  console.log(`40 MiB written and deleted by the MiB took ${(disk.largest.bytes / 2 ** 20).toFixed(1)} MiB at most`);
  expect(disk.largest.bytes).toBeLessThan(10 * 2 ** 20);
  await expect.poll(() => bench.evaluate((storage) => storage.databaseNames())).toHaveLength(1);
});

function spread(latenciesMs: readonly number[]): string {
  return `${at(latenciesMs, 0.5).toFixed(2)} ms (p90 ${at(latenciesMs, 0.9).toFixed(2)})`;
}

function at(latenciesMs: readonly number[], quantile: number): number {
  return latenciesMs.toSorted((left, right) => left - right)[Math.floor(quantile * latenciesMs.length)] ?? Number.NaN;
}
