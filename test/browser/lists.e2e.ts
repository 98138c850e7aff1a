import type { Configuration } from '../../src/wire/configuration/configuration.ts';
import { expect, test } from './harness/fixtures.ts';
import { StoreTab } from './harness/store-tab.ts';
import { until } from './harness/until.ts';

const COUNT = 10_000;
const ORDERS = 3;

test('a list of 10,000 keys over three orders has each key once and in order, while shards move', async ({ world }) => {
  test.setTimeout(180_000);
  const server = await world.server();
  const device = await world.openDevice();
  const founder = await StoreTab.open(device, server, {
    radiants: 3,
    orders: ORDERS,
    shards: 2 * ORDERS,
    profile: 'own',
  });
  const secret = await founder.secret();
  const others = [1, 2].map(() => StoreTab.open(device, server, { radiants: 3, secret, profile: 'own' }));
  const tabs = [founder, ...(await Promise.all(others))];
  await until('the tabs form three orders', async () => (await founder.radiant()).orders.length === ORDERS, {
    timeoutMs: 60_000,
  });
  const putMs = await putAll(founder);
  const lists = tabs.map((tab, at) => listAll(tab, at === 1));
  let moves = 0;
  let isListing = true;
  const moving = (async () => {
    while (isListing) moves += (await moveOne(founder)) ? 1 : 0;
  })();
  const results = await Promise.all(lists);
  isListing = false;
  await moving;
  console.log(
    `${COUNT} puts took ${putMs.toFixed(0)} ms; three lists took ` +
      `${results.map(({ elapsedMs }) => elapsedMs.toFixed(0)).join(', ')} ms, and ${moves} moves ended meanwhile`,
  );
  for (const { count, faults } of results) {
    expect(faults).toEqual([]);
    expect(count).toBe(COUNT);
  }
  expect(moves).toBeGreaterThan(0);
  expect(await firstKeys(founder)).toEqual(['item 00000', 'item 00001', 'item 00002']);
});

async function putAll({ page }: StoreTab): Promise<number> {
  return await page.evaluate(async (count) => {
    const store = await globalThis.storePage?.store;
    if (store === undefined) throw new Error('This page opens no store.');
    const beganMs = performance.now();
    for (let from = 0; from < count; from += 500) {
      const keys = Array.from({ length: 500 }, (_, at) => `item ${String(from + at).padStart(5, '0')}`);
      await Promise.all(keys.map((key) => store.put(key, `value of ${key}`)));
    }
    return performance.now() - beganMs;
  }, COUNT);
}

/** Lists all keys. A key out of order, a double key and a wrong value are faults. */
async function listAll({ page }: StoreTab, reverse: boolean) {
  return await page.evaluate(async (isReversed) => {
    const store = await globalThis.storePage?.store;
    if (store === undefined) throw new Error('This page opens no store.');
    const beganMs = performance.now();
    const faults: string[] = [];
    let count = 0;
    let before: string | undefined;
    for await (const { key, value } of store.list({ prefix: 'item ', reverse: isReversed })) {
      const text = String(key);
      if (before !== undefined && (isReversed ? text >= before : text <= before))
        faults.push(`${text} after ${before}`);
      if (value !== `value of ${text}`) faults.push(`${text} is ${value}`);
      before = text;
      count += 1;
    }
    return { count, faults, elapsedMs: performance.now() - beganMs };
  }, reverse);
}

async function firstKeys({ page }: StoreTab): Promise<unknown[]> {
  return await page.evaluate(async () => {
    const store = await globalThis.storePage?.store;
    const keys: unknown[] = [];
    if (store !== undefined) for await (const { key } of store.list({ limit: 3 })) keys.push(key);
    return keys;
  });
}

/** Moves a shard to the next order, and waits until it has arrived. @returns whether a shard could be moved */
async function moveOne(tab: StoreTab): Promise<boolean> {
  const { orders } = await tab.configuration();
  const [from, to] = orders.toSorted((one, other) => other.shards.length - one.shards.length);
  const shard = from?.shards[0];
  if (shard === undefined || to === undefined || isMoving({ orders })) return false;
  await tab.move(shard.first, to.id);
  await until('the shard has arrived', async () => !isMoving(await tab.configuration()), { timeoutMs: 30_000 });
  return true;
}

function isMoving({ orders }: Pick<Configuration, 'orders'>): boolean {
  return orders.some(({ shards }) => shards.some(({ source }) => source !== undefined));
}
