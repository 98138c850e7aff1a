import { TIMES } from '../../src/wire/times.ts';
import { formThreeTabs, roles } from './harness/cluster.ts';
import { expect, test } from './harness/fixtures.ts';
import { StoreTab } from './harness/store-tab.ts';
import { until } from './harness/until.ts';

test('the same radiant returns and links again after its worker was terminated', async ({ world }) => {
  const { tabs } = await formThreeTabs(world);
  const { herald, followers } = await roles(tabs);
  await tabs[herald].put('before', 'the end');
  await comesBack('a follower', tabs[followers[0]], tabs);
  await comesBack('the herald', tabs[(await roles(tabs)).herald], tabs);
});

async function comesBack(part: string, tab: StoreTab, tabs: readonly StoreTab[]): Promise<void> {
  const others = tabs.filter((other) => other !== tab);
  const before = await tab.radiant();
  const linksBefore = await until('the others are linked with it', () => linksTo(others, before.radiant));

  const endedMs = performance.now();
  const since = () => `${(performance.now() - endedMs).toFixed(0)} ms`;
  await tab.terminateWorker();
  await until('the page has made another worker', async () => (await tab.workersMade()) === 2);
  const noticed = since();
  await until('another boot of the same radiant runs', async () => {
    const own = await tab.radiant();
    return own.radiant === before.radiant && own.boot !== before.boot;
  });
  const back = since();
  await until('links to both others were made again', async () => {
    const links = await linksTo(others, before.radiant);
    return links?.every((link, other) => link !== linksBefore[other]);
  });
  const linked = since();
  expect(await tab.get('before')).toBe('the end');
  await tab.put(part, 'it goes on');
  console.log(
    `worker of ${part} terminated: another worker after ${noticed}, the radiant back after ${back}, ` +
      `linked again after ${linked}, a put answered after ${since()}`,
  );
  for (const other of others) expect(await other.get(part)).toBe('it goes on');
  const view = await tab.view();
  expect(view.problems.map(({ code }) => code)).toContain('WORKER_DIED');
  expect(view.radiants[0]?.orders[0]?.replica?.role).toMatch(/leader|follower/u);
}

test('only one worker replaces a worker that dies during its start', async ({ world }) => {
  const server = await world.server();
  const browser = await world.openDevice();
  await browser.context.addInitScript((startMs) => {
    const Original = Worker;
    let made = 0;
    class Mortal extends Original {
      constructor(url: string | URL, options?: WorkerOptions) {
        super(url, options);
        made++;
        // The second worker dies just after its first message, which reports its lock.
        if (made === 2) this.addEventListener('message', () => this.terminate(), { once: true });
      }
    }
    globalThis.Worker = Mortal;
    // The wait before a restart is removed. A surplus worker would then start before the radiant returns.
    const wait = globalThis.setTimeout.bind(globalThis);
    Reflect.set(globalThis, 'setTimeout', (task: () => void, delayMs = 0) =>
      wait(task, delayMs < startMs ? 0 : delayMs),
    );
  }, TIMES.page.workerHedgeMs);
  const tab = await StoreTab.open(browser, server);
  const before = await tab.radiant();
  await tab.terminateWorker();
  await until('another boot of the same radiant runs', async () => {
    const own = await tab.radiant();
    return own.radiant === before.radiant && own.boot !== before.boot;
  });
  expect(await tab.workersMade()).toBe(3);
  const { held = [] } = await tab.page.evaluate(() => navigator.locks.query());
  expect(held.filter(({ name }) => name?.startsWith('shardbearer-worker-')).length).toBe(1);
});

test('a worker that is terminated before its script ran is replaced within seconds, at the first start and later', async ({
  world,
}) => {
  const server = await world.server();
  const browser = await world.openDevice();
  await browser.context.addInitScript(() => {
    const Original = Worker;
    let made = 0;
    globalThis.Worker = class Mortal extends Original {
      constructor(url: string | URL, options?: WorkerOptions) {
        super(url, options);
        made++;
        // The first and the third of four workers are terminated.
        if (made % 2 === 1) this.terminate();
      }
    };
  });
  const openedMs = performance.now();
  const tab = await StoreTab.open(browser, server);
  const before = await tab.radiant();
  console.log(`first worker terminated: the radiant runs after ${(performance.now() - openedMs).toFixed(0)} ms`);
  expect(await tab.workersMade()).toBe(2);

  const endedMs = performance.now();
  await tab.terminateWorker();
  await until('another boot of the same radiant runs', async () => {
    const own = await tab.radiant();
    return own.radiant === before.radiant && own.boot !== before.boot;
  });
  const backMs = performance.now() - endedMs;
  console.log(`third worker terminated: the radiant is back after ${backMs.toFixed(0)} ms`);
  expect(await tab.workersMade()).toBe(4);
  expect(backMs).toBeLessThan(TIMES.page.workerStartMs / 2);
});

/** By tab: the number of its link to the radiant. Undefined: a tab has no such link. */
async function linksTo(tabs: readonly StoreTab[], radiant: string): Promise<number[] | undefined> {
  const links = await Promise.all(
    tabs.map(async (tab) => (await tab.radiant()).neighbours.find((neighbour) => neighbour.radiant === radiant)?.link),
  );
  return links.includes(undefined) ? undefined : links.filter((link) => link !== undefined);
}
