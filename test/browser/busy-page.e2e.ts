import { formThreeDevices, roles } from './harness/cluster.ts';
import { expect, test } from './harness/fixtures.ts';
import { blockedRounds, blockMainThread } from './harness/page-faults.ts';
import type { StoreTab } from './harness/store-tab.ts';
import { until } from './harness/until.ts';
import type { World } from './harness/world.ts';
import { TIMES, type TimesChoice } from '../../src/wire/times.ts';

interface Blocking {
  readonly rounds: number;
  readonly busyMs: number;
  readonly idleMs: number;
  readonly times: TimesChoice;
}

/** Half the times of production, for the cluster and for the blocking. */
const HALVED: Blocking = {
  rounds: 4,
  busyMs: 1_000,
  idleMs: 500,
  times: { raft: { tickMs: TIMES.raft.tickMs / 2, clockGapMs: TIMES.raft.clockGapMs / 2 } },
};
const A_MINUTE: Blocking = { rounds: 20, busyMs: 2_000, idleMs: 1_000, times: {} };

test('a herald with halved times stays herald while its page is blocked for 1 of every 1.5 seconds', async ({
  world,
}) => {
  await blockHeraldsPage(world, HALVED);
});

test('a herald stays herald for a minute while its page is blocked for 2 of every 3 seconds', { tag: '@full' }, async ({
  world,
}) => {
  test.setTimeout(120_000);
  await blockHeraldsPage(world, A_MINUTE);
});

async function blockHeraldsPage(world: World, { rounds, busyMs, idleMs, times }: Blocking): Promise<void> {
  const { tabs } = await formThreeDevices(world, { times });
  const leading = await roles(tabs);
  const herald = tabs[leading.herald];
  const [one, other] = [tabs[leading.followers[0]], tabs[leading.followers[1]]];
  const before = await Promise.all(tabs.map(termAndHerald));

  const unblock = await blockMainThread(herald.page, { busyMs, idleMs });
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
