import { type ClusterOfBrowsers, formThreeBrowsers, roles } from './harness/cluster.ts';
import { expect, test } from './harness/fixtures.ts';
import { clearSiteData, deleteDatabase } from './harness/page-faults.ts';
import { StoreFailure, StoreTab } from './harness/store-tab.ts';
import { until } from './harness/until.ts';
import type { World } from './harness/world.ts';

type Position = 0 | 1 | 2;

for (const [what, lose] of [
  ['its site data is cleared under the running tab', async (tab: StoreTab) => clearSiteData(tab.page)],
  [
    'its database is deleted under the running tab',
    async (tab: StoreTab, radiant: string) => void (await deleteDatabase(tab.page, `shardbearer-radiant-${radiant}`)),
  ],
] as const) {
  test(`a herald steps down with STORAGE_LOST when ${what}, and never votes again`, async ({ world }) => {
    const cluster = await formThreeBrowsers(world);
    const { herald, followers } = await roles(cluster.tabs);
    const tab = cluster.tabs[herald];
    const { radiant } = await tab.radiant();
    await tab.put('before', 'the loss');

    const lostMs = performance.now();
    await lose(tab, radiant);
    await untilLost(tab, radiant);
    console.log(`STORAGE_LOST was shown ${(performance.now() - lostMs).toFixed(0)} ms after the data was gone`);
    await expectToBeNoVoter(world, cluster, { tab, radiant, others: followers });
  });
}

for (const [what, lose] of [
  ['rolled back to an older copy', 'roll back'],
  ['wiped', 'wipe'],
] as const) {
  test(`the radiant of a profile that was ${what} does not vote`, async ({ world }) => {
    const cluster = await formThreeBrowsers(world);
    const { herald, followers } = await roles(cluster.tabs);
    const [lost, kept] = followers;
    const { radiant } = await cluster.tabs[lost].radiant();
    await cluster.tabs[lost].put('before', 'the copy');
    const { profile } = cluster.browsers[lost];

    await cluster.browsers[lost].close();
    const older = await world.copyProfile(profile);
    if (lose === 'roll back') {
      // It goes on for a while, and others see what it flushes; then that is taken from it.
      const later = await world.startBrowser(profile);
      const tab = await StoreTab.open(later, cluster.server);
      await until('it follows again', async () => (await tab.radiant()).radiant === radiant && (await puts(tab)));
      await later.kill();
      await profile.rollBackTo(older);
    } else {
      await profile.wipe();
    }

    const again = await world.startBrowser(profile);
    const tab = await StoreTab.open(again, cluster.server, { secret: cluster.secret });
    if (lose === 'roll back') await untilLost(tab, radiant);
    await tab.ready();
    await expectToBeNoVoter(world, cluster, { tab, radiant, others: [herald, kept] });
  });
}

/** It says so, and another radiant runs in the tab; the lost one is gone for good. */
async function untilLost(tab: StoreTab, radiant: string): Promise<void> {
  await until('STORAGE_LOST is shown', async () =>
    (await tab.view()).problems.some(({ code }) => code === 'STORAGE_LOST'),
  );
  await until('another radiant took its place', async () => {
    const { radiants } = await tab.view();
    return (
      radiants.length > 0 && radiants.every((view) => view.radiant !== radiant && view.orders[0]?.replica === undefined)
    );
  });
}

/** A radiant that lost its data, the tab in which it ran, and where the two run that have theirs. */
interface Loss {
  readonly tab: StoreTab;
  readonly radiant: string;
  readonly others: readonly [Position, Position];
}

/**
 * Beside the one that lost its data, one voter alone cannot decide: nothing is acknowledged. As soon as the other
 * voter is back, everything that was acknowledged is there.
 */
async function expectToBeNoVoter(
  world: World,
  { tabs, browsers, server }: ClusterOfBrowsers,
  { tab, radiant, others: [one, other] }: Loss,
): Promise<void> {
  await until('the two that remember go on', () => puts(tabs[one]));
  expect(await tab.get('before')).toMatch(/^the /u);

  await browsers[other].kill();
  const refusals = [await refused(tabs[one], 'alone'), await refused(tabs[one], 'alone'), await refused(tab, 'alone')];
  console.log(`with one voter and the radiant that lost its data, puts came to ${refusals.join(', ')}`);
  for (const refusal of refusals) expect(refusal).toMatch(/^(NO_QUORUM|UNAVAILABLE|OUTCOME_UNKNOWN)$/u);

  const back = await StoreTab.open(await world.startBrowser(browsers[other].profile), server);
  await until('two voters decide again', () => puts(back));
  expect(await back.get('before')).toMatch(/^the /u);
  const { radiants } = await tab.view();
  expect(radiants.filter((view) => view.radiant === radiant || view.orders[0]?.replica !== undefined)).toEqual([]);
  const members = (await back.radiant()).orders[0]?.members ?? [];
  expect(members.find((member) => member.radiant === radiant)?.reachable).toBe(false);
}

async function puts(tab: StoreTab): Promise<boolean> {
  await tab.put('after', 'it goes on');
  return true;
}

/** The code by which a put is refused; undefined: it was acknowledged. */
async function refused(tab: StoreTab, key: string): Promise<string | undefined> {
  try {
    await tab.put(key, 'must not be acknowledged');
    return undefined;
  } catch (error) {
    if (error instanceof StoreFailure) return error.code;
    throw error;
  }
}
