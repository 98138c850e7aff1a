import { AppendStream, readAll } from './harness/append-stream.ts';
import { formThreeBrowsers, roles } from './harness/cluster.ts';
import { expect, test } from './harness/fixtures.ts';
import { findHerald, StoreTab } from './harness/store-tab.ts';
import { until } from './harness/until.ts';
import type { World } from './harness/world.ts';

const KEYS = ['stream-a', 'stream-b', 'stream-c'];
const RESUME_LIMIT_MS = 3_000;
const NAME =
  "a kill -9 of the herald's browser loses and repeats no append, and the killed radiant returns and catches up";

test(`${NAME}, with 400 appends`, async ({ world }) => {
  await killHerald(world, 400);
});

test(`${NAME}, with 1,000 appends`, { tag: '@full' }, async ({ world }) => {
  await killHerald(world, 1_000);
});

async function killHerald(world: World, appends: number): Promise<void> {
  const { tabs, browsers, server } = await formThreeBrowsers(world);
  const { herald, followers } = await roles(tabs);
  const survivors = followers.map((at) => tabs[at]);
  const before = await tabs[herald].radiant();

  const stream = new AppendStream({ tabs: survivors, keys: KEYS });
  await stream.untilAcknowledged(appends / 2);
  const killedMs = performance.now();
  await browsers[herald].kill();
  await stream.untilAcknowledged(appends);
  await stream.stop();

  const gaps = survivors.map((tab) => stream.longestGapMs(tab, killedMs));
  console.log(
    `${stream.acknowledged} of ${stream.started} appends acknowledged, failures ${JSON.stringify(stream.failures)}`,
  );
  console.log(
    `herald killed: longest gap between acknowledgements ${gaps.map((gap) => gap.toFixed(0)).join(' and ')} ms`,
  );
  for (const tab of survivors) expect(stream.faultsIn(await readAll(tab, KEYS))).toEqual([]);
  expect(Math.max(...gaps)).toBeLessThanOrEqual(RESUME_LIMIT_MS);

  const reopened = await StoreTab.open(await world.reopenBrowser(browsers[herald]), server);
  const reopenedMs = performance.now();
  const heir = await findHerald(survivors);
  const { after, caughtUp } = await until('the killed radiant has caught up', async () => {
    const [own, leading] = [await reopened.radiant(), await heir.radiant()];
    const [mine, its] = [own.orders[0]?.replica, leading.orders[0]?.replica];
    return mine !== undefined && mine.applied > 0 && mine.applied === its?.applied && { after: own, caughtUp: mine };
  });
  console.log(`caught up ${(performance.now() - reopenedMs).toFixed(0)} ms after its page was open again`);
  expect(after.radiant).toBe(before.radiant);
  expect(after.boot).not.toBe(before.boot);
  expect(caughtUp.committed).toBe((await heir.radiant()).orders[0]?.replica?.committed);
  expect(caughtUp.role).not.toBe('learner');

  // The kill leaves two of three voters. A read then needs the voter that has caught up.
  await browsers[heir === survivors[0] ? followers[0] : followers[1]].kill();
  expect(stream.faultsIn(await until('the returned tab reads all keys', () => readAll(reopened, KEYS)))).toEqual([]);
}
