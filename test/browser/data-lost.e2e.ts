import { formThreeBrowsers, roles } from './harness/cluster.ts';
import { expect, test } from './harness/fixtures.ts';
import { clearSiteData, deleteDatabase } from './harness/page-faults.ts';
import { StoreFailure, StoreTab } from './harness/store-tab.ts';
import { until } from './harness/until.ts';

test('site data cleared under the herald, and the database of the next deleted: each steps down with STORAGE_LOST and votes no more', async ({
  world,
}) => {
  const { tabs } = await formThreeBrowsers(world);
  const { herald, followers } = await roles(tabs);
  const [cleared, deleted, whole] = [tabs[herald], tabs[followers[0]], tabs[followers[1]]];
  await cleared.put('before', 'the loss');

  const first = await cleared.radiant();
  let lostMs = performance.now();
  await clearSiteData(cleared.page);
  await untilLost(cleared, first.radiant);
  console.log(`site data cleared: given up and replaced after ${(performance.now() - lostMs).toFixed(0)} ms`);
  await expectTheOthersToGoOn([deleted, whole], cleared, first.radiant);

  const second = await deleted.radiant();
  lostMs = performance.now();
  expect(await deleteDatabase(deleted.page, `shardbearer-radiant-${second.radiant}`)).toBe('deleted');
  await untilLost(deleted, second.radiant);
  console.log(`database deleted: given up and replaced after ${(performance.now() - lostMs).toFixed(0)} ms`);
  await expectNothingAcknowledged([whole, cleared, deleted]);
  for (const [tab, lost] of [[cleared, first] as const, [deleted, second] as const]) {
    expect((await tab.view()).radiants.map(({ radiant }) => radiant)).not.toContain(lost.radiant);
  }
});

test('the radiants of a profile that was rolled back to an older copy, and of one that was wiped, do not vote', async ({
  world,
}) => {
  const { tabs, browsers, server, secret } = await formThreeBrowsers(world);
  const { herald, followers } = await roles(tabs);
  const [older, wiped] = followers;
  const whole = tabs[herald];
  const [first, second] = [await tabs[older].radiant(), await tabs[wiped].radiant()];
  await whole.put('before', 'the loss');

  await browsers[older].close();
  const copy = await world.copyProfile(browsers[older].profile);
  const later = await world.startBrowser(browsers[older].profile);
  // It goes on for a while, and others see what it flushes; then that is taken from it.
  const goesOn = await StoreTab.open(later, server);
  await goesOn.put('since', 'the copy');
  await until('it has caught up', async () => (await committedAt(goesOn)) === (await committedAt(whole)));
  expect((await goesOn.radiant()).radiant).toBe(first.radiant);
  await later.kill();
  await later.profile.rollBackTo(copy);
  const rolledBack = await StoreTab.open(await world.startBrowser(later.profile), server);
  await untilLost(rolledBack, first.radiant);
  await expectTheOthersToGoOn([whole, tabs[wiped]], rolledBack, first.radiant);
  expect(await rolledBack.get('since')).toBe('the copy');

  await browsers[wiped].kill();
  await browsers[wiped].profile.wipe();
  const empty = await StoreTab.open(await world.startBrowser(browsers[wiped].profile), server, { secret });
  await until('it is in the cluster', async () => (await empty.radiant()).formation.kind === 'formed');
  expect((await empty.radiant()).radiant).not.toBe(second.radiant);
  await expectNothingAcknowledged([whole, rolledBack, empty]);
});

/** It says so, and another radiant runs in the tab, which holds no copy. */
async function untilLost(tab: StoreTab, radiant: string): Promise<void> {
  await until('STORAGE_LOST is shown', async () =>
    (await tab.view()).problems.some(({ code }) => code === 'STORAGE_LOST'),
  );
  await until('another radiant took its place', async () => {
    const { radiants } = await tab.view();
    const isFormed = radiants.length > 0 && radiants.every(({ formation }) => formation.kind === 'formed');
    return isFormed && radiants.every((view) => view.radiant !== radiant);
  });
  expect((await tab.radiant()).orders[0]?.replica).toBeUndefined();
}

/** Two of three remember everything, and decide; the third is a client of theirs. */
async function expectTheOthersToGoOn(others: readonly StoreTab[], tab: StoreTab, lost: string): Promise<void> {
  for (const other of others) {
    await other.put('after', 'it goes on');
    expect(await other.get('before')).toBe('the loss');
    // Whoever named it as a neighbour says so until its next presence.
    await until('the lost radiant is out of reach', async () => {
      const members = (await other.radiant()).orders[0]?.members;
      return members?.find(({ radiant }) => radiant === lost)?.reachable === false;
    });
  }
  expect(await tab.get('before')).toBe('the loss');
}

/** One voter of three is left: whatever was acknowledged now would rest on one that has lost its data. */
async function expectNothingAcknowledged(tabs: readonly StoreTab[]): Promise<void> {
  const refusals = await Promise.all(tabs.map((tab) => refusalOf(tab.put('alone', 'must not be acknowledged'))));
  refusals.push(...(await Promise.all(tabs.map((tab) => refusalOf(tab.get('before'))))));
  console.log(`with one voter left, puts and gets came to ${refusals.join(', ')}`);
  for (const refusal of refusals) expect(refusal).toMatch(/^(NO_QUORUM|UNAVAILABLE|OUTCOME_UNKNOWN)$/u);
}

async function refusalOf(call: Promise<unknown>): Promise<string> {
  try {
    return `answered: ${String(await call)}`;
  } catch (error) {
    if (error instanceof StoreFailure) return error.code;
    throw error;
  }
}

async function committedAt(tab: StoreTab): Promise<number> {
  return (await tab.radiant()).orders[0]?.replica?.committed ?? Number.NaN;
}
