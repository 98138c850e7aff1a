/** What the README promises: its ten lines run as they stand, on the library as it is installed; its picture is small. */
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';
import { bundleLibrary } from '../../scripts/bundle.mjs';
import { run } from '../../scripts/run.mjs';
import { ConsoleTab } from './harness/console-tab.ts';
import { expect, test } from './harness/fixtures.ts';
import { ROOT } from './harness/paths.ts';
import { until } from './harness/until.ts';

/** Within the package: so `shardbearer` means this package, by what its package.json exports. */
const APPLICATION = join(ROOT, 'dist', 'readme');
const PICTURE = 'docs/console.png';
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');

test('the ten lines of the README are an application: three tabs of it read what one wrote', async ({ world }) => {
  test.setTimeout(120_000);
  const code = /```ts\n([\s\S]*?)```/u.exec(README)?.[1] ?? '';
  expect(code.split('\n').filter((line) => line.trim() !== '')).toHaveLength(10);
  const pages = await buildApplication(code);

  const { origin } = await world.startServer({ variables: { PAGES: pages } });
  const browsers = [await world.startBrowser(), await world.startBrowser(), await world.startBrowser()];
  const [first, ...others] = browsers;
  const page = await first?.openTab(`${origin}/`);
  const invite = await until('the first tab shows the invite link', () => {
    const address = page?.url() ?? '';
    return new URL(address).hash.length > 40 && address;
  });
  for (const browser of others) await browser.openTab(invite);
  for (const { said } of browsers) await until('it has read the greeting', () => said.includes('log: hello'));
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

/** Checks the types, then bundles for a browser. Resolves to the directory of the pages. */
async function buildApplication(code: string): Promise<string> {
  await bundleLibrary();
  rmSync(APPLICATION, { recursive: true, force: true });
  mkdirSync(APPLICATION, { recursive: true });
  writeFileSync(join(APPLICATION, 'main.ts'), code);
  writeFileSync(join(APPLICATION, 'index.html'), '<!doctype html><script type="module" src="./main.ts"></script>');
  const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const options =
    '--ignoreConfig --noEmit --strict --skipLibCheck --target es2023 --module esnext --moduleResolution bundler';
  const checked = await run(process.execPath, [compiler, ...options.split(' '), join(APPLICATION, 'main.ts')], {
    quiet: true,
  });
  expect(checked, checked.output).toMatchObject({ code: 0 });
  const outDir = join(APPLICATION, 'pages');
  await build({
    configFile: false,
    root: APPLICATION,
    base: './',
    logLevel: 'warn',
    worker: { format: 'es' },
    build: { outDir, target: 'es2023' },
  });
  return outDir;
}

async function takePicture({ page }: ConsoleTab): Promise<void> {
  await page.bringToFront();
  await page.setViewportSize({ width: 1360, height: 960 });
  await page.emulateMedia({ colorScheme: 'light' });
  await page.screenshot({ path: join(ROOT, PICTURE) });
}
