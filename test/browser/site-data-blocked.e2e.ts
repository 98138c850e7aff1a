/** A browser that keeps no data for the site: by its settings, and on a plain http address. */
import { ConsoleTab } from './harness/console-tab.ts';
import { expect, test } from './harness/fixtures.ts';
import { StoreTab } from './harness/store-tab.ts';

test('with site data blocked a tab takes part without a copy, and founds nothing', async ({ world }) => {
  const server = await world.startServer();
  const first = await StoreTab.open(await world.startBrowser(), server, { radiants: 1 });
  await first.ready();
  const secret = await first.secret();

  const profile = await world.createProfile();
  await profile.blockSiteData();
  const browser = await world.startBrowser(profile);
  const guest = await StoreTab.open(browser, server, { secret });
  await guest.ready();
  await guest.put('from', 'a tab without a copy');
  expect(await first.get('from')).toBe('a tab without a copy');
  const view = await guest.view();
  expect(view.storage).toBe('memory');
  expect(view.problems.map(({ code }) => code)).toEqual(['STORAGE_UNAVAILABLE']);
  expect(view.radiants.flatMap(({ orders }) => orders.flatMap(({ replica }) => replica ?? []))).toEqual([]);

  const founder = await StoreTab.open(browser, server);
  await expect(founder.secret()).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
  const console = await ConsoleTab.open(browser, `${server.origin}/`);
  await console.waitForHeadline('No durable storage');
});
