import { formThreeBrowsers, roles } from './harness/cluster.ts';
import { expect, test } from './harness/fixtures.ts';
import { blockedRounds, blockMainThread } from './harness/page-faults.ts';
import type { StoreTab } from './harness/store-tab.ts';
import { until } from './harness/until.ts';

/** Of 2 s each, with 1 s between them: a minute. */
const ROUNDS = 20;

test('a herald whose page is blocked for 2 of every 3 seconds stays herald for a minute', async ({ world }) => {
  test.setTimeout(120_000);
  const { tabs } = await formThreeBrowsers(world);
  const leading = await roles(tabs);
  const herald = tabs[leading.herald];
  const [one, other] = [tabs[leading.followers[0]], tabs[leading.followers[1]]];
  const before = await Promise.all(tabs.map(reignAndHerald));
  await herald.beginGapMeasurement();

  const unblock = await blockMainThread(herald.page);
  await until(
    'a minute of blocking is over',
    async () => {
      await one.append('ticks', '.');
      return (await blockedRounds(herald.page)) >= ROUNDS;
    },
    { timeoutMs: 90_000 },
  );
  await unblock();

  console.log(`largest gap between heartbeats' answers: ${Math.round(await herald.largestGapMs())} ms`);
  expect(await Promise.all(tabs.map(reignAndHerald))).toEqual(before);
  expect(new Set(before.map(({ reign }) => reign)).size).toBe(1);
  expect(await herald.isHerald()).toBe(true);
  expect(await other.get('ticks')).toMatch(/^\.{20,}$/u);
});

async function reignAndHerald(tab: StoreTab) {
  const [order] = (await tab.radiant()).orders;
  return { reign: order?.replica?.reign, herald: order?.herald };
}
