import { AppendStream, readAll } from './harness/append-stream.ts';
import { formThreeBrowsers } from './harness/cluster.ts';
import { expect, test } from './harness/fixtures.ts';
import { StoreTab } from './harness/store-tab.ts';
import { until } from './harness/until.ts';

const KEYS = ['all-a', 'all-b'];

test('acknowledged writes survive a kill -9 of all three browsers at once, since every write uses a strict transaction', async ({
  world,
}) => {
  const { tabs, browsers, server } = await formThreeBrowsers(world);
  const radiants = await Promise.all(tabs.map(async (tab) => (await tab.radiant()).radiant));
  const stream = new AppendStream({ tabs, keys: KEYS });
  await stream.untilAcknowledged(300);
  const transactions = (await Promise.all(tabs.map((tab) => tab.transactions()))).flat();
  await Promise.all(browsers.map((browser) => browser.kill()));
  await stream.stop();

  const reopened = await Promise.all(
    browsers.map(async (browser) => await StoreTab.open(await world.startBrowser(browser.profile), server)),
  );
  const beganMs = performance.now();
  await Promise.all(reopened.map((tab) => tab.ready()));
  for (const tab of reopened) {
    const values = await until('the tab reads all keys', () => readAll(tab, KEYS));
    expect(stream.faultsIn(values)).toEqual([]);
  }
  console.log(
    `${stream.acknowledged} of ${stream.started} appends were acknowledged before the kill; ` +
      `all tabs read them ${(performance.now() - beganMs).toFixed(0)} ms after the pages were open again`,
  );
  expect(await Promise.all(reopened.map(async (tab) => (await tab.radiant()).radiant))).toEqual(radiants);
  await reopened[0]?.put('afterwards', 'it goes on');
  expect(await reopened[1]?.get('afterwards')).toBe('it goes on');

  // Even after a kill, the operating system flushes relaxed writes. Only the durability option of each transaction
  // shows whether it was strict.
  transactions.push(...(await Promise.all(reopened.map((tab) => tab.transactions()))).flat());
  const writes = transactions.filter(({ mode }) => mode !== 'readonly');
  const groupCommits = writes.filter(({ database }) => database.startsWith('shardbearer-radiant-'));
  console.log(`${writes.length} writing transactions, ${groupCommits.length} of them of radiants`);
  expect(groupCommits.length).toBeGreaterThan(100);
  expect(writes.filter(({ durability }) => durability !== 'strict')).toEqual([]);
});
