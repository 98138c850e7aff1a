/** Overwrites the same keys for a long time, and checks that neither the disk nor the heap grows. */
import { test } from '@playwright/test';
import type { ConsoleTab } from '../browser/harness/console-tab.ts';
import { World } from '../browser/harness/world.ts';
import { findHerald, form, startBrowsers } from '../bench/cluster.ts';
import { describeMachine, loadNow } from '../bench/machine.ts';
import { DiskWatch } from '../browser/harness/disk-use.ts';
import { type HeapUse, HeapWatch } from './heap.ts';
import { LEG_PUTS, type Plan, readPlan } from './plan.ts';
import { type Measurements, report, verdict } from './report.ts';
import { differingKeys, prepareWriting, writeLeg } from './writing.ts';

const DISK_LOOK_MS = 250;
const MIB = 2 ** 20;

test('endurance', async () => {
  const plan = readPlan(process.env);
  const world = new World();
  try {
    const measured = await measure(world, plan);
    console.log(report(measured, process.env['ENDURANCE_FORMAT'] === 'markdown' ? 'markdown' : 'text'));
    const broken = verdict(measured);
    if (broken.length > 0) throw new Error(broken.join('\n'));
  } finally {
    await world.end();
  }
});

async function measure(world: World, plan: Plan): Promise<Measurements> {
  const loadBefore = loadNow();
  const server = await world.startServer();
  const browsers = await startBrowsers(world);
  const cluster = await form(browsers, server);
  const { herald, followers } = await findHerald(cluster);
  const tabs = [herald, ...followers].map((at) => cluster.tabs[at]).filter((tab) => tab !== undefined);
  const [writer] = tabs;
  if (writer === undefined) throw new Error('A cluster has three tabs.');
  await Promise.all(tabs.map((tab) => prepareWriting(tab, plan)));
  const disks = [herald, ...followers].flatMap((at) => {
    const profile = browsers[at]?.profile;
    return profile === undefined ? [] : [new DiskWatch(profile, DISK_LOOK_MS)];
  });
  const heaps = await Promise.all(tabs.map((tab) => HeapWatch.of(tab.page)));
  try {
    const startMs = performance.now();
    const { samples, failures } = await write({ plan, writer, disks, heaps });
    const tookMs = performance.now() - startMs;
    say('reading everything back, in every tab');
    const differing = await Promise.all(tabs.map((tab) => differingKeys(tab, plan.puts)));
    return {
      machine: describeMachine(browsers[0]),
      load: [loadBefore, loadNow()],
      plan,
      tookMs,
      failures,
      differing: new Set(differing.flat()).size,
      radiants: disks.map((disk, at) => ({
        what: at === 0 ? 'herald, whose tab puts' : `follower ${at}`,
        disk: disk.largest,
        heap: samples.flatMap(({ puts, heaps: now }) => now.slice(at, at + 1).map((heap) => ({ puts, ...heap }))),
      })),
    };
  } finally {
    for (const disk of disks) disk.stop();
  }
}

interface Run {
  readonly plan: Plan;
  readonly writer: ConsoleTab;
  readonly disks: readonly DiskWatch[];
  readonly heaps: readonly HeapWatch[];
}

async function write({ plan, writer, disks, heaps }: Run) {
  const samples: { readonly puts: number; readonly heaps: readonly HeapUse[] }[] = [];
  let failures = 0;
  for (let first = 0; first < plan.puts; first += LEG_PUTS) {
    const end = Math.min(first + LEG_PUTS, plan.puts);
    const startMs = performance.now();
    failures += await writeLeg(writer, { first, end });
    const eachSecond = ((end - first) / (performance.now() - startMs)) * 1_000;
    const disksNow = disks.map((disk) => disk.look().bytes);
    const now = await Promise.all(heaps.map((heap) => heap.look()));
    samples.push({ puts: end, heaps: now });
    say(
      `${end.toLocaleString('en')} puts, ${eachSecond.toFixed(0)} each second; ` +
        `disk ${mib(disksNow)} (at most ${mib(disks.map((disk) => disk.largest.bytes))}) MiB; ` +
        `heap ${mib(now.map(({ worker }) => worker))}, of pages ${mib(now.map(({ page }) => page))} MiB`,
    );
  }
  return { samples, failures };
}

function mib(bytes: readonly number[]): string {
  return bytes.map((each) => (each / MIB).toFixed(2)).join(' ');
}

/** Prints progress to the standard error output, apart from the table. */
function say(words: string): void {
  console.error(`… ${words}`);
}
