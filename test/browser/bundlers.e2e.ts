/** The library in the hands of bundlers: none may need a setting, and a mistake that none reports must name its remedy. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleLibrary } from '../../scripts/bundle.mjs';
import { Application } from './harness/application.ts';
import { expect, test } from './harness/fixtures.ts';
import { until } from './harness/until.ts';

const HELLO = `
  import { openShardbearer } from 'shardbearer';
  const store = await openShardbearer({ signaling: '/signaling' });
  await store.ready();
  await store.put('greeting', 'hello');
  console.log(await store.get('greeting'), 'from', location.pathname);
`;
/** Rollup and esbuild leave the address as it is, without a warning. */
const WORKER_BY_BARE_NAME = `
  import { openShardbearer } from 'shardbearer';
  const createWorker = () => new Worker(new URL('shardbearer/worker', import.meta.url), { type: 'module' });
  openShardbearer({ signaling: '/signaling', createWorker }).catch(({ code, message }) => console.log(code, message));
`;

test.beforeAll(() => bundleLibrary());

test('an application built by esbuild or Rollup, without any setting, runs', async ({ world }) => {
  const hello = new Application(HELLO, 'copy');
  const bare = new Application(WORKER_BY_BARE_NAME, 'copy');
  const pages = mkdtempSync(join(tmpdir(), 'shardbearer-pages-'));
  try {
    writeFileSync(join(pages, 'index.html'), '<!doctype html>');
    cpSync(await hello.buildByEsbuild(), join(pages, 'esbuild'), { recursive: true });
    cpSync(await hello.buildByRollup(), join(pages, 'rollup'), { recursive: true });
    cpSync(await bare.buildByEsbuild(), join(pages, 'bare'), { recursive: true });
    const { origin } = await world.startServer({ variables: { PAGES: pages } });
    const browser = await world.startBrowser();
    await Promise.all(['esbuild', 'rollup', 'bare'].map((name) => browser.openTab(`${origin}/${name}/`)));
    for (const name of ['esbuild', 'rollup']) {
      await until(`${name} has read the greeting`, () => browser.said.includes(`log: hello from /${name}/`));
    }
    const failure = await until('the third says what failed', () =>
      browser.said.find((line) => line.startsWith('log: WORKER_DIED')),
    );
    expect(failure).toContain('could not be loaded. Leave out `createWorker`');
  } finally {
    for (const application of [hello, bare]) application.remove();
    rmSync(pages, { recursive: true, force: true });
  }
});
