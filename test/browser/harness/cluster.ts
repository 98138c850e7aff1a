/** A formed cluster, with its tabs, browsers and server. */
import type { ChromiumProcess, Device } from './chromium-process.ts';
import { findHerald, type Served, StoreTab, type StoreTabOptions } from './store-tab.ts';
import type { World } from './world.ts';

export type Three<Item> = readonly [Item, Item, Item];

export interface Cluster {
  readonly server: Served;
  readonly secret: string;
  readonly tabs: Three<StoreTab>;
}

type FoundingOptions = Omit<StoreTabOptions, 'secret'>;

/** Opens three tabs on one device with storage in memory. Resolves once every tab knows a herald. */
export async function formThreeTabs(
  world: World,
  options: FoundingOptions = {},
): Promise<Cluster & { readonly device: Device }> {
  const device = await world.openDevice();
  return { device, ...(await form(await world.server(), [device, device, device], options)) };
}

/** Opens three tabs on one device with storage on disk. Resolves once every tab knows a herald. */
export async function formThreeTabsOnDisk(world: World, options: FoundingOptions = {}): Promise<Cluster> {
  const { device, origin } = await world.openDeviceOnDisk();
  return await form({ origin }, [device, device, device], options);
}

/** Opens three devices with one tab each, in the order of `tabs`. Their storage is in memory. */
export async function formThreeDevices(
  world: World,
  options: FoundingOptions = {},
): Promise<Cluster & { readonly devices: Three<Device> }> {
  const devices = await three(() => world.openDevice());
  return { devices, ...(await form(await world.server(), devices, options)) };
}

/** Starts three browser processes with one tab each, in the order of `tabs`. Each one has its own profile. */
export async function formThreeBrowsers(
  world: World,
  options: FoundingOptions & { readonly server?: Served } = {},
): Promise<Cluster & { readonly browsers: Three<ChromiumProcess> }> {
  const server = options.server ?? (await world.server());
  const browsers = await three(() => world.startBrowser());
  return { browsers, ...(await form(server, browsers, options)) };
}

async function form(server: Served, devices: Three<Device>, options: FoundingOptions): Promise<Cluster> {
  const first = await StoreTab.open(devices[0], server, options);
  const secret = await first.secret();
  const others = await Promise.all([
    StoreTab.open(devices[1], server, { ...options, secret }),
    StoreTab.open(devices[2], server, { ...options, secret }),
  ]);
  const tabs = [first, ...others] as const;
  await Promise.all(tabs.map((tab) => tab.ready()));
  return { server, secret, tabs };
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
