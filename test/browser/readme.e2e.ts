/** What the README promises: its nine lines run as they stand, built and in development; its picture is small. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { bundleLibrary } from '../../scripts/bundle.mjs';
import { Application, type DevelopmentServer } from './harness/application.ts';
import { ConsoleTab } from './harness/console-tab.ts';
import { expect, test } from './harness/fixtures.ts';
import { ROOT } from './harness/paths.ts';
import { until } from './harness/until.ts';

const PICTURE = 'docs/console.png';
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
/** The application of the README. */
const CODE = /```ts\n([\s\S]*?)```/u.exec(README)?.[1] ?? '';

test('the nine lines of the README are an application: three tabs of it read what one wrote', async ({ world }) => {
  test.setTimeout(120_000);
  expect(CODE.split('\n').filter((line) => line.trim() !== '')).toHaveLength(9);
  await bundleLibrary();
  const application = new Application(CODE, 'copy');
  try {
    expect(await application.typeErrors()).toBe('');
    const { origin } = await world.startServer({ variables: { PAGES: await application.buildByVite() } });
    const browsers = [await world.startBrowser(), await world.startBrowser(), await world.startBrowser()];
    const [first, ...others] = browsers;
    const page = await first?.openTab(`${origin}/`);
    const invite = await until('the first tab shows the invite link', () => {
      const address = page?.url() ?? '';
      return new URL(address).hash.length > 40 && address;
    });
    for (const browser of others) await browser.openTab(invite);
    for (const { said } of browsers) await until('it has read the greeting', () => said.includes('log: hello'));
  } finally {
    application.remove();
  }
});

test('the nine lines of the README run in development, installed as a link or as a copy', async ({ world }) => {
  test.setTimeout(120_000);
  await bundleLibrary();
  const applications = [new Application(CODE, 'link'), new Application(CODE, 'copy')];
  const servers: DevelopmentServer[] = [];
  try {
    const { origin } = await world.startServer({ serve: 'signaling' });
    for (const application of applications) servers.push(await application.develop(origin));
    const browser = await world.startBrowser();
    await Promise.all(servers.map(({ address }) => browser.openTab(address)));
    const readers = () => browser.said.filter((line) => line === 'log: hello').length;
    await until('both have read the greeting', () => readers() === servers.length, { timeoutMs: 30_000 });
  } finally {
    await Promise.all(servers.map((server) => server.close()));
    for (const application of applications) application.remove();
  }
});

test('the picture of the README is what nine tabs show', async ({ world }) => {
  test.setTimeout(120_000);
  expect(README).toContain(`](${PICTURE})`);
  const { origin } = await world.startServer();
  const browser = await world.startBrowser();
  const address = `${origin}/?radiants=9`;
  const tabs = await Promise.all(Array.from({ length: 9 }, () => ConsoleTab.open(browser, address)));
  for (const tab of tabs) await tab.waitForHeadline('In order', 60_000);
  const [first, second] = tabs;
  if (first === undefined || second === undefined) throw new Error('nine tabs');
  expect(await first.press('Put', 'greeting', 'hello')).toContain('Stored');
  expect(await second.press('Append', 'greeting', ', world')).toContain('Added');
  expect(await first.press('Get', 'greeting')).toContain('hello, world');
  await until('every link has a round-trip time', async () =>
    (await first.view()).radiants[0]?.neighbours.every(({ roundTripMs }) => roundTripMs !== undefined),
  );
  // `npm run picture` makes it anew; otherwise the one that is there only has to stay small.
  if (process.env['PICTURE'] === 'make') await takePicture(first);
  expect(statSync(join(ROOT, PICTURE)).size).toBeLessThan(250_000);
});

async function takePicture({ page }: ConsoleTab): Promise<void> {
  await page.bringToFront();
  await page.setViewportSize({ width: 1360, height: 960 });
  await page.emulateMedia({ colorScheme: 'light' });
  await page.screenshot({ path: join(ROOT, PICTURE) });
}
