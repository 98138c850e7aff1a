import { formThreeBrowsers, formThreeDevices, roles } from './harness/cluster.ts';
import { expect, test } from './harness/fixtures.ts';
import { clearSiteData, deleteDatabase } from './harness/page-faults.ts';
import { StoreFailure, StoreTab } from './harness/store-tab.ts';
import { until, withinMs } from './harness/until.ts';
import { type TimesChoice, timesWith } from '../../src/wire/times.ts';
import type { World } from './harness/world.ts';

test('new identities replace a herald with cleared site data and a voter with a deleted database, and no data is lost', async ({
  world,
}) => {
  const { tabs, browsers } = await formThreeBrowsers(world);
  const { herald, followers } = await roles(tabs);
  const [cleared, deleted, whole] = [tabs[herald], tabs[followers[0]], tabs[followers[1]]];
  await cleared.put('before', 'the loss');

  const first = await cleared.radiant();
  let lostMs = performance.now();
  await clearSiteData(cleared.page);
  await untilLost(cleared, first.radiant);
  console.log(`site data cleared: lost data noticed after ${(performance.now() - lostMs).toFixed(0)} ms`);
  await expectTheOthersToGoOn([deleted, whole], cleared);
  await untilReplaced([deleted, whole], cleared, first.radiant);
  console.log(`a new voter in its place after ${(performance.now() - lostMs).toFixed(0)} ms`);

  const second = await deleted.radiant();
  lostMs = performance.now();
  expect(await deleteDatabase(deleted.page, `shardbearer-radiant-${second.radiant}`)).toBe('deleted');
  await untilLost(deleted, second.radiant);
  await untilReplaced([cleared, whole], deleted, second.radiant);
  console.log(`database deleted: a new voter in its place after ${(performance.now() - lostMs).toFixed(0)} ms`);
  for (const [tab, lost] of [[cleared, first] as const, [deleted, second] as const]) {
    expect((await tab.view()).radiants.map(({ radiant }) => radiant)).not.toContain(lost.radiant);
  }

  // The killed voter is the only one that never lost data. Both new members must now have all of it.
  await browsers[followers[1]].kill();
  for (const tab of [cleared, deleted]) {
    await until('the two have a herald', async () => (await refusalOf(tab.get('before'))) === 'answered: the loss');
    expect(await tab.get('after')).toBe('it goes on');
  }
});

const TWO_LOST = 'after two of three voters lose their data at once, no call succeeds and neither voter is replaced';

test(`${TWO_LOST}, with short times`, async ({ world }) => {
  await loseTwo(world, { membership: { candidatePresenceMs: 1_000 } });
});

test(`${TWO_LOST}, with the times of production`, { tag: '@full' }, async ({ world }) => {
  await loseTwo(world, {});
});

async function loseTwo(world: World, times: TimesChoice): Promise<void> {
  const { tabs } = await formThreeDevices(world, { times });
  const { herald, followers } = await roles(tabs);
  const [whole, ...losers] = [tabs[herald], tabs[followers[0]], tabs[followers[1]]];
  await whole.put('before', 'the loss');
  const lost = await Promise.all(losers.map(async (tab) => (await tab.radiant()).radiant));
  await Promise.all(losers.map((tab) => clearSiteData(tab.page)));
  await Promise.all(losers.map((tab, at) => untilLost(tab, lost[at] ?? '')));
  // The time is longer than a bondsmith with a quorum needs to admit a new member.
  const sinceMs = performance.now();
  do await expectNothingAcknowledged(tabs);
  while (performance.now() - sinceMs < 2 * timesWith(times).membership.candidatePresenceMs);
  expect(await votersOf(whole)).toEqual(expect.arrayContaining(lost));
}

test('radiants of a profile that was rolled back or wiped do not vote', async ({ world }) => {
  const { tabs, browsers, server, secret } = await formThreeBrowsers(world);
  const { herald, followers } = await roles(tabs);
  const [older, wiped] = followers;
  const whole = tabs[herald];
  const [first, second] = [await tabs[older].radiant(), await tabs[wiped].radiant()];
  await whole.put('before', 'the loss');

  await browsers[older].close();
  const copy = await world.copyProfile(browsers[older].profile);
  const later = await world.startBrowser(browsers[older].profile);
  // The rolled-back profile lacks entries that it had acknowledged to its peers.
  const goesOn = await StoreTab.open(later, server);
  await goesOn.put('since', 'the copy');
  await until(
    'the reopened radiant has caught up',
    async () => (await committedAt(goesOn)) === (await committedAt(whole)),
  );
  expect((await goesOn.radiant()).radiant).toBe(first.radiant);
  await later.kill();
  await later.profile.rollBackTo(copy);
  const rolledBack = await StoreTab.open(await world.startBrowser(later.profile), server);
  await untilLost(rolledBack, first.radiant);
  await expectTheOthersToGoOn([whole, tabs[wiped]], rolledBack);
  expect(await rolledBack.get('since')).toBe('the copy');
  await untilReplaced([whole, tabs[wiped]], rolledBack, first.radiant);

  await browsers[wiped].kill();
  await browsers[wiped].profile.wipe();
  const empty = await StoreTab.open(await world.startBrowser(browsers[wiped].profile), server, { secret });
  await until('the new radiant is in the cluster', async () => (await empty.radiant()).formation.kind === 'formed');
  expect((await empty.radiant()).radiant).not.toBe(second.radiant);
  // A wiped device cannot report its former radiant. That radiant stays a voter until it counts as dead.
  await until('the new radiant reads', async () => (await refusalOf(empty.get('since'))) === 'answered: the copy');
  const voters = await votersOf(whole);
  expect(voters).toContain(second.radiant);
  expect(voters).not.toContain((await empty.radiant()).radiant);
});

async function untilLost(tab: StoreTab, radiant: string): Promise<void> {
  await until('STORAGE_LOST is shown', async () =>
    (await tab.view()).problems.some(({ code }) => code === 'STORAGE_LOST'),
  ).catch(async (cause: unknown) => {
    const shown = await withinMs(tab.view(), 5_000);
    throw new Error(`STORAGE_LOST is not shown. The view is ${JSON.stringify(shown)}`, { cause });
  });
  await until('the tab runs another radiant', async () => {
    const { radiants } = await tab.view();
    const isFormed = radiants.length > 0 && radiants.every(({ formation }) => formation.kind === 'formed');
    return isFormed && radiants.every((view) => view.radiant !== radiant);
  });
}

/** Checks that the two voters with all data still write, and that the tab without a voter reads through them. */
async function expectTheOthersToGoOn(others: readonly StoreTab[], tab: StoreTab): Promise<void> {
  for (const other of others) {
    await other.put('after', 'it goes on');
    expect(await other.get('before')).toBe('the loss');
  }
  expect(await tab.get('before')).toBe('the loss');
}

/** Waits until all tabs see the new radiant of `tab` as a voter instead of the lost one, in both orders. */
async function untilReplaced(others: readonly StoreTab[], tab: StoreTab, lost: string): Promise<void> {
  await until('the lost voter is replaced', async () => {
    const newcomer = (await tab.radiant()).radiant;
    const known = await Promise.all([...others, tab].map(electoratesOf));
    return known.flat().every((voters) => voters.length === 3 && voters.includes(newcomer) && !voters.includes(lost));
  });
}

async function votersOf(tab: StoreTab): Promise<readonly string[]> {
  const [voters] = await electoratesOf(tab);
  return voters ?? [];
}

/** The voters of the order with the data, and those of the bondsmith's order. */
async function electoratesOf(tab: StoreTab): Promise<readonly (readonly string[])[]> {
  const { orders, bondsmith } = await tab.radiant();
  return [orders[0], bondsmith].map((order) => {
    const voters = (order?.members ?? []).filter(({ memberKind }) => memberKind === 'voter');
    return voters.map(({ radiant }) => radiant);
  });
}

/**
 * Checks that no write is acknowledged. Only one of three voters kept its data, so the majority would need a voter that
 * lost its data.
 */
async function expectNothingAcknowledged(tabs: readonly StoreTab[]): Promise<void> {
  const refusals = await Promise.all(tabs.map((tab) => refusalOf(tab.put('alone', 'must not be acknowledged'))));
  refusals.push(...(await Promise.all(tabs.map((tab) => refusalOf(tab.get('before'))))));
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
