import type { Page, Worker } from '@playwright/test';
import { STORAGE_CHECKS } from '../storage/suite.ts';
import { expect, test } from './harness/fixtures.ts';
import { clearSiteData } from './harness/page-faults.ts';
import { until } from './harness/until.ts';
import type { World } from './harness/world.ts';
import type {} from './pages/storage-worker.ts';

interface Bench {
  readonly page: Page;
  readonly worker: Worker;
}

async function openBenches(world: World, count: number): Promise<Bench[]> {
  const { origin } = await world.startServer({ serve: 'pages' });
  const browser = await world.startBrowser();
  const benches: Bench[] = [];
  while (benches.length < count) benches.push(await benchOf(await browser.openTab(`${origin}/storage.html`)));
  return benches;
}

async function openBench(world: World): Promise<Bench> {
  const [bench] = await openBenches(world, 1);
  if (bench === undefined) throw new Error('no tab');
  return bench;
}

async function benchOf(page: Page): Promise<Bench> {
  const worker = page.workers()[0] ?? (await page.waitForEvent('worker'));
  await until('the worker is ready', () => worker.evaluate(() => 'storageBench' in globalThis));
  return { page, worker };
}

test('IndexedDB meets the contract of storage, and makes its promises by strict transactions only', async ({
  world,
}) => {
  const { worker } = await openBench(world);
  for (const { name } of STORAGE_CHECKS) {
    await test.step(name, () => worker.evaluate((check) => globalThis.storageBench.runCheck(check), name));
  }
  await worker.evaluate(() => globalThis.storageBench.lastClusterOr('a room'));
  const seen = await worker.evaluate(() => globalThis.storageBench.transactionsSeen());
  const writing = seen.filter(({ mode }) => mode === 'readwrite');
  expect(writing.length).toBeGreaterThan(100);
  expect(new Set(writing.map(({ database }) => database.slice(0, 18)))).toEqual(
    new Set(['shardbearer-radian', 'shardbearer-device']),
  );
  expect(writing.filter(({ durability }) => durability !== 'strict')).toEqual([]);
});

test('site data cleared under a running boot is STORAGE_LOST', async ({ world }) => {
  const { page, worker } = await openBench(world);
  const radiant = await worker.evaluate(() => globalThis.storageBench.create());
  expect(await worker.evaluate(() => globalThis.storageBench.write(100))).toBe('done');
  await clearSiteData(page);
  const lost = await worker.evaluate(() => globalThis.storageBench.lost());
  const written = await worker.evaluate(() => globalThis.storageBench.write(100));
  console.log('cleared:', lost, written);
  expect(await worker.evaluate(() => globalThis.storageBench.reopen())).toBe('STORAGE_LOST');
  expect(await worker.evaluate(() => globalThis.storageBench.databaseNames())).toEqual([]);
  expect(radiant).toHaveLength(32);
});
