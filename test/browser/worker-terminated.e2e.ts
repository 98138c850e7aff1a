import { INTERVALS } from '../../src/wire/limits.ts';
import { formThreeTabs, roles } from './harness/cluster.ts';
import { expect, test } from './harness/fixtures.ts';
import { StoreTab } from './harness/store-tab.ts';
import { until } from './harness/until.ts';

for (const part of ['the herald', 'a follower'] as const) {
  test(`the worker of ${part} is terminated under its page: links are made anew, and the same radiant is back`, async ({
    world,
  }) => {
    const { tabs } = await formThreeTabs(world, { adoption: 'off' });
    const { herald, followers } = await roles(tabs);
    const at = part === 'the herald' ? herald : followers[0];
    const tab = tabs[at];
    const others = tabs.filter((other) => other !== tab);
    const before = await tab.radiant();
    const linksBefore = await until('the others are linked with it', () => linksTo(others, before.radiant));
    await tab.put('before', 'the end');

    const endedMs = performance.now();
    await tab.terminateWorker();
    await until('the page has made another worker', async () => (await tab.workersMade()) === 2);
    const noticedMs = performance.now() - endedMs;
    await until('another boot of the same radiant runs', async () => {
      const own = await tab.radiant();
      return own.radiant === before.radiant && own.boot !== before.boot;
    });
    const backMs = performance.now() - endedMs;
    await until('links to both others were made anew', async () => {
      const links = await linksTo(others, before.radiant);
      return links?.every((link, other) => link !== linksBefore[other]);
    });
    const linkedMs = performance.now() - endedMs;
    expect(await tab.get('before')).toBe('the end');
    await tab.put('after', 'it goes on');
    const answeredMs = performance.now() - endedMs;
    console.log(
      `worker of ${part} terminated: another worker after ${noticedMs.toFixed(0)} ms, ` +
        `the radiant back after ${backMs.toFixed(0)} ms, linked anew after ${linkedMs.toFixed(0)} ms, a put answered after ${answeredMs.toFixed(0)} ms`,
    );
    for (const other of others) expect(await other.get('after')).toBe('it goes on');
    expect((await tab.view()).problems.map(({ code }) => code)).toContain('WORKER_DIED');
    expect((await tab.radiant()).orders[0]?.replica?.role).toMatch(/leader|follower/u);
  });
}

test('a worker that dies while it starts is followed by one other, not by two', async ({ world }) => {
  const server = await world.startServer();
  const browser = await world.startBrowser();
  await browser.context.addInitScript((startMs) => {
    const Original = Worker;
    let made = 0;
    class Mortal extends Original {
      constructor(url: string | URL, options?: WorkerOptions) {
        super(url, options);
        made++;
        // It dies as soon as it has told that it holds its lock.
        if (made === 2) this.addEventListener('message', () => this.terminate(), { once: true });
      }
    }
    globalThis.Worker = Mortal;
    // Without the waits before a restart, one too many would be there before the radiant is back.
    const wait = globalThis.setTimeout.bind(globalThis);
    Reflect.set(globalThis, 'setTimeout', (task: () => void, delayMs = 0) =>
      wait(task, delayMs < startMs ? 0 : delayMs),
    );
  }, INTERVALS.workerStartMs);
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

/** The others' links to a radiant, each by the name that its own radiant gives it; undefined while one has none. */
async function linksTo(tabs: readonly StoreTab[], radiant: string): Promise<number[] | undefined> {
  const links = await Promise.all(
    tabs.map(async (tab) => (await tab.radiant()).neighbours.find((neighbour) => neighbour.radiant === radiant)?.link),
  );
  return links.includes(undefined) ? undefined : links.filter((link) => link !== undefined);
}
