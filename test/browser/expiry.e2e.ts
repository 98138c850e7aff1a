import { expect, test } from './harness/fixtures.ts';
import { StoreTab } from './harness/store-tab.ts';
import { until } from './harness/until.ts';

const COUNT = 30;
const TTL_MS = 8_000;

test('keys expire in all tabs, from reads and lists, also after their shard has moved', { tag: '@full' }, async ({
  world,
}) => {
  test.setTimeout(120_000);
  const server = await world.server();
  const device = await world.openDevice();
  const founder = await StoreTab.open(device, server, { radiants: 2, orders: 2, shards: 2, profile: 'own' });
  const secret = await founder.secret();
  const other = await StoreTab.open(device, server, { radiants: 2, secret, profile: 'own' });
  await until('the tabs form two orders', async () => (await founder.radiant()).orders.length === 2, {
    timeoutMs: 60_000,
  });
  const firstPutMs = Date.now();
  const expiries = await putAll(founder);
  for (const expiresMs of expiries) expect(Math.abs(expiresMs - firstPutMs - TTL_MS)).toBeLessThan(3_000);
  const { orders } = await founder.configuration();
  const [from, to] = orders.toSorted((one, another) => another.shards.length - one.shards.length);
  const shard = from?.shards[0];
  if (shard === undefined || to === undefined) throw new Error('No shard can be moved.');
  await founder.move(shard.first, to.id);
  const present = await readAll(other);
  if (Date.now() - firstPutMs < TTL_MS) expect(present).toEqual({ values: COUNT, listed: COUNT });
  for (const tab of [founder, other]) {
    await until('all keys have expired', async () => (await readAll(tab)).values === 0, { timeoutMs: 30_000 });
    expect(await readAll(tab)).toEqual({ values: 0, listed: 0 });
  }
  expect(Date.now() - firstPutMs).toBeGreaterThanOrEqual(TTL_MS);
});

/** Puts all keys. @returns the times at which they expire, as their entries tell */
async function putAll({ page }: StoreTab): Promise<readonly number[]> {
  return await page.evaluate(
    async ({ count, expireInMs }) => {
      const store = await globalThis.storePage?.store;
      if (store === undefined) throw new Error('This page opens no store.');
      const keys = Array.from({ length: count }, (_, at) => `session ${at}`);
      await Promise.all(keys.map((key) => store.put(key, 'v', { expireInMs })));
      const entries = await Promise.all(keys.map((key) => store.entry(key)));
      return entries.map((entry) => entry?.expiresAt?.getTime() ?? 0);
    },
    { count: COUNT, expireInMs: TTL_MS },
  );
}

async function readAll({ page }: StoreTab): Promise<{ readonly values: number; readonly listed: number }> {
  return await page.evaluate(async (count) => {
    const store = await globalThis.storePage?.store;
    if (store === undefined) throw new Error('This page opens no store.');
    const values = await store.getMany(Array.from({ length: count }, (_, at) => `session ${at}`));
    let listed = 0;
    for await (const { key } of store.list({ prefix: 'session ' })) listed += String(key).length > 0 ? 1 : 0;
    return { values: values.filter((value) => value !== undefined).length, listed };
  }, COUNT);
}
