/** Clusters that are founded as users do: the bare address in one browser, and its invite link in two others. */
import type { ChromiumProcess } from '../browser/harness/chromium-process.ts';
import type { Three } from '../browser/harness/cluster.ts';
import { ConsoleTab } from '../browser/harness/console-tab.ts';
import type { ServerProcess } from '../browser/harness/server-process.ts';
import { until } from '../browser/harness/until.ts';
import type { World } from '../browser/harness/world.ts';

export interface BenchCluster {
  /** The browsers, in the order of `tabs`. */
  readonly browsers: Three<ChromiumProcess>;
  readonly tabs: Three<ConsoleTab>;
  /** Time from the opening of the bare address until all three tabs knew the herald. */
  readonly formationMs: number;
}

export async function startBrowsers(world: World): Promise<Three<ChromiumProcess>> {
  return await Promise.all([world.startBrowser(), world.startBrowser(), world.startBrowser()]);
}

export async function form(browsers: Three<ChromiumProcess>, server: ServerProcess): Promise<BenchCluster> {
  const startMs = performance.now();
  const first = await ConsoleTab.open(browsers[0], `${server.origin}/?radiants=3`);
  await first.view();
  const invite = first.page.url();
  const tabs = [
    first,
    ...(await Promise.all([ConsoleTab.open(browsers[1], invite), ConsoleTab.open(browsers[2], invite)])),
  ] as const;
  await Promise.all(tabs.map((tab) => tab.ready()));
  return { browsers, tabs, formationMs: performance.now() - startMs };
}

/** The indexes of the herald's tab and of the other two tabs. */
export async function findHerald({ tabs }: BenchCluster): Promise<{
  readonly herald: number;
  readonly followers: readonly [number, number];
}> {
  const herald = await until('one of the tabs leads', async () => {
    const roles = await Promise.all(tabs.map(async (tab) => (await tab.view()).radiants[0]?.orders[0]?.replica?.role));
    const at = roles.indexOf('leader');
    return at >= 0 && { at };
  });
  return { herald: herald.at, followers: [(herald.at + 1) % 3, (herald.at + 2) % 3] };
}
