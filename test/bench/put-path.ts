/**
 * Prints the functions and files of src/ that one warm put enters at the herald's tab. The put lasts from
 * `BrowserStore.put` to the resolved promise. V8 counts calls in the page and in its worker. Calls in an idle period of
 * the same length are subtracted, so that heartbeats and timers do not count.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from '@playwright/test';
import { StoreTab } from '../browser/harness/store-tab.ts';
import { until } from '../browser/harness/until.ts';
import { World } from '../browser/harness/world.ts';
import { CallCounter, type EnteredFunction } from './call-counter.ts';

const WARM_UP_PUTS = 300;
const SAMPLED_PUTS = 500;
/**
 * Smallest number of calls per put for a function to count. The number is below 1, since two puts that share a flush
 * enter some functions once.
 */
const LEAST_CALLS_PER_PUT = 0.9;

test('put path', async () => {
  const world = new World();
  try {
    const [server, browser] = await Promise.all([world.startServer(), world.startBrowser()]);
    const first = await StoreTab.open(browser, server, { radiants: 3, orders: 1, frames: 'worker' });
    const secret = await first.secret();
    const others = await Promise.all([1, 2].map(() => StoreTab.open(browser, server, { secret, profile: 'own' })));
    const tabs = [first, ...others];
    await Promise.all(tabs.map((tab) => tab.ready()));
    const herald = await until('one of the tabs leads', async () => {
      const leading = await Promise.all(tabs.map((tab) => tab.isHerald()));
      return tabs[leading.indexOf(true)];
    });

    await putOneByOne(herald, WARM_UP_PUTS);
    const counter = await CallCounter.attach(herald.page);
    await counter.reset();
    const startMs = performance.now();
    await putOneByOne(herald, SAMPLED_PUTS);
    const busy = await counter.entered();
    const durationMs = performance.now() - startMs;
    await sleep(durationMs);
    const idle = await counter.entered();
    printReport(
      [...busy]
        .filter(([id, { calls }]) => calls - (idle.get(id)?.calls ?? 0) >= LEAST_CALLS_PER_PUT * SAMPLED_PUTS)
        .map(([, entered]) => entered),
    );
  } finally {
    await world.end();
  }
});

async function putOneByOne(tab: StoreTab, count: number): Promise<void> {
  await tab.page.evaluate(async (puts) => {
    const store = await globalThis.storePage?.store;
    for (let at = 0; at < puts; at++) await store?.put('key', `value ${at}`);
  }, count);
}

function printReport(entered: readonly EnteredFunction[]): void {
  const byFile = groupedBy(entered, ({ file }) => file);
  const byModule = groupedBy(byFile.keys(), (file) => file.split('/')[1] ?? file);
  if (process.env['PUT_PATH_LIST'] !== '') {
    for (const [file, functions] of [...byFile].toSorted(([one], [other]) => one.localeCompare(other))) {
      console.log(`${file}: ${functions.map(({ name, line }) => `${name}:${line}`).join(', ')}`);
    }
  }
  for (const [module, files] of [...byModule].toSorted(([one], [other]) => one.localeCompare(other))) {
    const functions = files.reduce((sum, file) => sum + (byFile.get(file)?.length ?? 0), 0);
    console.log(
      `${module.padEnd(12)} ${String(functions).padStart(4)} functions in ${String(files.length).padStart(3)} files`,
    );
  }
  console.log(`One warm put enters ${entered.length} functions in ${byFile.size} files of src/.`);
}

function groupedBy<Item>(items: Iterable<Item>, keyOf: (item: Item) => string): ReadonlyMap<string, readonly Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}
