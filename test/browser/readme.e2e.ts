import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ConsoleTab } from './harness/console-tab.ts';
import { expect, test } from './harness/fixtures.ts';
import { ROOT } from './harness/paths.ts';
import { until } from './harness/until.ts';

const PICTURE = 'docs/console.png';
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');

test('nine tabs show the state in the picture of the README', { tag: '@full' }, async ({ world }) => {
  test.setTimeout(120_000);
  expect(README).toContain(`](${PICTURE})`);
  const { origin } = await world.server();
  const browser = await world.openDevice();
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
  // The picture is replaced only by `npm run picture`.
  if (process.env['PICTURE'] === 'make') await takePicture(first);
  expect(statSync(join(ROOT, PICTURE)).size).toBeLessThan(250_000);
});

async function takePicture({ page }: ConsoleTab): Promise<void> {
  await page.bringToFront();
  await page.setViewportSize({ width: 1360, height: 960 });
  await page.emulateMedia({ colorScheme: 'light' });
  await page.screenshot({ path: join(ROOT, PICTURE) });
}
