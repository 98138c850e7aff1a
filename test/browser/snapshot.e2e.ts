import { formThreeDevices, roles } from './harness/cluster.ts';
import { expect, test } from './harness/fixtures.ts';
import { StoreTab } from './harness/store-tab.ts';
import { until } from './harness/until.ts';

const VALUES = 64;
const VALUE_CHARACTERS = 100_000;
const valueOf = (at: number) => `${at}:`.padEnd(VALUE_CHARACTERS, String.fromCharCode(97 + (at % 26)));

async function replicaOf(tab: StoreTab) {
  const replica = (await tab.radiant()).orders[0]?.replica;
  if (replica === undefined) throw new Error('This tab holds no replica.');
  return replica;
}

test('a voter that missed 6 MB of writes gets a snapshot, and all voters restart from checkpoints', {
  tag: '@full',
}, async ({ world }) => {
  const { tabs, devices, server } = await formThreeDevices(world, { adoption: 'off' });
  const { herald, followers } = await roles(tabs);
  await tabs[herald].put('before', 'it was killed');
  const leftAt = (await replicaOf(tabs[herald])).lastIndex;
  const [away] = followers;
  await tabs[away].crash();
  const putsMs: number[] = [];
  for (let at = 0; at < VALUES; at++) {
    const beganMs = performance.now();
    await tabs[herald].put(`k${at}`, valueOf(at));
    putsMs.push(performance.now() - beganMs);
  }
  await until('the log is cut', async () => (await replicaOf(tabs[herald])).firstIndex > leftAt + 1);

  const beganMs = performance.now();
  const back = await StoreTab.open(devices[away], server, { adoption: 'off' });
  await back.ready();
  const { lastIndex } = await replicaOf(tabs[herald]);
  await until('the returned voter has caught up', async () => (await replicaOf(back)).applied >= lastIndex);
  const caughtUpMs = performance.now() - beganMs;
  expect((await replicaOf(back)).firstIndex).toBeGreaterThan(leftAt + 1);
  const sortedMs = putsMs.sort((one, other) => one - other);
  console.log(
    `6.4 MB had arrived ${caughtUpMs.toFixed(0)} ms after the tab was opened; ` +
      `a put of 100 KB took ${sortedMs[VALUES / 2]?.toFixed(1)} ms, ${sortedMs.at(-1)?.toFixed(1)} ms at most`,
  );

  await Promise.all([back, ...tabs.filter((tab) => tab !== tabs[away])].map((tab) => tab.crash()));
  const reopened = await Promise.all(devices.map((device) => StoreTab.open(device, server, { adoption: 'off' })));
  await Promise.all(reopened.map((tab) => tab.ready()));
  for (const tab of reopened) expect((await replicaOf(tab)).checkpointIndex).toBeGreaterThan(leftAt);
  for (let at = 0; at < VALUES; at += 9) expect(await reopened[0]?.get(`k${at}`)).toBe(valueOf(at));
});
