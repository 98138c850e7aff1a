/** How radiants come and go, in real tabs; more of it, and all of it under faults, is in the simulator. */
import { AppendStream, readAll } from './harness/append-stream.ts';
import { formThreeBrowsers } from './harness/cluster.ts';
import { expect, test } from './harness/fixtures.ts';
import { LONG, untilSettled } from './harness/settled.ts';
import { StoreTab } from './harness/store-tab.ts';
import { until } from './harness/until.ts';
import { INTERVALS } from '../../src/wire/limits.ts';

const KEYS = ['ash', 'birch', 'cedar', 'elm'];

test('a new system of one tab; one joins, many join at once, one leaves: every write is there', async ({ world }) => {
  test.setTimeout(240_000);
  const server = await world.startServer();
  const [one, other] = [await world.startBrowser(), await world.startBrowser()];
  const first = await StoreTab.open(one, server, { radiants: 1 });
  await first.ready();
  const stream = new AppendStream({ tabs: [first], keys: KEYS });
  await stream.untilAcknowledged(40);

  const secret = await first.secret();
  const second = await StoreTab.open(other, server, { secret });
  await untilSettled(first, 2);
  const many = await Promise.all([one, other, one, other].map((browser) => StoreTab.open(browser, server, { secret })));
  await untilSettled(first, 6);
  await until(
    'there are two orders of three voters',
    async () => {
      const { orders } = await untilSettled(first, 6);
      const counts = orders.map(({ members }) => members.filter(({ standing }) => standing === 'voter').length);
      return counts.join(' ') === '3 3';
    },
    { ...LONG, timeoutMs: 120_000 },
  );

  await second.leave();
  await untilSettled(first, 5);
  await stream.untilAcknowledged(stream.acknowledged + 40);
  await stream.stop();
  console.log(`${stream.acknowledged} of ${stream.started} appends acknowledged, ${JSON.stringify(stream.failures)}`);
  for (const tab of [first, ...many]) expect(stream.faultsIn(await readAll(tab, KEYS))).toEqual([]);
});

test('a browser vanishes without a word: the others go on, and after a minute they count on it no more', async ({
  world,
}) => {
  test.setTimeout(240_000);
  const { tabs, browsers } = await formThreeBrowsers(world);
  const [first, second] = tabs;
  await untilSettled(first, 3);
  const stream = new AppendStream({ tabs: [first, second], keys: KEYS });
  await stream.untilAcknowledged(40);
  const killedMs = performance.now();
  await browsers[2].kill();
  await stream.untilAcknowledged(stream.acknowledged + 40);
  await until('the configuration has two radiants', () => untilSettled(first, 2), {
    timeoutMs: INTERVALS.deadAfterMs + 60_000,
    intervalMs: 500,
  });
  const goneMs = performance.now() - killedMs;
  await stream.untilAcknowledged(stream.acknowledged + 40);
  await stream.stop();
  console.log(
    `it was taken out after ${goneMs.toFixed(0)} ms; longest gap between two acknowledgements ` +
      `${stream.longestGapMs(first, killedMs).toFixed(0)} ms, failures ${JSON.stringify(stream.failures)}`,
  );
  expect(goneMs).toBeGreaterThan(INTERVALS.deadAfterMs - 5_000);
  expect(stream.faultsIn(await readAll(second, KEYS))).toEqual([]);
});
