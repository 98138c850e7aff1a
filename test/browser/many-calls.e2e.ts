import { formThreeTabsOnDisk, roles } from './harness/cluster.ts';
import { expect, test } from './harness/fixtures.ts';
import type { StoreTab } from './harness/store-tab.ts';

const SMALL_PUTS = 5_000;
const LARGE_PUTS = 24;
const LARGE_BYTES = 1_000_000;

test('a follower resolves 5,000 simultaneous small puts, then 24 puts of 1 MB, then 24 reads of 1 MB', async ({
  world,
}) => {
  const { tabs } = await formThreeTabsOnDisk(world);
  const { followers } = await roles(tabs);
  const follower = tabs[followers[0]];

  expect(await putAtOnce(follower, 'small', SMALL_PUTS, 100)).toEqual({ done: SMALL_PUTS });
  expect(await putAtOnce(follower, 'large', LARGE_PUTS, LARGE_BYTES)).toEqual({ done: LARGE_PUTS });
  expect(await getAtOnce(follower, 'large', LARGE_PUTS, LARGE_BYTES)).toEqual({ done: LARGE_PUTS });
});

/** Makes many puts at once. Returns the number of puts by outcome, which is `done` or an error code. */
async function putAtOnce({ page }: StoreTab, prefix: string, count: number, bytes: number) {
  return await page.evaluate(
    async (asked) => {
      const store = await globalThis.storePage?.store;
      if (store === undefined) throw new Error('This page opens no store.');
      const value = 'x'.repeat(asked.bytes);
      const puts = Array.from({ length: asked.count }, (_, at) => store.put(`${asked.prefix} ${at}`, value));
      const endings = await Promise.allSettled(puts);
      const counts: Record<string, number> = {};
      for (const ending of endings) {
        const name = ending.status === 'fulfilled' ? 'done' : String(Reflect.get(Object(ending.reason), 'code'));
        counts[name] = (counts[name] ?? 0) + 1;
      }
      return counts;
    },
    { prefix, count, bytes },
  );
}

async function getAtOnce({ page }: StoreTab, prefix: string, count: number, bytes: number) {
  return await page.evaluate(
    async (asked) => {
      const store = await globalThis.storePage?.store;
      if (store === undefined) throw new Error('This page opens no store.');
      const gets = Array.from({ length: asked.count }, (_, at) => store.get(`${asked.prefix} ${at}`));
      const endings = await Promise.allSettled(gets);
      const counts: Record<string, number> = {};
      for (const ending of endings) {
        const isWhole = ending.status === 'fulfilled' && ending.value?.length === asked.bytes;
        const code = ending.status === 'fulfilled' ? 'wrong' : String(Reflect.get(Object(ending.reason), 'code'));
        const name = isWhole ? 'done' : code;
        counts[name] = (counts[name] ?? 0) + 1;
      }
      return counts;
    },
    { prefix, count, bytes },
  );
}
