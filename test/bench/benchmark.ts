/** One run of the benchmark. It measures floors, formation, puts and kills in the same browsers. */
import { test } from '@playwright/test';
import { World } from '../browser/harness/world.ts';
import { measureCalls } from './calls.ts';
import { findHerald, form, startBrowsers } from './cluster.ts';
import { measureFailover } from './failover.ts';
import { measureFloors } from './floors.ts';
import { describeMachine, loadNow } from './machine.ts';
import { measurePages } from './pages.ts';
import { type Measurements, report } from './report.ts';

const BYTES = 100;
const CALLS = 500;
/**
 * Number of samples of each floor before the calls, and again after them. The load of the machine may change in
 * between.
 */
const FLOOR_SAMPLES = 300;
const FAILOVERS = 9;
const PAGES = 1_000;

test('benchmark', async () => {
  const world = new World();
  try {
    console.log(report(await measure(world), process.env['BENCH_FORMAT'] === 'markdown' ? 'markdown' : 'text'));
  } finally {
    await world.end();
  }
});

async function measure(world: World): Promise<Measurements> {
  const loadBefore = loadNow();
  const server = await world.startServer();
  const browsers = await startBrowsers(world);
  const machine = describeMachine(browsers[0]);

  say('floors, formation, calls');
  const plan = { count: FLOOR_SAMPLES, bytes: BYTES };
  const floorsBefore = await measureFloors([browsers[0], browsers[1]], server, plan);
  const cluster = await form(browsers, server);
  const { herald, followers } = await findHerald(cluster);
  const [atHerald, atOther] = [cluster.tabs[herald], cluster.tabs[followers[0]]];
  if (atHerald === undefined || atOther === undefined) throw new Error('A cluster has three tabs.');
  const calls = [
    {
      what: 'put, in the herald’s tab',
      target: 4,
      samplesMs: await measureCalls(atHerald, { method: 'put', count: CALLS, bytes: BYTES }),
    },
    {
      what: 'put, in another tab',
      samplesMs: await measureCalls(atOther, { method: 'put', count: CALLS, bytes: BYTES }),
    },
    {
      what: 'linearizable get, in the herald’s tab',
      samplesMs: await measureCalls(atHerald, { method: 'get', count: CALLS, bytes: BYTES }),
    },
    {
      what: 'linearizable get, in another tab',
      samplesMs: await measureCalls(atOther, { method: 'get', count: CALLS, bytes: BYTES }),
    },
  ];
  const floorsAfter = await measureFloors([browsers[0], browsers[1]], server, plan);

  const formationMs = [cluster.formationMs];
  const failoverMs: number[] = [];
  for (let round = 0; round < FAILOVERS; round++) {
    say(`kill ${round + 1} of ${FAILOVERS}`);
    const next = round === 0 ? cluster : await form(await startBrowsers(world), server);
    if (round > 0) formationMs.push(next.formationMs);
    failoverMs.push(await measureFailover(next, round));
    await Promise.all(next.browsers.map((browser) => browser.kill()));
  }
  return {
    machine,
    load: [loadBefore, loadNow()],
    bytes: BYTES,
    formationMs,
    roundTripMs: [...floorsBefore.roundTripsMs, ...floorsAfter.roundTripsMs],
    strictWriteMs: [...floorsBefore.strictWritesMs, ...floorsAfter.strictWritesMs],
    calls,
    failoverMs,
    pageMs: measurePages({ keys: 100_000, pageEntries: 100, bytes: BYTES, count: PAGES }),
  };
}

/** Prints progress to the standard error output, apart from the table. */
function say(words: string): void {
  console.error(`… ${words}`);
}
