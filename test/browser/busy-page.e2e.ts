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
  const before = await Promise.all(tabs.map(termAndHerald));

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

  const silences = await Promise.all([one, other].map(heraldSilenceMs));
  console.log(`largest gap between heartbeats, as each follower met it: ${silences.join(' and ')} ms`);
  expect(Math.min(...silences)).toBeGreaterThan(0);
  expect(await Promise.all(tabs.map(termAndHerald))).toEqual(before);
  expect(new Set(before.map(({ term }) => term)).size).toBe(1);
  expect(await herald.isHerald()).toBe(true);
  expect(await other.get('ticks')).toMatch(/^\.{20,}$/u);
});

async function termAndHerald(tab: StoreTab) {
  const [order] = (await tab.radiant()).orders;
  return { term: order?.replica?.term, herald: order?.herald };
}

/** The longest time that a follower had no message of its herald, over the whole term. */
async function heraldSilenceMs(tab: StoreTab): Promise<number> {
  return Math.round((await tab.radiant()).orders[0]?.replica?.heraldSilenceMs ?? Number.POSITIVE_INFINITY);
}
