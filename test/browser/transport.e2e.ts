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

test('three tabs form a mesh that carries whole frames, urgent ones first, and reports closed tabs', async ({
  world,
}) => {
  const [anna, bert, carl] = await openMesh(world, { throughPage: false });
  await test.step('frames of all sizes arrive whole and in order, both ways', () => exchange([anna, bert, carl]));
  await test.step('urgent frames overtake bulk ones', () => overtake(anna, bert));
  await test.step('a busy page does not delay frames, since the channel is in the worker', async () => {
    const idle = await roundTrips(anna, bert);
    const unblock = await blockMainThread(bert.page, { busyMs: 500, idleMs: 100 });
    const busy = await roundTrips(anna, bert);
    await unblock();
    console.log(`round trip of 100 B, worker to worker: ${spread(idle)}; with a busy page: ${spread(busy)}`);
    expect(at(busy, 0.9)).toBeLessThan(100);
  });
  await test.step('a tab that is closed says goodbye', async () => {
    await carl.page.close({ runBeforeUnload: true });
    await hears(anna, 'closed c goodbye');
    await hears(bert, 'closed c goodbye');
  });
  await test.step('a tab that is reloaded says goodbye', async () => {
    await bert.page.reload();
    await hears(anna, 'closed b goodbye');
  });
});

test('frames go through the page if the browser cannot transfer a channel', async ({ world }) => {
  const tabs = await openMesh(world, { throughPage: true });
  const [anna, bert] = tabs;
  for (const { bench } of tabs) expect(await bench.evaluate((worker) => worker.framesThroughPage())).toBe(true);
  await exchange(tabs);
  await overtake(anna, bert);
  await bert.bench.evaluate((worker, radiant) => worker.close(radiant), bert.radiant);
  await hears(anna, 'closed b goodbye');
});

async function exchange(tabs: readonly Tab[]): Promise<void> {
  const sizes = [1, 100, 16_384, 65_536, 262_145, 1_048_576, 10];
  for (const from of tabs) {
    for (const to of tabs) {
      if (from === to) continue;
      for (const [position, size] of sizes.entries()) await send(from, to, 10 + position, size, 'bulk');
    }
  }
  for (const to of tabs) {
    await until('all frames have arrived', async () => (await frames(to)).length === 2 * (sizes.length + 1));
    for (const from of tabs) {
      if (from === to) continue;
      const seen = (await frames(to)).filter((frame) => frame.from === from.radiant);
      expect(seen.map((frame) => frame.bytes)).toEqual([50, ...sizes]);
      expect(seen.every((frame) => frame.whole)).toBe(true);
    }
  }
}

async function overtake(from: Tab, to: Tab): Promise<void> {
  await from.bench.evaluate(
    (worker, [self, other]) => {
      for (let frame = 0; frame < 4; frame++) worker.send(self, other, 100 + frame, 2_000_000, 'bulk');
      worker.send(self, other, 200, 100, 'urgent');
    },
    [from.radiant, to.radiant] as const,
  );
  await until(
    'all frames have arrived',
    async () => (await frames(to)).filter((frame) => frame.seed >= 100).length === 5,
  );
  const order = (await frames(to)).map((frame) => frame.seed).filter((seed) => seed >= 100);
  expect(order).toEqual([200, 100, 101, 102, 103]);
}

test('links survive a kill of the signaling server, and the mesh relays the signals of a new link', async ({
  world,
}) => {
  const { pages, signaling } = await world.startServersApart();
  const [anna, bert, carl] = await openMesh(world, {
    throughPage: false,
    pages: pages.origin,
    signaling: signaling.signalingUrl,
  });
  await signaling.kill();
  await until('Anna sees that signaling is unreachable', async () =>
    (await events(anna)).includes('signaling unreachable'),
  );
  expect(await events(anna)).toContain('problem SIGNALING_UNREACHABLE');
  expect(await neighbours(anna)).toEqual(['b', 'c']);
  await anna.bench.evaluate((worker, [self, other]) => worker.disconnect(self, other), ['a', 'b'] as const);
  await until('the link is gone', async () => (await neighbours(bert)).join() === 'c');
  await bert.bench.evaluate((worker, [self, other]) => worker.connect(self, other), ['b', 'a'] as const);
  await anna.bench.evaluate((worker, [self, other]) => worker.connect(self, other), ['a', 'b'] as const);
  await until('Anna is linked with Bert again, through Carl', async () => (await neighbours(anna)).join() === 'b,c');
  await until('Bert is linked with Anna again', async () => (await neighbours(bert)).join() === 'a,c');
  expect(await events(carl)).not.toContain('closed a failed');
});

test('a link is made again after its network was cut', async ({ world }) => {
  const { origin } = await world.server();
  const secret = await newSecret();
  const [one, other] = await Promise.all([world.openDevice(), world.openDevice()]);
  const page = await one.openTab('about:blank');
  const network = await PageNetwork.control(page);
  await page.goto(`${origin}/transport.html`);
  const anna = await start(page, { radiant: 'a', secret, signalingUrl: signalingUrl(origin) });
  const bertPage = await other.openTab(`${origin}/transport.html`);
  const bert = await start(bertPage, { radiant: 'b', secret, signalingUrl: signalingUrl(origin) });
  await until(
    'Anna and Bert are linked',
    async () => (await neighbours(anna)).length + (await neighbours(bert)).length === 2,
  );
  await network.cut();
  await until('Bert notices the cut', async () =>
    (await events(bert)).some((event) => /^closed a (silent|failed)/.test(event)),
  );
  await until('Anna notices the cut', async () =>
    (await events(anna)).some((event) => /^closed b (silent|failed)/.test(event)),
  );
  await network.mend();
  await until(
    'both are linked again',
    async () => {
      return (await neighbours(anna)).length + (await neighbours(bert)).length === 2;
    },
    { timeoutMs: 30_000 },
  );
});

test('links follow workers that end, new boots, other clusters and several radiants in one worker', async ({
  world,
}) => {
  const { origin } = await world.server();
  const browser = await world.openDevice();
  const openPage = () => browser.openTab(`${origin}/transport.html`);
  const common = { signalingUrl: signalingUrl(origin) };

  await test.step('a worker that ended loses its links at once, and a new boot gets new ones', async () => {
    const secret = await newSecret();
    const anna = await start(await openPage(), { ...common, radiant: 'a', secret });
    const bert = await start(await openPage(), { ...common, radiant: 'b', secret });
    await until(
      'Anna and Bert are linked',
      async () => (await neighbours(anna)).length + (await neighbours(bert)).length === 2,
    );
    // oxlint-disable-next-line typescript/no-unsafe-return -- the page says what it is, no type can
    const bertHost = await bert.page.evaluateHandle((): TransportPage => Reflect.get(globalThis, 'transportPage'));
    await bertHost.evaluate((host) => host.stopWorker());
    await hears(anna, 'closed b failed');
    await bert.page.reload();
    await start(bert.page, { ...common, radiant: 'b', boot: '1', secret });
    await hears(anna, 'opened b boot 1');
  });

  await test.step('radiants of two clusters with one secret do not link, and report the other cluster', async () => {
    const secret = await newSecret();
    const anna = await start(await openPage(), { ...common, radiant: 'a', cluster: '1', secret });
    const bert = await start(await openPage(), { ...common, radiant: 'b', cluster: '2', secret });
    for (const tab of [anna, bert]) {
      await hears(tab, 'problem FRAME_OF_OTHER_CLUSTER');
      expect(await neighbours(tab)).toEqual([]);
    }
  });

  await test.step('several radiants of one worker have links of their own', async () => {
    const secret = await newSecret();
    const page = await openPage();
    const anna = await start(page, { ...common, radiant: 'a', secret });
    const dora = await start(page, { ...common, radiant: 'd', secret });
    const bert = await start(await openPage(), { ...common, radiant: 'b', secret });
    await until('Bert is linked with both', async () => (await neighbours(bert)).join() === 'a,d');
    await send(bert, dora, 77, 1_000, 'bulk');
    await until('the frame is at Dora', async () => (await frames(dora)).some((frame) => frame.seed === 77));
    expect((await frames(anna)).some((frame) => frame.seed === 77)).toBe(false);
  });
});

async function openMesh(
  world: World,
  options: { throughPage: boolean; pages?: string; signaling?: string },
): Promise<[Tab, Tab, Tab]> {
  const origin = options.pages ?? (await world.server()).origin;
  const secret = await newSecret();
  const browser = await world.openDevice();
  const open = async (radiant: string) =>
    start(await browser.openTab(`${origin}/transport.html`), {
      radiant,
      secret,
      signalingUrl: options.signaling ?? signalingUrl(origin),
      throughPage: options.throughPage,
    });
  const tabs: [Tab, Tab, Tab] = await Promise.all([open('a'), open('b'), open('c')]);
  for (const tab of tabs) await until('the tab has two links', async () => (await neighbours(tab)).length === 2);
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

const hears = (tab: Tab, event: string) =>
  until(`${tab.radiant} hears: ${event}`, async () => (await events(tab)).includes(event), { timeoutMs: 5_000 });
const signalingUrl = (origin: string): string => `${origin.replace(/^http/u, 'ws')}/signaling`;
const neighbours = ({ bench, radiant }: Tab) => bench.evaluate((worker, name) => worker.neighbours(name), radiant);
const events = ({ bench, radiant }: Tab) => bench.evaluate((worker, name) => worker.events(name), radiant);
const frames = ({ bench, radiant }: Tab) => bench.evaluate((worker, name) => worker.frames(name), radiant);

async function send(from: Tab, to: Tab, seed: number, bytes: number, urgency: 'urgent' | 'bulk'): Promise<void> {
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
