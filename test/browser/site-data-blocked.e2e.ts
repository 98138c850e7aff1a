/** Browsers that deny a page its storage, a secure context, or changes of its address. */
import { ConsoleTab } from './harness/console-tab.ts';
import { expect, test } from './harness/fixtures.ts';
import { StoreTab } from './harness/store-tab.ts';

test('a tab with blocked site data takes part without a replica, and cannot found a cluster', async ({ world }) => {
  const server = await world.server();
  const first = await StoreTab.open(await world.openDevice(), server, { radiants: 1 });
  await first.ready();
  const secret = await first.secret();

  const profile = await world.createProfile();
  await profile.blockSiteData();
  const browser = await world.startBrowser(profile);
  const guest = await StoreTab.open(browser, server, { secret });
  await guest.ready();
  await guest.put('from', 'a tab without a copy');
  expect(await first.get('from')).toBe('a tab without a copy');
  const codes = async () => (await guest.view()).problems.map(({ code }) => code);
  await expect.poll(codes).toEqual(['STORAGE_UNAVAILABLE']);
  const view = await guest.view();
  expect(view.storage).toBe('memory');
  expect(view.radiants.flatMap(({ orders }) => orders.flatMap(({ replica }) => replica ?? []))).toEqual([]);

  const founder = await StoreTab.open(browser, server);
  await expect(founder.secret()).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
  const console = await ConsoleTab.open(browser, `${server.origin}/`);
  await console.waitForHeadline('No durable storage');
});

test('on a plain http address the console asks for HTTPS or localhost', async ({ world }) => {
  const { origin } = await world.server();
  const browser = await world.openDevice();
  await browser.context.route('http://192.168.1.7:8080/**', async (route) => {
    const { pathname } = new URL(route.request().url());
    await route.fulfill({ response: await route.fetch({ url: `${origin}${pathname}` }) });
  });
  const tab = await ConsoleTab.open(browser, 'http://192.168.1.7:8080/');
  expect(await tab.page.evaluate(() => 'locks' in navigator || 'subtle' in crypto)).toBe(false);
  await tab.waitForHeadline('This page needs HTTPS or localhost');
  // A request of the page may still be under way when the test ends the server.
  await browser.context.unrouteAll({ behavior: 'ignoreErrors' });
});

test('the store opens in a browser that refuses to change the address', async ({ world }) => {
  const { origin } = await world.server();
  const browser = await world.openDevice();
  await browser.context.addInitScript(() => {
    History.prototype.replaceState = () => {
      throw new DOMException('planted', 'SecurityError');
    };
  });
  const tab = await ConsoleTab.open(browser, `${origin}/?radiants=1`);
  await tab.ready();
  expect(await tab.headline()).not.toContain('browser refused');
});
