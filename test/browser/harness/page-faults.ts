/** Faults of a running page. */
import type { Page } from '@playwright/test';

/**
 * Blocks the page's main thread for `busyMs`, lets it run for `idleMs`, and repeats both. The returned function ends
 * the blocking.
 */
export async function blockMainThread(
  page: Page,
  { busyMs = 2_000, idleMs = 1_000 } = {},
): Promise<() => Promise<void>> {
  await page.evaluate(
    ([busy, idle]) => {
      const blocker = { stopped: false, rounds: 0 };
      globalThis.mainThreadBlocker = blocker;
      const block = (): void => {
        if (blocker.stopped) return;
        const endMs = performance.now() + busy;
        while (performance.now() < endMs);
        blocker.rounds += 1;
        setTimeout(block, idle);
      };
      setTimeout(block, 0);
    },
    [busyMs, idleMs] as const,
  );
  return async () => {
    await page.evaluate(() => {
      if (globalThis.mainThreadBlocker !== undefined) globalThis.mainThreadBlocker.stopped = true;
    });
  };
}

/** Number of times that the main thread was blocked so far. Waits while the thread is blocked. */
export async function blockedRounds(page: Page): Promise<number> {
  return await page.evaluate(() => globalThis.mainThreadBlocker?.rounds ?? 0);
}

declare global {
  var mainThreadBlocker: { stopped: boolean; rounds: number } | undefined;
}

/** Clears the site data of a running page, as the browser's settings do: databases, caches, worker registrations. */
export async function clearSiteData(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('Storage.clearDataForOrigin', { origin: new URL(page.url()).origin, storageTypes: 'all' });
  await session.detach();
}

/**
 * Deletes one database, as another tab of the origin can. Resolves to whether open connections blocked the deletion.
 */
export async function deleteDatabase(page: Page, name: string): Promise<'deleted' | 'blocked'> {
  return await page.evaluate(
    async (databaseName) =>
      await new Promise<'deleted' | 'blocked'>((resolve, reject) => {
        const request = indexedDB.deleteDatabase(databaseName);
        request.addEventListener('success', () => resolve('deleted'));
        request.addEventListener('blocked', () => resolve('blocked'));
        request.addEventListener('error', () => reject(new Error(`${databaseName} cannot be deleted`)));
      }),
    name,
  );
}
