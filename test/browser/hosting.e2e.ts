/** The pages work behind a proxy with a path prefix, and on a static host. */
import { join } from 'node:path';
import { BUILDS } from '../../scripts/build.mjs';
import { ConsoleTab } from './harness/console-tab.ts';
import { expect, test } from './harness/fixtures.ts';
import { until } from './harness/until.ts';
import { startProxy, startStaticHosting } from './harness/web-servers.ts';

for (const keepsPrefix of [false, true]) {
  const does = keepsPrefix ? 'keeps the path' : 'strips the path';
  test(`tabs find each other behind a proxy that ${does}`, async ({ world }) => {
    const { origin } = await world.startServer({ variables: keepsPrefix ? { BASE_PATH: '/kv' } : {} });
    const proxy = await startProxy(origin, { prefix: '/kv', keepsPrefix });
    try {
      const browser = await world.openDevice();
      const first = await ConsoleTab.open(browser, `${proxy.origin}/kv/?radiants=2`);
      await first.waitForHeadline('1 of 2: open one more');
      const second = new ConsoleTab(await browser.openTabApart(first.page.url()));
      await second.ready();
      await second.put('greeting', 'hello');
      expect(await first.get('greeting')).toBe('hello');
      expect(new URL(first.page.url()).pathname).toBe('/kv/');
      expect(proxy.missed).toEqual([]);
    } finally {
      await proxy.close();
    }
  });
}

test('on static hosting a lone tab works and asks for ?signaling=, and connects with that parameter', async ({
  world,
}) => {
  const hosting = await startStaticHosting(join(BUILDS.current, 'app'));
  try {
    const browser = await world.openDevice();
    const alone = await ConsoleTab.open(browser, `${hosting.origin}/?radiants=1`);
    await alone.ready();
    await alone.put('greeting', 'hello');
    await alone.waitForHeadline('Looking for the signaling server');
    await expect(alone.page.locator('.banner')).toContainText('?signaling=wss://…');
    await expect(alone.page.locator('.banner button')).toHaveText(['Reload the page']);
    expect(hosting.missed).toContain('/settings.json');

    await alone.page.close();
    const asked = hosting.missed.length;
    const { signalingUrl } = await world.startServer({ serve: 'signaling' });
    const named = new ConsoleTab(
      await browser.openTabApart(`${hosting.origin}/?radiants=1&signaling=${encodeURIComponent(signalingUrl)}`),
    );
    await named.waitForHeadline('In order, with one copy only');
    await until('the tab reaches the signaling server', async () => (await named.view()).signaling === 'connected');
    expect(hosting.missed.slice(asked)).toEqual([]);
  } finally {
    await hosting.close();
  }
});

test('a tab whose request for the settings fails opens a store and finds the signaling server later', async ({
  world,
}) => {
  const { pages, signaling } = await world.startServersApart();
  const browser = await world.openDevice();
  // The page reloads once it reads the settings, so the put must have ended before.
  let areServed = false;
  await browser.context.route('**/settings.json', (route) => (areServed ? route.continue() : route.abort()));
  const tab = await ConsoleTab.open(browser, `${pages.origin}/?radiants=1`);
  await tab.ready();
  await tab.put('greeting', 'hello');
  areServed = true;
  await until('the tab reaches the signaling server', async () => (await tab.view()).signaling === 'connected');
  expect(signaling.signalingUrl).not.toContain(new URL(pages.origin).port);
  await tab.ready();
  expect(await tab.get('greeting')).toBe('hello');
});
