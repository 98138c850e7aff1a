import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { expect, test } from './harness/fixtures.ts';
import { blockMainThread, clearSiteData } from './harness/page-faults.ts';
import { PageNetwork } from './harness/network.ts';
import { sidewaysOverflow, takeScreenshots } from './harness/screenshots.ts';
import { until } from './harness/until.ts';

test('a browser killed with -9 restarts with its stored data, and with older data on an older copy of its profile', {
  tag: '@full',
}, async ({ world }) => {
  const { origin } = await world.server();
  const address = `${origin}/plain.html`;
  let browser = await world.startBrowser();
  await store(await browser.openTab(address), 'first');
  await browser.close();
  const older = await world.copyProfile(browser.profile);

  browser = await world.startBrowser(browser.profile);
  let page = await browser.openTab(address);
  expect(await stored(page)).toBe('first');
  await store(page, 'second');
  await browser.kill();
  browser = await world.reopenBrowser(browser);
  expect(await stored(await browser.openTab(address))).toBe('second');

  await browser.kill();
  await browser.profile.rollBackTo(older);
  browser = await world.reopenBrowser(browser);
  page = await browser.openTab(address);
  expect(await stored(page)).toBe('first');
  await clearSiteData(page);
  expect(await stored(page)).toBeUndefined();

  await store(page, 'third');
  await browser.kill();
  await browser.profile.wipe();
  browser = await world.reopenBrowser(browser);
  expect(await stored(await browser.openTab(address))).toBeUndefined();
});

test('three tabs of one device share storage, and two devices of one browser do not', async ({ world }) => {
  const { origin } = await world.server();
  const address = `${origin}/plain.html`;
  const [one, other] = await Promise.all([world.openDevice(), world.openDevice()]);
  const [first, second, third] = await Promise.all([address, address, address].map((tab) => one.openTab(tab)));
  if (first === undefined || second === undefined || third === undefined) throw new Error('three tabs');
  await store(first, 'shared');
  expect(await stored(second)).toBe('shared');
  await first.close();
  expect(await stored(third)).toBe('shared');
  expect(await stored(await other.openTab(address))).toBeUndefined();
});

test('a blocked main thread delays page timers, and works again after the block', async ({ world }) => {
  const { origin } = await world.server();
  const browser = await world.openDevice();
  const page = await browser.openTab(`${origin}/plain.html`);
  await page.evaluate(() => {
    const gaps = { largestMs: 0, last: performance.now() };
    Reflect.set(globalThis, 'gaps', gaps);
    setInterval(() => {
      gaps.largestMs = Math.max(gaps.largestMs, performance.now() - gaps.last);
      gaps.last = performance.now();
    }, 20);
  });
  const unblock = await blockMainThread(page, { busyMs: 600, idleMs: 300 });
  const largestGapMs = await until('a gap in the timers', async () => {
    const gap = await page.evaluate(() => Number(Reflect.get(Object(Reflect.get(globalThis, 'gaps')), 'largestMs')));
    return gap >= 590 && gap;
  });
  expect(largestGapMs).toBeLessThan(5_000);
  await unblock();
  expect(await page.title()).toBe('A plain page');
});

test('a page with a cut network reaches no server until the network is restored', async ({ world }) => {
  const { origin } = await world.server();
  const browser = await world.openDevice();
  const page = await browser.openTab('about:blank');
  const network = await PageNetwork.control(page);
  await page.goto(`${origin}/plain.html`);
  const reaches = (): Promise<boolean> =>
    page.evaluate(async () => {
      const response = await fetch('/healthz').catch(() => undefined);
      return response?.ok === true;
    });
  expect(await reaches()).toBe(true);
  await network.cut();
  expect(await reaches()).toBe(false);
  await network.mend();
  expect(await reaches()).toBe(true);
});

test('screenshots show a page on a phone, a laptop and a wide screen, light and dark', async ({ world }, testInfo) => {
  const { origin } = await world.server();
  const browser = await world.openDevice();
  const page = await browser.openTab(`${origin}/console-gallery.html#formed`);
  const paths = await takeScreenshots(page, testInfo.outputDir, 'console');
  expect(paths).toHaveLength(6);
  // The width of a PNG image is stored from byte 16 on.
  const widths = paths.map((path) => readFileSync(path).readUInt32BE(16));
  expect(widths).toEqual([360, 360, 1_280, 1_280, 1_920, 1_920]);
  expect(await sidewaysOverflow(page)).toBe(0);
});

test('the server of the pages tells the signaling address, and survives the kill of the signaling server', async ({
  world,
}) => {
  const { pages, signaling } = await world.startServersApart();
  const settings: unknown = await (await fetch(`${pages.origin}/settings.json`)).json();
  expect(settings).toEqual({ signalingUrl: signaling.signalingUrl });
  await signaling.kill();
  await expect(fetch(`${signaling.origin}/healthz`)).rejects.toThrow('fetch failed');
  expect((await fetch(`${pages.origin}/healthz`)).ok).toBe(true);
  expect(await pages.end()).toBe(0);
});

test('a server names the program that occupies its port', async ({ world }) => {
  const { port } = await world.startServer();
  await expect(world.startServer({ port })).rejects.toThrow(/Shardbearer already runs here/u);
});

async function store(page: Page, value: string): Promise<void> {
  await page.evaluate(async (text) => {
    await new Promise<void>((resolve, reject) => {
      const opening = indexedDB.open('harness', 1);
      opening.addEventListener('upgradeneeded', () => opening.result.createObjectStore('values'));
      opening.addEventListener('error', () => reject(new Error('not opened')));
      opening.addEventListener('success', () => {
        const transaction = opening.result.transaction('values', 'readwrite', { durability: 'strict' });
        transaction.objectStore('values').put(text, 'value');
        transaction.addEventListener('complete', () => {
          opening.result.close();
          resolve();
        });
        transaction.addEventListener('abort', () => reject(new Error('not stored')));
      });
    });
  }, value);
}

async function stored(page: Page): Promise<unknown> {
  return await page.evaluate(
    async () =>
      await new Promise<unknown>((resolve, reject) => {
        const opening = indexedDB.open('harness', 1);
        opening.addEventListener('upgradeneeded', () => opening.result.createObjectStore('values'));
        opening.addEventListener('error', () => reject(new Error('not opened')));
        opening.addEventListener('success', () => {
          const reading = opening.result.transaction('values').objectStore('values').get('value');
          reading.addEventListener('success', () => {
            opening.result.close();
            resolve(reading.result);
          });
        });
      }),
  );
}
