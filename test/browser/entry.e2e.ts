/** Clusters grow, shrink and lose tabs under a stream of appends. */
import { AppendStream, readAll } from './harness/append-stream.ts';
import type { Device } from './harness/chromium-process.ts';
import { expect, test } from './harness/fixtures.ts';
import { QUICK_MEMBERSHIP } from './harness/quick-times.ts';
import { StoreTab } from './harness/store-tab.ts';
import { until } from './harness/until.ts';
import type { World } from './harness/world.ts';
import { type TimesChoice, timesWith } from '../../src/wire/times.ts';

const KEYS = ['ash', 'birch', 'cedar'];
const PATIENCE = { timeoutMs: 60_000 };
const GAP_LIMIT_MS = 5_000;
/** Leaves the processors to the tabs that come and go. An append is in flight most of the time. */
const PAUSE_MS = 20;

interface Form {
  readonly voters: number;
  readonly learners: number;
  readonly hasCompanion: boolean;
}

/** The members of each order, as the tab sees them. The companion is shown only for the tab's own order. */
async function formsOf(tab: StoreTab): Promise<readonly Form[]> {
  const { orders } = await tab.radiant();
  return orders.map(({ members, replica }) => ({
    voters: members.filter(({ memberKind }) => memberKind === 'voter').length,
    learners: members.filter(({ memberKind }) => memberKind === 'learner').length,
    hasCompanion: replica?.companion !== undefined,
  }));
}

/** Waits until the orders have the given members. @returns the duration of the wait in milliseconds */
async function untilForms(tab: StoreTab, what: string, forms: readonly Form[], patience = PATIENCE): Promise<number> {
  const sinceMs = performance.now();
  const isSo = async () => JSON.stringify(await formsOf(tab)) === JSON.stringify(forms);
  try {
    await until(what, isSo, patience);
  } catch (error) {
    throw new Error(`${what}: the tab sees ${JSON.stringify(await formsOf(tab))}`, { cause: error });
  }
  return Math.round(performance.now() - sinceMs);
}

const ALONE: Form = { voters: 1, learners: 0, hasCompanion: false };
const ACCOMPANIED: Form = { voters: 1, learners: 1, hasCompanion: true };
const THREE: Form = { voters: 3, learners: 0, hasCompanion: false };

/** Founds a cluster with one tab. */
async function openFirst(
  world: World,
  times: TimesChoice,
): Promise<{ readonly first: StoreTab; readonly open: Opening }> {
  const server = await world.server();
  const device = await world.openDevice();
  const first = await StoreTab.open(device, server, { radiants: 1, adoption: 'off', times });
  const secret = await first.secret();
  await first.ready();
  return {
    first,
    open: (elsewhere = device) => StoreTab.open(elsewhere, server, { secret, adoption: 'off', times }),
  };
}

type Opening = (device?: Device) => Promise<StoreTab>;

/**
 * Checks that each tab reads every acknowledged token exactly once, and that no gap between acknowledgements was long.
 */
async function judge(
  stream: AppendStream,
  first: StoreTab,
  sinceMs: number,
  ...tabs: readonly StoreTab[]
): Promise<void> {
  await stream.stop();
  const gapMs = stream.longestGapMs(first, sinceMs);
  console.log(
    `${stream.acknowledged} of ${stream.started} appends acknowledged, failures ${JSON.stringify(stream.failures)}; ` +
      `longest gap between two acknowledgements ${gapMs.toFixed(0)} ms`,
  );
  for (const tab of [first, ...tabs]) expect(stream.faultsIn(await readAll(tab, KEYS))).toEqual([]);
  expect(gapMs).toBeLessThanOrEqual(GAP_LIMIT_MS);
}

async function growAndShrink(world: World, times: TimesChoice): Promise<void> {
  test.setTimeout(180_000);
  const { first, open } = await openFirst(world, times);
  expect(await formsOf(first)).toEqual([ALONE]);
  const sinceMs = performance.now();
  const stream = new AppendStream({ tabs: [first], keys: KEYS, pauseMs: PAUSE_MS });
  await stream.untilAcknowledged(30);

  const second = await open();
  console.log(`a companion after ${await untilForms(first, 'the second is the companion', [ACCOMPANIED])} ms`);
  await stream.untilAcknowledged(stream.acknowledged + 30);
  expect(await second.get('nothing')).toBeUndefined();

  const openedMs = performance.now();
  const third = await open();
  await untilForms(first, 'all three vote', [THREE]);
  const promotedMs = performance.now() - openedMs;
  console.log(`three voters after ${promotedMs.toFixed(0)} ms`);
  expect(promotedMs).toBeGreaterThan(timesWith(times).membership.promotionMs);
  await stream.untilAcknowledged(stream.acknowledged + 30);

  const leavingMs = performance.now();
  await third.leave();
  console.log(`leave() took ${(performance.now() - leavingMs).toFixed(0)} ms`);
  await untilForms(first, 'one votes, with a companion', [ACCOMPANIED]);
  await third.page.close();
  await stream.untilAcknowledged(stream.acknowledged + 30);

  await second.page.close();
  const aloneMs = await untilForms(first, 'the first is alone', [ALONE]);
  console.log(`alone ${aloneMs} ms after the last other tab was closed`);
  await stream.untilAcknowledged(stream.acknowledged + 30);
  await judge(stream, first, sinceMs);
}

async function growAtOnce(world: World, times: TimesChoice): Promise<void> {
  test.setTimeout(180_000);
  const { first, open } = await openFirst(world, times);
  const sinceMs = performance.now();
  const stream = new AppendStream({ tabs: [first], keys: KEYS, pauseMs: PAUSE_MS });
  await stream.untilAcknowledged(30);
  const others = await Promise.all([open(), open(), open(), open(), open()]);
  const formedMs = await untilForms(first, 'two orders of three voters', [THREE, THREE], {
    ...PATIENCE,
    timeoutMs: 120_000,
  });
  console.log(`two orders of three voters ${formedMs} ms after five tabs came`);
  await stream.untilAcknowledged(stream.acknowledged + 30);
  await judge(stream, first, sinceMs, ...others);
}

async function replaceVanished(world: World, times: TimesChoice): Promise<void> {
  test.setTimeout(240_000);
  const { first, open } = await openFirst(world, times);
  const doomed = await world.startBrowser();
  await open(doomed);
  await open();
  await untilForms(first, 'all three vote', [THREE]);
  const fourth = await open();
  await untilForms(first, 'the fourth learns', [{ ...THREE, learners: 1 }]);
  const sinceMs = performance.now();
  const stream = new AppendStream({ tabs: [first], keys: KEYS, pauseMs: PAUSE_MS });
  await stream.untilAcknowledged(30);
  const killedMs = performance.now();
  await doomed.kill();
  await untilForms(first, 'the fourth votes', [THREE], {
    ...PATIENCE,
    timeoutMs: timesWith(times).membership.deadAfterMs + 30_000,
  });
  const replacedMs = performance.now() - killedMs;
  console.log(`replaced after ${replacedMs.toFixed(0)} ms`);
  expect(replacedMs).toBeGreaterThan(timesWith(times).membership.deadAfterMs);
  await stream.untilAcknowledged(stream.acknowledged + 30);
  await judge(stream, first, sinceMs, fourth);
}

async function outliveCompanion(world: World, times: TimesChoice): Promise<void> {
  test.setTimeout(120_000);
  const { first, open } = await openFirst(world, times);
  const doomed = await world.startBrowser();
  await open(doomed);
  await untilForms(first, 'the second is the companion', [ACCOMPANIED]);
  const sinceMs = performance.now();
  const stream = new AppendStream({ tabs: [first], keys: KEYS, pauseMs: PAUSE_MS });
  await stream.untilAcknowledged(100);
  await doomed.kill();
  await untilForms(first, 'the order has no companion', [{ ...ACCOMPANIED, hasCompanion: false }]);
  await stream.untilAcknowledged(stream.acknowledged + 30);
  const second = await open(await world.reopenBrowser(doomed));
  await untilForms(first, 'the second is back', [ACCOMPANIED]);
  await stream.untilAcknowledged(stream.acknowledged + 30);
  await judge(stream, first, sinceMs, second);
}

const CASES = [
  {
    name: 'a cluster grows from one tab to a companion and to three voters, and shrinks to one by leave() and by closing',
    play: growAndShrink,
    isQuick: true,
  },
  {
    name: 'five tabs that join at once make two orders of three voters without a loss',
    play: growAtOnce,
    isQuick: false,
  },
  {
    name: 'a learner replaces a voter of a killed browser once the voter counts as dead',
    play: replaceVanished,
    isQuick: false,
  },
  {
    name: 'a voter whose companion is killed waits, releases it, and continues alone until the companion returns',
    play: outliveCompanion,
    isQuick: true,
  },
] as const;

for (const [which, times] of [
  ['with short times', QUICK_MEMBERSHIP],
  ['with the times of production', {}],
] as const) {
  test.describe(which, () => {
    for (const { name, play, isQuick } of CASES) {
      const isAtGate = isQuick && times === QUICK_MEMBERSHIP;
      test(name, isAtGate ? {} : { tag: '@full' }, async ({ world }) => await play(world, times));
    }
  });
}
