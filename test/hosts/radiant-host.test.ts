import { afterEach, expect, test, vi } from 'vitest';
import type { HostView } from '../../src/hosts/contract.ts';
import { radiantLock } from '../../src/hosts/locks.ts';
import { ShardbearerError } from '../../src/wire/errors.ts';
import { TIMES, timesWith } from '../../src/wire/times.ts';
import type { RadiantId } from '../../src/wire/identifiers.ts';
import { Device, type Tab } from './device.ts';

const devices: Device[] = [];
afterEach(() => Promise.all(devices.splice(0).map((device) => device.closeAll())));

function createDevice(times = TIMES): Device {
  const device = new Device(times);
  devices.push(device);
  return device;
}

/** New tabs of this device wait for a handed-over identity, however slow the machine is. */
const PATIENT = timesWith({ host: { handOverPatienceMs: 60_000 } });

const bytes = (text: string) => new TextEncoder().encode(text);
const never = new AbortController().signal;
const put = ({ host }: Tab, key: string, value: string) =>
  host.client.request({ kind: 'write', operation: { kind: 'put', key: bytes(key), value: bytes(value) } }, never);

async function get({ host }: Tab, key: string): Promise<string | undefined> {
  const result = await host.client.request({ kind: 'get', key: bytes(key) }, never);
  return result.kind === 'value' ? new TextDecoder().decode(result.value) : undefined;
}

function viewWhere({ host }: Tab, condition: (view: HostView) => boolean): Promise<HostView> {
  return new Promise((resolve) => {
    const stop = host.watch((view) => {
      if (!condition(view)) return;
      resolve(view);
      setTimeout(() => stop());
    });
  });
}

const hasHerald = ({ radiants: [own] }: HostView) => own?.orders[0]?.herald !== undefined;

async function openThree(device: Device, options = {}): Promise<[Tab, Tab, Tab]> {
  const tabs = await Promise.all([device.openTab(options), device.openTab(options), device.openTab(options)]);
  await Promise.all(tabs.map((tab) => viewWhere(tab, hasHerald)));
  return tabs;
}

test('three bare tabs opened at once make one cluster, and read what the others put', async () => {
  const tabs = await openThree(createDevice());
  expect(new Set(tabs.map(({ secret }) => secret)).size).toBe(1);
  await put(tabs[0], 'greeting', 'hello');
  expect(await get(tabs[2], 'greeting')).toBe('hello');
});

test('a living tab adopts the voters of closed tabs and continues alone', async () => {
  const device = createDevice();
  const [first, second, third] = await openThree(device);
  await put(first, 'kept', 'value');
  await first.host.close();
  await second.host.close();
  await viewWhere(third, ({ radiants }) => radiants.length === 3);
  await viewWhere(third, hasHerald);
  expect(await get(third, 'kept')).toBe('value');
  await put(third, 'later', 'value');
});

test('a tab that opens later takes over one of the radiants that another one adopted', async () => {
  const device = createDevice(PATIENT);
  const [first, second, third] = await openThree(device);
  const all = [first, second, third].map(({ host }) => host.view().radiants[0]?.radiant);
  await first.host.close();
  await second.host.close();
  await viewWhere(third, ({ radiants }) => radiants.length === 3);
  await viewWhere(third, hasHerald);
  const fourth = await device.openTab();
  await viewWhere(third, ({ radiants }) => radiants.length === 2);
  await viewWhere(fourth, hasHerald);
  const radiants = [third, fourth].flatMap(({ host }) => host.view().radiants.map(({ radiant }) => radiant));
  expect(radiants).toHaveLength(all.length);
  expect(new Set(radiants)).toEqual(new Set(all));
  await put(fourth, 'key', 'value');
  expect(await get(third, 'key')).toBe('value');
});

test('two tabs that open at once take over two adopted radiants in turn, so the order can always decide', async () => {
  const device = createDevice(PATIENT);
  const [first, second, third] = await openThree(device);
  await first.host.close();
  await second.host.close();
  await viewWhere(third, ({ radiants }) => radiants.length === 3);
  await viewWhere(third, hasHerald);
  const all = third.host.view().radiants.map(({ radiant }) => radiant);
  let couldAlwaysDecide = true;
  third.host.watch(({ radiants: [own] }) => {
    couldAlwaysDecide &&= own?.orders[0]?.quorumReachable === true;
  });
  const newcomers = await Promise.all([device.openTab(), device.openTab()]);
  const owns = [third, ...newcomers].map(({ host }) => host.view().radiants[0]?.radiant);
  expect(new Set(owns)).toEqual(new Set(all));
  expect(couldAlwaysDecide).toBe(true);
});

/** Opens three voters in two tabs. The first tab runs two of the voters, and the second tab runs the third. */
async function openWithAdopted(device: Device): Promise<{ adopter: Tab; other: Tab; adopted: RadiantId }> {
  const tabs = await openThree(device);
  const [order] = tabs[0].host.view().radiants[0]?.orders ?? [];
  const adopted = order?.members.find(({ memberKind }) => memberKind === 'voter')?.radiant;
  const gone = tabs.find(({ host }) => host.view().radiants[0]?.radiant === adopted);
  if (adopted === undefined || gone === undefined) throw new Error('each tab runs a voter');
  await gone.host.close();
  const rest = tabs.filter((tab) => tab !== gone);
  await Promise.race(rest.map((tab) => viewWhere(tab, ({ radiants }) => radiants.length === 2)));
  const adopter = rest.find(({ host }) => host.view().radiants.length === 2);
  const other = rest.find((tab) => tab !== adopter);
  if (adopter === undefined || other === undefined) throw new Error('one of two tabs adopts');
  await viewWhere(
    adopter,
    ({ radiants: [own] }) => own?.orders[0]?.members.every(({ reachable }) => reachable) === true,
  );
  return { adopter, other, adopted };
}

test('a radiant is not handed over while another voter of its order is missing, so the order still answers', async () => {
  const device = createDevice();
  const { adopter, other } = await openWithAdopted(device);
  const frozen = other.host.view().radiants[0]?.radiant;
  if (frozen === undefined) throw new Error('a tab has a radiant');
  // Imitates a frozen tab, which is silent and holds its lock.
  const ghost = device.locks.worker().hold(radiantLock(frozen));
  await other.host.close();
  await ghost;
  await viewWhere(adopter, ({ radiants: [own] }) => {
    const members = own?.orders[0]?.members ?? [];
    return own?.orders[0]?.herald !== undefined && members.some(({ reachable }) => !reachable);
  });
  const before = adopter.host.view().radiants.map(({ radiant }) => radiant);
  let couldAlwaysDecide = true;
  adopter.host.watch(({ radiants: [own] }) => {
    couldAlwaysDecide &&= own?.orders[0]?.quorumReachable === true;
  });
  const newcomer = await device.openTab();
  await put(newcomer, 'key', 'value');
  expect(adopter.host.view().radiants.map(({ radiant }) => radiant)).toEqual(before);
  expect(before).not.toContain(newcomer.host.view().radiants[0]?.radiant);
  expect(couldAlwaysDecide).toBe(true);
});

test('a radiant that leads is handed over only after another voter leads', async () => {
  const device = createDevice(PATIENT);
  const { adopter, adopted } = await openWithAdopted(device);
  const machine = device.machines.get(adopted);
  if (machine === undefined) throw new Error('the adopted radiant runs');
  const role = () => machine.replicas()[0]?.replica.role;
  await vi.waitUntil(() => {
    if (role() === 'leader') return true;
    for (const one of device.machines.values()) if (one !== machine) one.handle({ kind: 'transfer-leadership' });
    return false;
  });
  const newcomer = await device.openTab();
  expect(newcomer.host.view().radiants[0]?.radiant).toBe(adopted);
  expect(role()).toBe('follower');
  expect(adopter.host.view().radiants).toHaveLength(1);
  await put(newcomer, 'key', 'value');
});

test('the next tab takes up a founder that is closed while it collects radiants, and continues the founding', async () => {
  const device = createDevice();
  const founder = await device.openTab();
  const second = await device.openTab();
  await viewWhere(second, ({ radiants: [own] }) => own?.formation.kind === 'collecting');
  await founder.host.close();
  await viewWhere(second, ({ radiants }) => radiants.length === 2);
  const third = await device.openTab();
  await viewWhere(third, hasHerald);
  await put(third, 'key', 'value');
  expect(await get(second, 'key')).toBe('value');
});

test('with adoption switched off the voters of closed tabs stay away', async () => {
  const device = createDevice();
  const [first, second, third] = await openThree(device, { adoption: false });
  await first.host.close();
  await second.host.close();
  await viewWhere(third, ({ radiants: [own] }) => own?.orders[0]?.quorumReachable === false);
  await expect(put(third, 'key', 'value')).rejects.toMatchObject({ code: 'NO_QUORUM' });
  expect(third.host.view().radiants).toHaveLength(1);
});

test('a radiant whose disk rejects a write reports it, restarts as the same radiant, and loses nothing', async () => {
  const device = createDevice();
  const tabs = await openThree(device);
  await put(tabs[0], 'kept', 'value');
  const boots = tabs.map(({ host }) => host.view().radiants[0]?.boot);
  const said = tabs.map((tab) =>
    viewWhere(tab, ({ problems }) => problems.some(({ code }) => code === 'STORAGE_FAILED')),
  );
  device.disk.failNextWrite(new ShardbearerError('STORAGE_FAILED', 'the disk refused a write'));
  await put(tabs[0], 'other', 'value');
  const {
    radiants: [failed],
  } = await Promise.race(said);
  const tab = tabs.find(({ host }) => host.view().radiants[0]?.radiant === failed?.radiant) ?? tabs[0];
  await viewWhere(tab, ({ radiants: [own], problems }) => !boots.includes(own?.boot) && problems.length === 0);
  expect(tab.host.view().radiants[0]?.radiant).toBe(failed?.radiant);
  await viewWhere(tab, hasHerald);
  expect(await Promise.all(tabs.map((one) => get(one, 'kept')))).toEqual(['value', 'value', 'value']);
});

test('tabs with a full disk report it, reject writes at once, keep reading, and write again when there is room', async () => {
  const device = createDevice();
  const tabs = await openThree(device);
  await Promise.all(tabs.map((tab) => put(tab, 'kept', 'value')));
  const boots = tabs.map(({ host }) => host.view().radiants[0]?.boot);
  const isFull = ({ problems }: HostView) => problems.some(({ code }) => code === 'STORAGE_FULL');
  device.disk.isFull = true;
  await expect(put(tabs[0], 'first', 'value')).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
  await Promise.all(tabs.map((tab) => viewWhere(tab, isFull)));
  for (const tab of tabs) {
    const startMs = performance.now();
    await expect(put(tab, 'later', 'value')).rejects.toMatchObject({ code: 'STORAGE_FULL', effect: 'none' });
    expect(performance.now() - startMs).toBeLessThan(1_000);
    expect(await get(tab, 'kept')).toBe('value');
  }
  device.disk.isFull = false;
  await Promise.all(tabs.map((tab) => viewWhere(tab, (view) => !isFull(view))));
  for (const tab of tabs) await put(tab, 'after', 'value');
  expect(tabs.map(({ host }) => host.view().radiants[0]?.boot)).toEqual(boots);
});

test('a radiant that breaks while its disk is full fails calls at once, and starts when there is room', async () => {
  const device = createDevice();
  const tabs = await openThree(device);
  await put(tabs[0], 'kept', 'value');
  const isFull = ({ problems }: HostView) => problems.some(({ code }) => code === 'STORAGE_FULL');
  device.disk.isFull = true;
  await expect(put(tabs[0], 'first', 'value')).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
  await Promise.all(tabs.map((tab) => viewWhere(tab, isFull)));
  device.disk.failNextWrite(new ShardbearerError('STORAGE_FAILED', 'the disk refused a write'));
  const broken = await Promise.race(
    tabs.map(async (tab) => {
      await viewWhere(tab, ({ radiants: [own] }) => own?.lifecycle === 'error');
      return tab;
    }),
  );
  await viewWhere(broken, ({ problems }) => problems.at(-1)?.code === 'STORAGE_FULL');
  const startMs = performance.now();
  await expect(get(broken, 'kept')).rejects.toMatchObject({ code: 'STORAGE_FULL', effect: 'none' });
  expect(performance.now() - startMs).toBeLessThan(TIMES.client.downtimePatienceMs / 2);
  device.disk.isFull = false;
  await viewWhere(broken, (view) => !isFull(view) && hasHerald(view));
  expect(await get(broken, 'kept')).toBe('value');
});

test('a tab whose disk hangs reports it, fails its calls without effect, and restarts when the disk works', async () => {
  const device = createDevice();
  const tabs = await openThree(device);
  await put(tabs[0], 'kept', 'value');
  const isLeading = ({ radiants: [own] }: HostView) => own?.orders[0]?.replica?.role === 'leader';
  const herald = tabs.find(({ host }) => isLeading(host.view())) ?? tabs[0];
  const other = tabs.find((tab) => tab !== herald) ?? tabs[1];
  const before = herald.host.view().radiants[0];
  if (before === undefined) throw new Error('the tab runs a radiant');
  device.storage.hang(before.radiant);
  const startMs = performance.now();
  await put(other, 'during', 'value');
  expect(performance.now() - startMs).toBeLessThan(4_000);
  const said = await viewWhere(herald, ({ problems }) => problems.some(({ code }) => code === 'STORAGE_HUNG'));
  expect(said.radiants[0]).toMatchObject({ lifecycle: 'error', neighbours: [] });
  await expect(put(herald, 'refused', 'value')).rejects.toMatchObject({ code: 'STORAGE_HUNG', effect: 'none' });
  device.storage.recover(before.radiant);
  await viewWhere(herald, ({ radiants: [own], problems }) => own?.boot !== before.boot && problems.length === 0);
  await viewWhere(herald, hasHerald);
  expect(herald.host.view().radiants[0]?.radiant).toBe(before.radiant);
  expect([await get(herald, 'kept'), await get(herald, 'during'), await get(herald, 'refused')]).toEqual([
    'value',
    'value',
    undefined,
  ]);
});

test('a tab whose data is gone retires its identity and continues with a new one as another replica', async () => {
  const device = createDevice();
  const [first, second] = await openThree(device);
  await put(first, 'kept', 'value');
  const lost = second.host.view().radiants[0]?.radiant;
  if (lost === undefined) throw new Error('the tab runs a radiant');
  device.disk.wipe(lost);
  await viewWhere(second, ({ problems }) => problems.some(({ code }) => code === 'STORAGE_LOST'));
  await viewWhere(second, (view) => view.radiants[0]?.radiant !== lost && hasHerald(view));
  expect(await get(second, 'kept')).toBe('value');
  await viewWhere(second, (view) => replicaOf(view) !== undefined);
  expect(replicaOf(second.host.view())).toBeGreaterThan(3);
  const known = await device.registry.identities(`room of ${second.secret}`);
  expect(known.find(({ radiant }) => radiant === lost)).toMatchObject({ retired: true });
});

/** The replica id of the tab's own radiant in the only order. */
function replicaOf(view: HostView): number | undefined {
  return view.radiants[0]?.orders[0]?.replica?.replica;
}

test('an aborted call settles, and a closed host refuses', async () => {
  const device = createDevice();
  const tab = await device.openTab();
  const abort = new AbortController();
  const key = bytes('key');
  const call = tab.host.client.request({ kind: 'get', key }, abort.signal);
  abort.abort();
  // Whether the abort came in time or not, the call settles.
  await expect(call).rejects.toBeInstanceOf(ShardbearerError);
  await tab.host.close();
  await expect(tab.host.client.request({ kind: 'get', key }, never)).rejects.toMatchObject({ code: 'CLOSED' });
});
