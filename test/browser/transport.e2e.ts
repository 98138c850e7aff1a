import { webcrypto } from 'node:crypto';
import type { JSHandle, Page } from '@playwright/test';
import { createSecret, SECRET_BYTES } from '../../src/transport/secrets.ts';
import { expect, test } from './harness/fixtures.ts';
import { PageNetwork } from './harness/network.ts';
import { blockMainThread } from './harness/page-faults.ts';
import { until } from './harness/until.ts';
import type { World } from './harness/world.ts';
import type { BenchOptions, TransportBench } from './pages/transport-bench.ts';
import type { TransportPage } from './pages/transport-page.ts';

interface Tab {
  readonly page: Page;
  bench: JSHandle<TransportBench>;
  readonly radiant: string;
}

const newSecret = () => createSecret(crypto.subtle, webcrypto.getRandomValues(new Uint8Array(SECRET_BYTES)));

test('three tabs form a mesh, and whole frames of all sizes go both ways, in order, from the first on', async ({
  world,
}) => {
  const tabs = await openMesh(world, { throughPage: false });
  await exchange(tabs);
});

test('the same through the page, where a browser cannot transfer a channel', async ({ world }) => {
  const tabs = await openMesh(world, { throughPage: true });
  for (const { bench } of tabs) expect(await bench.evaluate((worker) => worker.framesThroughPage())).toBe(true);
  await exchange(tabs);
});

async function exchange(tabs: readonly Tab[]): Promise<void> {
  const sizes = [1, 100, 16_384, 65_536, 262_145, 1_048_576, 10];
  for (const from of tabs) {
    for (const to of tabs) {
      if (from === to) continue;
      for (const [at, size] of sizes.entries()) await send(from, to, 10 + at, size, 'bulk');
    }
  }
  for (const to of tabs) {
    await until('all frames are there', async () => (await frames(to)).length === 2 * (sizes.length + 1));
    for (const from of tabs) {
      if (from === to) continue;
      const seen = (await frames(to)).filter((frame) => frame.from === from.radiant);
      expect(seen.map((frame) => frame.bytes)).toEqual([50, ...sizes]);
      expect(seen.every((frame) => frame.whole)).toBe(true);
    }
  }
}

test('urgent frames overtake bulk ones, in either way', async ({ world }) => {
  const [anna, bert] = await openMesh(world, { throughPage: false });
  await anna.bench.evaluate(
    (worker, [from, to]) => {
      for (let frame = 0; frame < 4; frame++) worker.send(from, to, 100 + frame, 2_000_000, 'bulk');
      worker.send(from, to, 200, 100, 'urgent');
    },
    [anna.radiant, bert.radiant] as const,
  );
  await until('all are there', async () => (await frames(bert)).filter((frame) => frame.seed >= 100).length === 5);
  const order = (await frames(bert)).map((frame) => frame.seed).filter((seed) => seed >= 100);
  expect(order).toEqual([200, 100, 101, 102, 103]);
});

test('a tab that is closed says goodbye, and one that is reloaded is linked again', async ({ world }) => {
  const [anna, bert, carl] = await openMesh(world, { throughPage: false });
  await carl.page.close({ runBeforeUnload: true });
  for (const tab of [anna, bert]) {
    await until('the goodbye is heard', async () => (await events(tab)).includes('closed c goodbye'), {
      timeoutMs: 2_000,
    });
  }
  await bert.page.reload();
  await until('the goodbye is heard', async () => (await events(anna)).includes('closed b goodbye'), {
    timeoutMs: 2_000,
  });
});

test('a transport that closes says goodbye', async ({ world }) => {
  const [anna, bert] = await openMesh(world, { throughPage: true });
  await bert.bench.evaluate((worker, radiant) => worker.close(radiant), bert.radiant);
  await until('the goodbye is heard', async () => (await events(anna)).includes('closed b goodbye'), {
    timeoutMs: 2_000,
  });
});

test('with the signaling server gone links stay, and a new link is made through the mesh', async ({ world }) => {
  const { pages, signaling } = await world.startServersApart();
  const [anna, bert, carl] = await openMesh(world, {
    throughPage: false,
    pages: pages.origin,
    signaling: signaling.signalingUrl,
  });
  await signaling.kill();
  await until('Anna sees it', async () => (await events(anna)).includes('signaling unreachable'));
  expect(await events(anna)).toContain('problem SIGNALING_UNREACHABLE');
  expect(await neighbours(anna)).toEqual(['b', 'c']);
  await anna.bench.evaluate((worker, [self, other]) => worker.disconnect(self, other), ['a', 'b'] as const);
  await until('the link is gone', async () => (await neighbours(bert)).join() === 'c');
  await bert.bench.evaluate((worker, [self, other]) => worker.connect(self, other), ['b', 'a'] as const);
  await anna.bench.evaluate((worker, [self, other]) => worker.connect(self, other), ['a', 'b'] as const);
  await until('they are linked again, by way of Carl', async () => (await neighbours(anna)).join() === 'b,c');
  await until('Bert too', async () => (await neighbours(bert)).join() === 'a,c');
  expect(await events(carl)).not.toContain('closed a failed');
});

test('a link whose network was cut is made anew', async ({ world }) => {
  const { origin } = await world.startServer();
  const secret = await newSecret();
  const [one, other] = await Promise.all([world.startBrowser(), world.startBrowser()]);
  const page = await one.openTab('about:blank');
  const network = await PageNetwork.control(page);
  await page.goto(`${origin}/transport.html`);
  const anna = await start(page, { radiant: 'a', secret, signalingUrl: signalingUrl(origin) });
  const bertPage = await other.openTab(`${origin}/transport.html`);
  const bert = await start(bertPage, { radiant: 'b', secret, signalingUrl: signalingUrl(origin) });
  await until('they are linked', async () => (await neighbours(anna)).length + (await neighbours(bert)).length === 2);
  await network.cut();
  await until('Bert notices', async () =>
    (await events(bert)).some((event) => /^closed a (silent|failed)/.test(event)),
  );
  await until('Anna too', async () => (await events(anna)).some((event) => /^closed b (silent|failed)/.test(event)));
  await network.mend();
  await until(
    'both are linked again',
    async () => {
      return (await neighbours(anna)).length + (await neighbours(bert)).length === 2;
    },
    { timeoutMs: 30_000 },
  );
});

test('a worker that ended leaves at once, and a new boot takes its place', async ({ world }) => {
  const { origin } = await world.startServer();
  const secret = await newSecret();
  const browser = await world.startBrowser();
  const open = async (radiant: string) =>
    start(await browser.openTab(`${origin}/transport.html`), { radiant, secret, signalingUrl: signalingUrl(origin) });
  const [anna, bert] = [await open('a'), await open('b')];
  await until('they are linked', async () => (await neighbours(anna)).length + (await neighbours(bert)).length === 2);
  // oxlint-disable-next-line typescript/no-unsafe-return -- the page says what it is, no type can
  const bertHost = await bert.page.evaluateHandle((): TransportPage => Reflect.get(globalThis, 'transportPage'));
  await bertHost.evaluate((host) => host.stopWorker());
  await until('Anna notices', async () => (await events(anna)).includes('closed b failed'), { timeoutMs: 3_000 });
  await bert.page.reload();
  await start(bert.page, { radiant: 'b', boot: '1', secret, signalingUrl: signalingUrl(origin) });
  await until('the new boot is linked', async () => (await events(anna)).includes('opened b boot 1'));
});

test('radiants of two clusters with one secret stay apart, and say so', async ({ world }) => {
  const { origin } = await world.startServer();
  const secret = await newSecret();
  const browser = await world.startBrowser();
  const open = async (radiant: string, cluster: string) =>
    start(await browser.openTab(`${origin}/transport.html`), {
      radiant,
      cluster,
      secret,
      signalingUrl: signalingUrl(origin),
    });
  const [anna, bert] = [await open('a', '1'), await open('b', '2')];
  for (const tab of [anna, bert]) {
    await until('it is told', async () => (await events(tab)).includes('problem FRAME_OF_OTHER_CLUSTER'));
    expect(await neighbours(tab)).toEqual([]);
  }
});

test('several radiants of one worker have links of their own', async ({ world }) => {
  const { origin } = await world.startServer();
  const secret = await newSecret();
  const browser = await world.startBrowser();
  const [one, other] = [
    await browser.openTab(`${origin}/transport.html`),
    await browser.openTab(`${origin}/transport.html`),
  ];
  const anna = await start(one, { radiant: 'a', secret, signalingUrl: signalingUrl(origin) });
  await start(one, { radiant: 'd', secret, signalingUrl: signalingUrl(origin) });
  const bert = await start(other, { radiant: 'b', secret, signalingUrl: signalingUrl(origin) });
  await until('Bert is linked with both', async () => (await neighbours(bert)).join() === 'a,d');
  await send(bert, { radiant: 'd' }, 77, 1_000, 'bulk');
  await until('the frame is at the one, not the other', async () => {
    return (await anna.bench.evaluate((worker) => worker.frames('d'))).some((frame) => frame.seed === 77);
  });
  expect((await frames(anna)).some((frame) => frame.seed === 77)).toBe(false);
});

test('a busy page does not delay frames, since their channel lives in the worker', async ({ world }) => {
  const [anna, bert] = await openMesh(world, { throughPage: false });
  const idle = await roundTrips(anna, bert);
  const unblock = await blockMainThread(bert.page, { busyMs: 500, idleMs: 100 });
  const busy = await roundTrips(anna, bert);
  await unblock();
  console.log(`round trip of 100 B, worker to worker: ${spread(idle)}; with a busy page: ${spread(busy)}`);
  expect(at(busy, 0.9)).toBeLessThan(100);
});

async function openMesh(
  world: World,
  options: { throughPage: boolean; pages?: string; signaling?: string },
): Promise<[Tab, Tab, Tab]> {
  const origin = options.pages ?? (await world.startServer()).origin;
  const secret = await newSecret();
  const browser = await world.startBrowser();
  const open = async (radiant: string) =>
    start(await browser.openTab(`${origin}/transport.html`), {
      radiant,
      secret,
      signalingUrl: options.signaling ?? signalingUrl(origin),
      throughPage: options.throughPage,
    });
  const tabs: [Tab, Tab, Tab] = await Promise.all([open('a'), open('b'), open('c')]);
  for (const tab of tabs) await until('the mesh is whole', async () => (await neighbours(tab)).length === 2);
  return tabs;
}

async function start(page: Page, options: BenchOptions): Promise<Tab> {
  const worker = page.workers()[0] ?? (await page.waitForEvent('worker'));
  await until('the worker is ready', () => worker.evaluate(() => 'transportBench' in globalThis));
  // oxlint-disable-next-line typescript/no-unsafe-return -- the worker says what it is, no type can
  const bench = await worker.evaluateHandle((): TransportBench => Reflect.get(globalThis, 'transportBench'));
  await bench.evaluate((transports, given) => transports.start(given), options);
  return { page, bench, radiant: options.radiant };
}

const signalingUrl = (origin: string): string => `${origin.replace(/^http/u, 'ws')}/signaling`;
const neighbours = ({ bench, radiant }: Tab) => bench.evaluate((worker, name) => worker.neighbours(name), radiant);
const events = ({ bench, radiant }: Tab) => bench.evaluate((worker, name) => worker.events(name), radiant);
const frames = ({ bench, radiant }: Tab) => bench.evaluate((worker, name) => worker.frames(name), radiant);

async function send(
  from: Tab,
  to: Pick<Tab, 'radiant'>,
  seed: number,
  bytes: number,
  urgency: 'urgent' | 'bulk',
): Promise<void> {
  await from.bench.evaluate(
    (worker, [self, other, pattern, length, how]) => worker.send(self, other, pattern, length, how),
    [from.radiant, to.radiant, seed, bytes, urgency] as const,
  );
}

const roundTrips = (from: Tab, to: Tab) =>
  from.bench.evaluate((worker, [self, other]) => worker.measureRoundTrips(self, other, 300), [
    from.radiant,
    to.radiant,
  ] as const);

function spread(latenciesMs: readonly number[]): string {
  return `${at(latenciesMs, 0.5).toFixed(2)} ms (p90 ${at(latenciesMs, 0.9).toFixed(2)})`;
}

function at(latenciesMs: readonly number[], quantile: number): number {
  return latenciesMs.toSorted((left, right) => left - right)[Math.floor(quantile * latenciesMs.length)] ?? Number.NaN;
}
