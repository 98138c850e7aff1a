import { AppendStream, readAll } from './harness/append-stream.ts';
import { formThreeTabs } from './harness/cluster.ts';
import { expect, test } from './harness/fixtures.ts';
import { StoreTab } from './harness/store-tab.ts';
import { until } from './harness/until.ts';

const KEYS = ['kept-a', 'kept-b', 'kept-c'];

test('the last open tab of a device runs the radiants of the closed tabs, and so does a tab opened after all were closed', async ({
  world,
}) => {
  const { tabs, device, server } = await formThreeTabs(world);
  const [first, second, third] = tabs;
  const radiants = await Promise.all(tabs.map(async (tab) => (await tab.radiant()).radiant));
  const early = new AppendStream({ tabs, keys: KEYS });
  await early.untilAcknowledged(100);
  await early.stop();

  const stream = new AppendStream({ tabs: [third], keys: KEYS });
  await stream.untilAcknowledged(30);
  const closedMs = performance.now();
  await Promise.all([first.page.close(), second.page.close()]);
  await runsAll(third, radiants);
  const adoptedMs = performance.now() - closedMs;
  await stream.untilAcknowledged(stream.acknowledged + 30);
  await stream.stop();
  const faults = async (tab: StoreTab) => AppendStream.faultsIn([early, stream], await readAll(tab, KEYS));
  expect(await faults(third)).toEqual([]);
  console.log(
    `two tabs closed: adopted after ${adoptedMs.toFixed(0)} ms, longest gap between acknowledgements ` +
      `${stream.longestGapMs(third, closedMs).toFixed(0)} ms, failures ${JSON.stringify(stream.failures)}`,
  );
  await third.put('by', 'one tab');

  await third.page.close();
  const openedMs = performance.now();
  const reopened = await StoreTab.open(device, server);
  await until('the order answers', async () => (await reopened.get('by')) === 'one tab');
  console.log(`all closed, one opened: the order answered after ${(performance.now() - openedMs).toFixed(0)} ms`);
  await runsAll(reopened, radiants);
  expect(await faults(reopened)).toEqual([]);
  await reopened.put('by', 'another tab');
  expect(await reopened.get('by')).toBe('another tab');
});

async function runsAll(tab: StoreTab, radiants: readonly string[]): Promise<void> {
  await until('the tab runs all three radiants as voters', async () => {
    const running = (await tab.view()).radiants.filter(({ orders }) => orders[0]?.replica?.lifecycle === 'active');
    return radiants.every((radiant) => running.some((other) => other.radiant === radiant));
  });
}
