import { AppendStream, readAll } from './harness/append-stream.ts';
import { expect, test } from './harness/fixtures.ts';
import { LONG, untilSettled } from './harness/settled.ts';
import { StoreTab } from './harness/store-tab.ts';
import { until } from './harness/until.ts';

const KEYS = ['ash', 'birch', 'cedar', 'elm', 'fir', 'hazel'];
const TABS = 12;
const VOTERS = 3;
/** Largest allowed time between two acknowledgements of one tab, during all changes. */
const LONGEST_GAP_MS = 5_000;

test('a stream of appends continues while twelve tabs of one device open one by one and close down to one', {
  tag: '@full',
}, async ({ world }) => {
  test.setTimeout(900_000);
  const server = await world.startServer();
  const browser = await world.startBrowser();
  const first = await StoreTab.open(browser, server, { radiants: 1 });
  await first.ready();
  const stream = new AppendStream({ tabs: [first], keys: KEYS });
  const startMs = performance.now();
  const others: StoreTab[] = [];
  for (let count = 2; count <= TABS; count++) {
    others.push(await StoreTab.open(browser, server));
    await untilSettled(first, count);
  }
  await untilFull(first);
  const grownMs = performance.now();
  console.log(`twelve tabs, opened one by one, had settled after ${(grownMs - startMs).toFixed(0)} ms`);
  for (const [at, tab] of others.entries()) {
    await tab.page.close();
    const living = [first, ...others.slice(at + 1)];
    // Other tabs of the device adopt the radiants of the closed tab.
    await untilAllRun(living);
    await untilSettled(first, TABS);
    if (living.length >= VOTERS) await expectSpread(living);
  }
  console.log(
    `closed one by one down to one, it had settled after ${(performance.now() - grownMs).toFixed(0)} ms more`,
  );
  await stream.untilAcknowledged(stream.acknowledged + 30);
  expect((await first.view()).radiants).toHaveLength(TABS);
  // The new tab takes one of the twelve radiants over.
  const again = await StoreTab.open(browser, server);
  await untilAllRun([first, again]);
  await untilSettled(first, TABS);
  await stream.untilAcknowledged(stream.acknowledged + 30);
  await stream.stop();
  expect((await first.view()).radiants).toHaveLength(TABS - 1);
  report(stream, first, startMs);
  expect(stream.failures).toEqual({});
  expect(stream.faultsIn(await readAll(again, KEYS))).toEqual([]);
  expect(stream.longestGapMs(first, startMs)).toBeLessThanOrEqual(LONGEST_GAP_MS);
});

test('a stream of appends continues while twelve profiles join one by one and leave down to one', {
  tag: '@full',
}, async ({ world }) => {
  test.setTimeout(900_000);
  const server = await world.startServer();
  const browser = await world.startBrowser();
  const first = await StoreTab.open(browser, server, { radiants: 1 });
  await first.ready();
  const secret = await first.secret();
  const stream = new AppendStream({ tabs: [first], keys: KEYS });
  const startMs = performance.now();
  const others: StoreTab[] = [];
  for (let count = 2; count <= TABS; count++) {
    others.push(await StoreTab.open(browser, server, { secret, profile: 'own' }));
    await untilSettled(first, count);
  }
  await untilFull(first);
  const grownMs = performance.now();
  console.log(`twelve profiles, opened one by one, had settled after ${(grownMs - startMs).toFixed(0)} ms`);
  for (const [at, tab] of others.entries()) {
    await tab.leave();
    await tab.page.close();
    await untilSettled(first, TABS - 1 - at);
  }
  console.log(`they had left one after the other after ${(performance.now() - grownMs).toFixed(0)} ms more`);
  await stream.untilAcknowledged(stream.acknowledged + 30);
  await stream.stop();
  expect((await first.view()).radiants).toHaveLength(1);
  report(stream, first, startMs);
  expect(stream.faultsIn(await readAll(first, KEYS))).toEqual([]);
  expect(stream.longestGapMs(first, startMs)).toBeLessThanOrEqual(LONGEST_GAP_MS);
});

test('one reopened tab serves all data after twelve tabs were closed at once', {
  tag: '@full',
}, async ({ world }) => {
  test.setTimeout(300_000);
  const server = await world.startServer();
  const browser = await world.startBrowser();
  const options = { radiants: TABS };
  const tabs = await Promise.all(Array.from({ length: TABS }, () => StoreTab.open(browser, server, options)));
  const [first] = tabs;
  if (first === undefined) throw new Error('No tab was opened.');
  await untilSettled(first, TABS);
  const stream = new AppendStream({ tabs, keys: KEYS });
  await stream.untilAcknowledged(300, 120_000);
  await browser.close();
  await stream.stop();

  const openedMs = performance.now();
  const again = await StoreTab.open(await world.startBrowser(browser.profile), server);
  await until('the tab runs all twelve radiants', async () => (await again.view()).radiants.length === TABS, LONG);
  await untilSettled(again, TABS);
  console.log(`one tab ran all twelve radiants ${(performance.now() - openedMs).toFixed(0)} ms after it was opened`);
  expect(stream.faultsIn(await readAll(again, KEYS))).toEqual([]);
  await again.put('and', 'on');
});

/** Waits until the open tabs of a device run all of its radiants. */
async function untilAllRun(tabs: readonly StoreTab[]): Promise<void> {
  await until(
    'the tabs that are left run all twelve radiants',
    async () => {
      const views = await Promise.all(tabs.map((tab) => tab.view()));
      return new Set(views.flatMap(({ radiants }) => radiants.map(({ radiant }) => radiant))).size === TABS;
    },
    LONG,
  );
}

/** Checks that no order has two voters in one tab. Every order then survives the closing of any tab. */
async function expectSpread(tabs: readonly StoreTab[]): Promise<void> {
  const views = await Promise.all(tabs.map((tab) => tab.view()));
  const tabOf = new Map(views.flatMap(({ radiants }, at) => radiants.map(({ radiant }) => [radiant, at] as const)));
  for (const { members } of views[0]?.radiants[0]?.orders ?? []) {
    const voters = members.filter(({ memberKind }) => memberKind === 'voter');
    expect(new Set(voters.map(({ radiant }) => tabOf.get(radiant))).size).toBe(voters.length);
  }
}

/**
 * Waits until there are four orders with three voters each. A radiant must be present for a while before it becomes a
 * voter.
 */
async function untilFull(tab: StoreTab): Promise<void> {
  await until(
    'four orders have three voters each',
    async () => {
      const { orders } = await untilSettled(tab, TABS);
      const voters = orders.map(({ members }) => members.filter(({ memberKind }) => memberKind === 'voter').length);
      return voters.join(' ') === '3 3 3 3';
    },
    { timeoutMs: 120_000, intervalMs: 500 },
  );
}

function report(stream: AppendStream, tab: StoreTab, sinceMs: number): void {
  console.log(
    `${stream.acknowledged} of ${stream.started} appends were acknowledged; longest gap between two ` +
      `${stream.longestGapMs(tab, sinceMs).toFixed(0)} ms; failures ${JSON.stringify(stream.failures)}`,
  );
}
