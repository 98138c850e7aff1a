import { formThreeBrowsers, roles } from './harness/cluster.ts';
import { expect, test } from './harness/fixtures.ts';
import { blockedRounds, blockMainThread } from './harness/page-faults.ts';
import type { StoreTab } from './harness/store-tab.ts';
import { until } from './harness/until.ts';
import type { World } from './harness/world.ts';

/** Number of rounds in `npm test`. A round is 2 s of blocking and 1 s of rest. */
const ROUNDS = 4;
const ROUNDS_IN_A_MINUTE = 20;

test('a herald stays herald while its page is blocked for 2 of every 3 seconds', async ({ world }) => {
  await blockHeraldsPage(world, ROUNDS);
});

test('a herald stays herald for a minute while its page is blocked for 2 of every 3 seconds', { tag: '@full' }, async ({
  world,
}) => {
  test.setTimeout(120_000);
  await blockHeraldsPage(world, ROUNDS_IN_A_MINUTE);
});

async function blockHeraldsPage(world: World, rounds: number): Promise<void> {
  const { tabs } = await formThreeBrowsers(world);
  const leading = await roles(tabs);
  const herald = tabs[leading.herald];
  const [one, other] = [tabs[leading.followers[0]], tabs[leading.followers[1]]];
  const before = await Promise.all(tabs.map(termAndHerald));

  const unblock = await blockMainThread(herald.page);
  await until(
    'the rounds of blocking are over',
    async () => {
      await one.append('ticks', '.');
      return (await blockedRounds(herald.page)) >= rounds;
    },
    { timeoutMs: 90_000 },
  );
  await unblock();

  const silences = await Promise.all([one, other].map(heraldSilenceMs));
  console.log(`largest gap between heartbeats at each follower: ${silences.join(' and ')} ms`);
  expect(Math.min(...silences)).toBeGreaterThan(0);
  expect(await Promise.all(tabs.map(termAndHerald))).toEqual(before);
  expect(new Set(before.map(({ term }) => term)).size).toBe(1);
  expect(await herald.isHerald()).toBe(true);
  expect(await other.get('ticks')).toMatch(new RegExp(`^\\.{${rounds},}$`, 'u'));
}

async function termAndHerald(tab: StoreTab) {
  const [order] = (await tab.radiant()).orders;
  return { term: order?.replica?.term, herald: order?.herald };
}

/** Longest time in this term in which a follower got no message from its herald. */
async function heraldSilenceMs(tab: StoreTab): Promise<number> {
  return Math.round((await tab.radiant()).orders[0]?.replica?.heraldSilenceMs ?? Number.POSITIVE_INFINITY);
}
