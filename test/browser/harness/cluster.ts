/** A formed cluster, with its tabs, browsers and server. */
import type { ChromiumProcess } from './chromium-process.ts';
import type { ServerProcess } from './server-process.ts';
import { findHerald, StoreTab, type StoreTabOptions } from './store-tab.ts';
import type { World } from './world.ts';

export type Three<Item> = readonly [Item, Item, Item];

export interface Cluster {
  readonly server: ServerProcess;
  readonly secret: string;
  readonly tabs: Three<StoreTab>;
}

export interface ClusterOfBrowsers extends Cluster {
  /** The browser processes, in the order of `tabs`. Each one has its own profile. */
  readonly browsers: Three<ChromiumProcess>;
}

/** Starts three browser processes, each with its own profile and one tab. Resolves once every tab knows a herald. */
export async function formThreeBrowsers(
  world: World,
  options: Omit<StoreTabOptions, 'secret'> & { readonly server?: ServerProcess } = {},
): Promise<ClusterOfBrowsers> {
  const server = options.server ?? (await world.startServer());
  const browsers = await three(() => world.startBrowser());
  const first = await StoreTab.open(browsers[0], server, options);
  const secret = await first.secret();
  const others = await Promise.all([
    StoreTab.open(browsers[1], server, { ...options, secret }),
    StoreTab.open(browsers[2], server, { ...options, secret }),
  ]);
  const tabs = [first, ...others] as const;
  await Promise.all(tabs.map((tab) => tab.ready()));
  return { server, secret, tabs, browsers };
}

/** Opens three tabs in one browser. Resolves once every tab knows a herald. */
export async function formThreeTabs(
  world: World,
  options: Omit<StoreTabOptions, 'secret'> = {},
): Promise<Cluster & { readonly browser: ChromiumProcess }> {
  const server = await world.startServer();
  const browser = await world.startBrowser();
  const first = await StoreTab.open(browser, server, options);
  const secret = await first.secret();
  const others = await Promise.all([
    StoreTab.open(browser, server, { ...options, secret }),
    StoreTab.open(browser, server, { ...options, secret }),
  ]);
  const tabs = [first, ...others] as const;
  await Promise.all(tabs.map((tab) => tab.ready()));
  return { server, secret, tabs, browser };
}

/** The indexes of the herald's tab and of the other two tabs. */
export async function roles(tabs: Three<StoreTab>): Promise<{
  readonly herald: 0 | 1 | 2;
  readonly followers: readonly [0 | 1 | 2, 0 | 1 | 2];
}> {
  const leading = await findHerald(tabs);
  if (leading === tabs[0]) return { herald: 0, followers: [1, 2] };
  return leading === tabs[1] ? { herald: 1, followers: [0, 2] } : { herald: 2, followers: [0, 1] };
}

async function three<Item>(make: () => Promise<Item>): Promise<Three<Item>> {
  return await Promise.all([make(), make(), make()]);
}
