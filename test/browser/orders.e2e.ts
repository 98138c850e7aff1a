import { AppendStream, readAll } from './harness/append-stream.ts';
import { expect, test } from './harness/fixtures.ts';
import { StoreTab } from './harness/store-tab.ts';
import { until } from './harness/until.ts';
import type { World } from './harness/world.ts';

const PATIENCE = { timeoutMs: 60_000 };
/** Keys with slots in all parts of the ring. */
const KEYS = ['ash', 'birch', 'cedar', 'elm', 'fir', 'hazel'];

test('six tabs form two orders, and a shard moves between them during writes', async ({ world }) => {
  await formAndMove(world, 2);
});

test('nine tabs form three orders, and a shard moves between two of them during writes', { tag: '@full' }, async ({
  world,
}) => {
  await formAndMove(world, 3);
});

/** Forms orders of one tab on each of three devices. */
async function formAndMove(world: World, orderCount: number): Promise<void> {
  test.setTimeout(240_000);
  const tabs = await openTabs(world, orderCount);
  const [first, writer] = tabs;
  const last = tabs.at(-1);
  if (first === undefined || writer === undefined || last === undefined) throw new Error('No tabs were opened.');
  const formedMs = performance.now();
  for (const tab of tabs) await until('every order has a herald', () => isWholeFor(tab, orderCount), PATIENCE);
  console.log(`every tab saw all heralds ${(performance.now() - formedMs).toFixed(0)} ms after the last was open`);

  const { orders } = await first.configuration();
  expect(orders.map(({ members }) => members.voters.length)).toEqual(Array(orderCount).fill(3));
  for (const { members } of orders) expect(new Set(members.voters.map(({ device }) => device)).size).toBe(3);
  for (const [at, tab] of tabs.entries()) await tab.put(`from ${at}`, `value ${at}`);
  const everything = tabs.map((_, at) => `value ${at}`);
  for (const tab of tabs) expect(await Promise.all(tabs.map((_, at) => tab.get(`from ${at}`)))).toEqual(everything);

  const stream = new AppendStream({ tabs: [writer, last], keys: KEYS });
  await stream.untilAcknowledged(60);
  const [from, to] = orders;
  if (from === undefined || to === undefined) throw new Error('The cluster has fewer than two orders.');
  const [shard] = from.shards;
  if (shard === undefined) throw new Error('The first order has no shard.');
  const movedMs = performance.now();
  await first.move(shard.first, to.id);
  await until('the shard has arrived', async () => !(await isMoving(first)), PATIENCE);
  const moved = performance.now() - movedMs;
  await stream.untilAcknowledged(stream.acknowledged + 60);
  await stream.stop();
  const gap = Math.max(...[writer, last].map((tab) => stream.longestGapMs(tab, movedMs)));
  console.log(
    `slots ${shard.first} to ${shard.last} moved in ${moved.toFixed(0)} ms; longest gap between two ` +
      `acknowledgements ${gap.toFixed(0)} ms, failures ${JSON.stringify(stream.failures)}`,
  );

  const after = await first.configuration();
  const arrived = { ...shard, epoch: shard.epoch + 1 };
  expect(after.orders.find(({ id }) => id === to.id)?.shards).toContainEqual(arrived);
  for (const tab of tabs) {
    expect(stream.faultsIn(await readAll(tab, KEYS))).toEqual([]);
    expect(await Promise.all(tabs.map((_, at) => tab.get(`from ${at}`)))).toEqual(everything);
  }
}

/** Opens as many tabs on each of three devices. */
async function openTabs(world: World, tabsPerDevice: number): Promise<readonly StoreTab[]> {
  const server = await world.server();
  const devices = [await world.openDevice(), await world.openDevice(), await world.openDevice()];
  const radiants = tabsPerDevice * devices.length;
  const tabs: StoreTab[] = [];
  for (const device of Array.from({ length: tabsPerDevice }, () => devices).flat()) {
    const secret = await tabs[0]?.secret();
    const shards = 2 * tabsPerDevice;
    tabs.push(await StoreTab.open(device, server, secret === undefined ? { radiants, shards } : { radiants, secret }));
  }
  return tabs;
}

async function isWholeFor(tab: StoreTab, orderCount: number): Promise<boolean> {
  const { orders } = await tab.radiant();
  return orders.length === orderCount && orders.every(({ herald }) => herald !== undefined);
}

async function isMoving(tab: StoreTab): Promise<boolean> {
  const { orders } = await tab.configuration();
  return orders.some(({ shards }) => shards.some(({ source }) => source !== undefined));
}
