import { AppendStream, readAll } from './harness/append-stream.ts';
import type { Device } from './harness/chromium-process.ts';
import { expect, test } from './harness/fixtures.ts';
import { StoreTab } from './harness/store-tab.ts';
import { until } from './harness/until.ts';
import type { World } from './harness/world.ts';

/** Patience for nine tabs on two cores. */
const PATIENCE = { timeoutMs: 60_000, intervalMs: 100 };
/** Keys with slots in all parts of the ring. */
const KEYS = ['ash', 'birch', 'cedar', 'elm', 'fir', 'hazel'];

test('nine tabs form three orders, and a shard moves between two of them during writes', async ({ world }) => {
  test.setTimeout(240_000);
  const tabs = await openNine(world);
  const [first] = tabs;
  const formedMs = performance.now();
  for (const tab of tabs) await until('every order has a herald', () => isWholeFor(tab), PATIENCE);
  console.log(`every tab saw three heralds ${(performance.now() - formedMs).toFixed(0)} ms after the last was open`);

  const { orders } = await first.configuration();
  expect(orders.map(({ members }) => members.voters.length)).toEqual([3, 3, 3]);
  // Three of the nine tabs run on each device, so every order has a voter on each device.
  for (const { members } of orders) expect(new Set(members.voters.map(({ device }) => device)).size).toBe(3);
  for (const [at, tab] of tabs.entries()) await tab.put(`from ${at}`, `value ${at}`);
  const everything = tabs.map((_, at) => `value ${at}`);
  for (const tab of tabs) expect(await Promise.all(tabs.map((_, at) => tab.get(`from ${at}`)))).toEqual(everything);

  const stream = new AppendStream({ tabs: [tabs[1], tabs[5]], keys: KEYS });
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
  const gap = Math.max(...[tabs[1], tabs[5]].map((tab) => stream.longestGapMs(tab, movedMs)));
  console.log(
    `slots ${shard.first} to ${shard.last} moved in ${moved.toFixed(0)} ms; longest gap between two ` +
      `acknowledgements ${gap.toFixed(0)} ms, failures ${JSON.stringify(stream.failures)}`,
  );

  const after = await first.configuration();
  const arrived = { ...shard, epoch: shard.epoch + 1 };
  expect(after.orders.find(({ id }) => id === to.id)?.shards).toContainEqual(arrived);
  for (const tab of [first, tabs[4], tabs[8]]) {
    expect(stream.faultsIn(await readAll(tab, KEYS))).toEqual([]);
    expect(await Promise.all(tabs.map((_, at) => tab.get(`from ${at}`)))).toEqual(everything);
  }
});

type Nine = readonly [StoreTab, StoreTab, StoreTab, StoreTab, StoreTab, StoreTab, StoreTab, StoreTab, StoreTab];

/** Opens three devices with three tabs each. */
async function openNine(world: World): Promise<Nine> {
  const server = await world.server();
  const [one, two, three] = await Promise.all([world.openDevice(), world.openDevice(), world.openDevice()]);
  const first = await StoreTab.open(one, server, { radiants: 9, shards: 6 });
  const secret = await first.secret();
  const open = (device: Device) => StoreTab.open(device, server, { secret, radiants: 9 });
  return [
    first,
    await open(two),
    await open(three),
    await open(one),
    await open(two),
    await open(three),
    await open(one),
    await open(two),
    await open(three),
  ];
}

async function isWholeFor(tab: StoreTab): Promise<boolean> {
  const { orders } = await tab.radiant();
  return orders.length === 3 && orders.every(({ herald }) => herald !== undefined);
}

async function isMoving(tab: StoreTab): Promise<boolean> {
  const { orders } = await tab.configuration();
  return orders.some(({ shards }) => shards.some(({ source }) => source !== undefined));
}
