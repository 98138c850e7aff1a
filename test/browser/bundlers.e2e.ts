/**
 * Each bundler builds applications of the library without settings. One application is the ten lines of the README.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleLibrary } from '../../scripts/bundle.mjs';
import { Application, type DevelopmentServer } from './harness/application.ts';
import { expect, test } from './harness/fixtures.ts';
import { ROOT } from './harness/paths.ts';
import { until } from './harness/until.ts';

const HELLO = `
  import { openShardbearer } from 'shardbearer';
  const store = await openShardbearer({ signaling: '/signaling' });
  await store.ready();
  await store.put('greeting', 'hello');
  console.log(await store.get('greeting'), 'from', location.pathname);
`;
/** An application whose address for the worker Rollup and esbuild do not resolve. Neither of them prints a warning. */
const WORKER_BY_BARE_NAME = `
  import { openShardbearer } from 'shardbearer';
  const createWorker = () => new Worker(new URL('shardbearer/worker', import.meta.url), { type: 'module' });
  openShardbearer({ signaling: '/signaling', createWorker }).catch(({ code, message }) => console.log(code, message));
`;

const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
/** The code of the README's application. */
const CODE = /```ts\n([\s\S]*?)```/u.exec(README)?.[1] ?? '';

const saysHello = (line: string) => /^log: hello [0-9a-f]{22}$/u.test(line);

test.beforeAll(() => bundleLibrary());

test('the ten lines of the README are an application whose three tabs read a value that one of them wrote', async ({
  world,
}) => {
  test.setTimeout(120_000);
  expect(CODE.split('\n').filter((line) => line.trim() !== '')).toHaveLength(10);
  const application = new Application(CODE, 'copy');
  try {
    expect(await application.typeErrors()).toBe('');
    const { origin } = await world.startServer({ variables: { PAGES: await application.buildByVite() } });
    const devices = [await world.openDevice(), await world.openDevice(), await world.openDevice()];
    const [first, ...others] = devices;
    const page = await first?.openTab(`${origin}/`);
    const invite = await until('the first tab shows the invite link', () => {
      const address = page?.url() ?? '';
      return new URL(address).hash.length > 40 && address;
    });
    for (const device of others) await device.openTab(invite);
    for (const { said } of devices) await until('the tab has read the greeting', () => said.some(saysHello));
  } finally {
    application.remove();
  }
});

test('the ten lines of the README run in development mode with the library installed as a link or as a copy', {
  tag: '@full',
}, async ({ world }) => {
  test.setTimeout(120_000);
  const applications = [new Application(CODE, 'link'), new Application(CODE, 'copy')];
  const servers: DevelopmentServer[] = [];
  try {
    const { origin } = await world.startServer({ serve: 'signaling' });
    for (const application of applications) servers.push(await application.develop(origin));
    const browser = await world.openDevice();
    await Promise.all(servers.map(({ address }) => browser.openTab(address)));
    const readers = () => browser.said.filter(saysHello).length;
    await until('both applications have read the greeting', () => readers() === servers.length, { timeoutMs: 30_000 });
  } finally {
    await Promise.all(servers.map((server) => server.close()));
    for (const application of applications) application.remove();
  }
});

test('an application built by esbuild or Rollup without settings runs', { tag: '@full' }, async ({ world }) => {
  const hello = new Application(HELLO, 'copy');
  const bare = new Application(WORKER_BY_BARE_NAME, 'copy');
  const pages = mkdtempSync(join(tmpdir(), 'shardbearer-pages-'));
  try {
    writeFileSync(join(pages, 'index.html'), '<!doctype html>');
    cpSync(await hello.buildByEsbuild(), join(pages, 'esbuild'), { recursive: true });
    cpSync(await hello.buildByRollup(), join(pages, 'rollup'), { recursive: true });
    cpSync(await bare.buildByEsbuild(), join(pages, 'bare'), { recursive: true });
    const { origin } = await world.startServer({ variables: { PAGES: pages } });
    const browser = await world.openDevice();
    await Promise.all(['esbuild', 'rollup', 'bare'].map((name) => browser.openTab(`${origin}/${name}/`)));
    for (const name of ['esbuild', 'rollup']) {
      await until(`${name} has read the greeting`, () => browser.said.includes(`log: hello from /${name}/`));
    }
    const failure = await until('the third application logs its failure', () =>
      browser.said.find((line) => line.startsWith('log: WORKER_DIED')),
    );
    expect(failure).toContain('could not be loaded. Leave out `createWorker`');
  } finally {
    for (const application of [hello, bare]) application.remove();
    rmSync(pages, { recursive: true, force: true });
  }
});

/** An application with a machine. It has one file for the page, one for the worker, and one for the machine. */
const WITH_MACHINE = {
  'main.ts': `
    import { openShardbearer } from 'shardbearer';
    import { counter } from './counter';
    const createWorker = () => new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    const store = await openShardbearer({ signaling: '/signaling', createWorker });
    await store.ready();
    const visits = store.machine(counter, 'visits');
    console.log('count', await visits.apply(2), await visits.read(null));
  `,
  'worker.ts': `
    import { startWorker } from 'shardbearer/start-worker';
    import { counter } from './counter';
    startWorker({ machines: [counter] });
  `,
  'counter.ts': `
    import { defineMachine } from 'shardbearer/machine';
    export const counter = defineMachine({
      name: 'counter',
      initial: 40,
      apply: (count: number, by: number) => ({ state: count + by, reply: count + by }),
      read: (count: number, _question: null) => count,
    });
  `,
};

test('an application with a machine builds its own worker with Vite', async ({ world }) => {
  test.setTimeout(120_000);
  const { 'main.ts': main, ...files } = WITH_MACHINE;
  const application = new Application(main, 'copy', files);
  try {
    expect(await application.typeErrors()).toBe('');
    const { origin } = await world.startServer({ variables: { PAGES: await application.buildByVite() } });
    const browser = await world.openDevice();
    await browser.openTab(`${origin}/`);
    await until('the machine has counted', () => browser.said.includes('log: count 42 42'));
  } finally {
    application.remove();
  }
});
