import { type ConsoleTab as Tab, ConsoleTab, openThree } from './harness/console-tab.ts';
import type { Device } from './harness/chromium-process.ts';
import { expect, test } from './harness/fixtures.ts';
import { clearSiteData } from './harness/page-faults.ts';
import { until } from './harness/until.ts';

test('the console counts the missing tabs, opens them, and then puts, gets, appends and deletes', async ({ world }) => {
  const { origin } = await world.server();
  const browser = await world.openDevice();
  const first = await ConsoleTab.open(browser, `${origin}/?radiants=3`);
  await first.waitForHeadline('1 of 3: open two more');
  expect(await first.press('Put', 'greeting', 'too early')).toContain('NOT_FORMED');

  const second = await openByButton(browser, first);
  await first.waitForHeadline('2 of 3: open one more');
  const third = await openByButton(browser, first);
  for (const tab of [first, second, third]) await tab.waitForHeadline('In order');

  expect(await first.press('Put', 'greeting', 'hello')).toContain('Stored on a majority of the order');
  expect(await second.press('Get', 'greeting')).toContain('hello');
  expect(await third.press('Append', 'greeting', ', world')).toContain('Added at the end');
  expect(await first.press('Get', 'greeting')).toContain('hello, world');
  expect(await second.press('Delete', 'greeting')).toContain('Deleted');
  expect(await third.press('Delete', 'greeting')).toContain('No value was stored');
  expect(await first.press('Get', 'greeting')).toContain('No value is stored');
  expect(await first.press('Put', '', 'value')).toContain('INVALID_ARGUMENT');

  const picture = first.page.getByRole('img', { name: /^The order:/u });
  await expect(picture).toHaveAttribute('aria-label', /herald/u);
  await expect(first.page.locator('[data-fact="copies"]')).toHaveText('3 on 1 device');
  const commitIndex = async () => Number(await first.page.locator('[data-fact="commit-index"]').innerText());
  await expect.poll(commitIndex).toBeGreaterThan(3);
});

test('the button Copy copies the invite link, or selects it if the browser has no clipboard', async ({ world }) => {
  const { origin } = await world.server();
  const browser = await world.openDevice();
  const { page } = await ConsoleTab.open(browser, `${origin}/?radiants=3`);
  const field = page.getByLabel('Invite link');
  const link = await until('the invite link is there', () => field.inputValue());
  expect(new URL(link).hash.length).toBeGreaterThan(40);
  expect(page.url()).toBe(link);

  await browser.context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin });
  await page.getByRole('button', { name: 'Copy', exact: true }).click();
  await page.getByText('Copied.').waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(link);

  await page.evaluate(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
  await page.getByRole('button', { name: 'Copy', exact: true }).click();
  await page.getByText('The link is selected').waitFor();
  expect(await page.evaluate(() => getSelection()?.toString())).toBe(link);
});

test('without a quorum a put fails fast and names the missing radiants, and it works again once they return', async ({
  world,
}) => {
  const { origin } = await world.server();
  const browser = await world.openDevice();
  const address = `${origin}/?radiants=3&adoption=off`;
  const [first, second, third] = await openThree(browser, address);
  for (const tab of [first, second, third]) await tab.waitForHeadline('In order');
  const missing = await Promise.all([second, third].map(async (tab) => (await tab.radiant()).slice(0, 6)));
  await first.put('kept', 'value');

  await second.page.close();
  await first.waitForHeadline('In order, with less to spare');
  await third.page.close();
  await first.waitForHeadline('No quorum: 1 of 3 can be reached');
  const startMs = performance.now();
  const result = await first.press('Put', 'kept', 'other');
  expect(performance.now() - startMs).toBeLessThan(4_000);
  expect(result).toContain('NO_QUORUM');
  for (const radiant of missing) expect(result).toContain(radiant);

  const back = await ConsoleTab.open(browser, address);
  await until('a put works again', async () => (await back.call('put', 'more', 'value')).kind === 'done');
  expect(await back.get('kept')).toBe('value');
});

test('a reloaded tab raises no alarm while its links are made', async ({ world }) => {
  const { origin } = await world.server();
  const browser = await world.openDevice();
  const [first, second, third] = await openThree(browser, `${origin}/?radiants=3`);
  for (const tab of [first, second, third]) await tab.waitForHeadline('In order');
  await first.page.addInitScript(() => {
    const seen: string[] = [];
    Reflect.set(globalThis, 'seen', seen);
    const look = () => {
      const banner = document.querySelector('.banner');
      if (banner !== null) seen.push(`${banner.className}: ${banner.querySelector('h2')?.textContent}`);
      for (const button of document.querySelectorAll('button')) {
        if (button.textContent.startsWith('Take out')) seen.push('alarm: Take out');
      }
      requestAnimationFrame(look);
    };
    look();
  });
  await first.page.reload();
  const looks = await until('the tab is in order again', async () => {
    const seen = await first.page.evaluate((): unknown => Reflect.get(globalThis, 'seen'));
    const all = Array.isArray(seen) ? [...new Set(seen.map(String))] : [];
    return all.includes('banner good: In order') ? all : undefined;
  });
  expect(looks.filter((look) => /trouble|alarm/u.test(look))).toEqual([]);
});

test('a fourth tab is a learner and a tab with role=client is a client; both show their role, read and write', async ({
  world,
}) => {
  const { origin } = await world.server();
  const browser = await world.openDevice();
  const tabs = await openThree(browser, `${origin}/?radiants=3`);
  for (const tab of tabs) await tab.waitForHeadline('In order');
  const fourth = await ConsoleTab.open(browser, `${origin}/?radiants=3`);
  await fourth.waitForHeadline('In order, as a learner');
  expect(await fourth.press('Put', 'from a learner', 'value')).toContain('Stored');

  const invite = new URL(tabs[0].page.url());
  invite.searchParams.set('role', 'client');
  const other = await world.openDevice();
  const client = await ConsoleTab.open(other, invite.href);
  await client.waitForHeadline('In order, as a client');
  expect(await client.press('Get', 'from a learner')).toContain('value');
  expect(await client.press('Put', 'from a client', 'value')).toContain('Stored');
  expect(await tabs[0].get('from a client')).toBe('value');
  expect(await databases(client)).toEqual([]);
});

test('the console reports a killed signaling server, and linked tabs still read and write', async ({ world }) => {
  const { pages, signaling } = await world.startServersApart();
  const browser = await world.openDevice();
  const tabs = await openThree(browser, `${pages.origin}/?radiants=3`);
  for (const tab of tabs) await tab.waitForHeadline('In order');
  await signaling.kill();
  for (const tab of tabs)
    expect(await tab.note('SIGNALING_UNREACHABLE')).toContain('Linked tabs read and write without it');
  await tabs[0].put('without', 'signaling');
  expect(await tabs[2].get('without')).toBe('signaling');

  const other = await world.openDevice();
  const alone = await ConsoleTab.open(other, `${pages.origin}/?radiants=3`);
  await until('the unlinked tab reports the signaling server', async () =>
    /signaling server/u.test(await alone.page.locator('.banner').innerText()),
  );
  const late = await alone.page.evaluate(() => window.shardbearer?.ready({ timeoutMs: 1 }).catch(String));
  expect(late).toContain('The signaling server at ws://');
  const warnings = () => other.said.filter((line) => line.startsWith('warning: Shardbearer:'));
  await expect.poll(warnings).toHaveLength(1);
  expect(warnings()[0]).toContain('SERVE=signaling npm start');
});

test('a damaged invite link joins nothing and founds nothing', async ({ world }) => {
  const { origin } = await world.server();
  const browser = await world.openDevice();
  const tab = await ConsoleTab.open(browser, `${origin}/?radiants=3#half-a-link`);
  await tab.waitForHeadline('The invite link is damaged');
  expect(await databases(tab)).toEqual([]);
  await tab.click('Open without the link');
  await tab.waitForHeadline('1 of 3: open two more');
});

test('a tab with a damaged invite link joins once the whole link replaces it', async ({ world }) => {
  const { origin } = await world.server();
  const founder = await ConsoleTab.open(await world.openDevice(), `${origin}/?radiants=3`);
  await founder.waitForHeadline('1 of 3: open two more');
  const invite = founder.page.url();
  const guest = await ConsoleTab.open(await world.openDevice(), invite.slice(0, -1));
  await guest.waitForHeadline('The invite link is damaged');
  await guest.page.evaluate((link) => location.assign(link), invite);
  await guest.waitForHeadline('2 of 3: open one more');
});

test('a tab with an invite link never founds a cluster, even if no other tab is open', async ({ world }) => {
  const { origin } = await world.server();
  const founder = await ConsoleTab.open(await world.openDevice(), `${origin}/?radiants=3`);
  await founder.waitForHeadline('1 of 3: open two more');
  const invite = founder.page.url();
  await founder.page.close();
  const guest = await ConsoleTab.open(await world.openDevice(), invite);
  await guest.waitForHeadline('Looking for the cluster');
  expect(await guest.press('Put', 'key', 'value')).toContain('NOT_FORMED');
});

test('in an insecure context the console asks for HTTPS or localhost', async ({ world }) => {
  const { origin } = await world.server();
  const browser = await world.openDevice();
  await browser.context.route('http://shardbearer.test/**', async (route) => {
    const { pathname } = new URL(route.request().url());
    const response = await route.fetch({ url: `${origin}${pathname}` }).catch(() => undefined);
    // The page may still send a request after the test has ended the server.
    if (response === undefined) await route.abort().catch(() => undefined);
    else await route.fulfill({ response });
  });
  const tab = await ConsoleTab.open(browser, 'http://shardbearer.test/');
  await tab.waitForHeadline('This page needs HTTPS or localhost');
});

test('the console asks for a reload if data is of a newer version, and does not change the data', async ({ world }) => {
  const { origin } = await world.server();
  const browser = await world.openDevice();
  const page = await browser.openTab(`${origin}/plain.html`);
  await page.evaluate(
    async () =>
      await new Promise<void>((resolve, reject) => {
        const opening = indexedDB.open('shardbearer-device', 99);
        opening.addEventListener('error', () => reject(new Error('not made')));
        opening.addEventListener('success', () => {
          opening.result.close();
          resolve();
        });
      }),
  );
  const tab = await ConsoleTab.open(browser, `${origin}/?radiants=3`);
  await tab.waitForHeadline('This page is older than the data on this device');
  await tab.page.getByRole('button', { name: 'Reload the page' }).waitFor();
  expect(await databases(tab)).toEqual(['shardbearer-device 99']);
});

test('the console reports a worker whose script cannot be loaded', async ({ world }) => {
  const { origin } = await world.server();
  const browser = await world.openDevice();
  await browser.context.route('**/assets/worker-*.js', (route) => route.abort());
  const tab = await ConsoleTab.open(browser, `${origin}/?radiants=3`);
  await tab.waitForHeadline('The worker of this tab ended');
  await tab.page.getByRole('button', { name: 'Reload the page' }).waitFor();
});

test('the console reports a browser that finds no network address', async ({ world }) => {
  const { origin } = await world.server();
  const browser = await world.openDevice();
  // The policy allows only relayed candidates. Without a relay, the browser finds no candidate.
  await browser.context.addInitScript(() => {
    const Original = RTCPeerConnection;
    class Relayed extends Original {
      constructor(configuration?: RTCConfiguration) {
        super({ ...configuration, iceTransportPolicy: 'relay' });
      }
    }
    globalThis.RTCPeerConnection = Relayed;
  });
  const [first] = await openThree(browser, `${origin}/?radiants=3`);
  await first.waitForHeadline('No way to other tabs', 30_000);
});

test('a tab without IndexedDB is a client with storage in memory', async ({ world }) => {
  const { origin } = await world.server();
  const browser = await world.openDevice();
  const [first] = await openThree(browser, `${origin}/?radiants=3`);
  await first.waitForHeadline('In order');
  const other = await world.openDevice();
  // Init scripts do not run in workers. Therefore a script of the test imports the worker's script.
  await other.context.addInitScript(() => {
    const Original = Worker;
    class WithoutStorage extends Original {
      constructor(url: string | URL, options?: WorkerOptions) {
        const script = `import '${String(url)}'; Object.defineProperty(globalThis, 'indexedDB', { value: undefined });`;
        super(URL.createObjectURL(new Blob([script], { type: 'text/javascript' })), options);
      }
    }
    globalThis.Worker = WithoutStorage;
  });
  const guest = await ConsoleTab.open(other, first.page.url());
  await guest.waitForHeadline('In order, as a client');
  expect(await guest.note('STORAGE_UNAVAILABLE')).toContain('never votes');
  await expect(guest.page.locator('[data-fact="storage"]')).toHaveText('memory only');
  await guest.put('from memory', 'value');
  expect(await first.get('from memory')).toBe('value');
});

test('a voter with cleared site data reports STORAGE_LOST, and another radiant of the same tab takes its place', async ({
  world,
}) => {
  const { origin } = await world.server();
  const browsers = [await world.openDevice(), await world.openDevice()];
  const [one, other] = browsers;
  if (one === undefined || other === undefined) throw new Error('two browsers');
  const first = await ConsoleTab.open(one, `${origin}/?radiants=3`);
  await first.waitForHeadline('1 of 3: open two more');
  const second = await ConsoleTab.open(one, `${origin}/?radiants=3`);
  const third = await ConsoleTab.open(other, first.page.url());
  for (const tab of [first, second, third]) await tab.waitForHeadline('In order');
  await first.put('kept', 'value');
  const radiant = await third.radiant();

  await clearSiteData(third.page);
  expect(await third.note('STORAGE_LOST')).toContain('retired');
  await until('another radiant runs', async () => (await third.radiant()) !== radiant);
  expect(await third.get('kept')).toBe('value');
  await third.put('after', 'value');
  expect(await first.get('after')).toBe('value');
  for (const tab of [first, second, third]) await tab.waitForHeadline('In order');
});

test('starting over deletes all data of this device and ends its other tabs', async ({ world }) => {
  const { origin } = await world.server();
  const browser = await world.openDevice();
  const tabs = await openThree(browser, `${origin}/?radiants=3`);
  for (const tab of tabs) await tab.waitForHeadline('In order');
  await tabs[0].put('forgotten', 'value');
  const secret = new URL(tabs[0].page.url()).hash;

  await tabs[0].click('Start over on this device…');
  await tabs[0].click('Keep everything');
  expect(await tabs[0].get('forgotten')).toBe('value');
  await tabs[0].click('Start over on this device…');
  await tabs[0].click('Forget everything here');
  await tabs[0].waitForHeadline('1 of 3: open two more');
  expect(new URL(tabs[0].page.url()).hash).not.toBe(secret);
  await tabs[1].waitForHeadline('This tab no longer takes part');
  expect(await tabs[1].call('get', 'forgotten')).toMatchObject({ kind: 'failed', code: 'CLOSED' });
  await tabs[1].click('Open without the link');
  await tabs[0].waitForHeadline('2 of 3: open one more');
});

async function openByButton(browser: Device, tab: Tab): Promise<ConsoleTab> {
  const opened = browser.context.waitForEvent('page');
  await tab.page.bringToFront();
  await tab.page.locator('.banner').getByRole('button', { name: 'Open another tab' }).click();
  return new ConsoleTab(await opened);
}

async function databases(tab: Tab): Promise<readonly string[]> {
  const found = await tab.page.evaluate(() => indexedDB.databases());
  return found.map(({ name, version }) => `${name} ${version}`);
}
