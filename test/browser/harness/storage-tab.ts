/** A tab with the page of the storage bench. The bench runs in the page's worker. */
import type { JSHandle, Page } from '@playwright/test';
import type { StorageBench } from '../pages/storage-bench.ts';
import { until } from './until.ts';
import type { World } from './world.ts';

export interface StorageTab {
  readonly page: Page;
  /** Handle of the bench in the page's worker. */
  readonly bench: JSHandle<StorageBench>;
}

export async function openStorageTabs(world: World, count: number): Promise<StorageTab[]> {
  const { device, origin } = await world.openDeviceOnDisk();
  const tabs: StorageTab[] = [];
  while (tabs.length < count) tabs.push(await storageTabOf(await device.openTab(`${origin}/storage.html`)));
  return tabs;
}

export async function openStorageTab(world: World): Promise<StorageTab> {
  const [tab] = await openStorageTabs(world, 1);
  if (tab === undefined) throw new Error('no tab was opened');
  return tab;
}

export async function storageTabOf(page: Page): Promise<StorageTab> {
  const worker = page.workers()[0] ?? (await page.waitForEvent('worker'));
  await until('the worker is ready', () => worker.evaluate(() => 'storageBench' in globalThis));
  // oxlint-disable-next-line typescript/no-unsafe-return -- the worker decides the type
  const bench = await worker.evaluateHandle((): StorageBench => Reflect.get(globalThis, 'storageBench'));
  return { page, bench };
}
