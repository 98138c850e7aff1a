/** Tabs get their places in a cluster: a single tab, later tabs, and tabs that leave. Shards move between orders. */
import { afterEach, expect, test } from 'vitest';
import { StoreAdministration } from '../../src/hosts/administration.ts';
import type { HostView } from '../../src/hosts/contract.ts';
import { radiantLock } from '../../src/hosts/locks.ts';
import type { FoundingOptions } from '../../src/radiant/contract.ts';
import type { Configuration } from '../../src/wire/configuration/configuration.ts';
import { Device, type Tab } from './device.ts';

const devices: Device[] = [];
afterEach(() => Promise.all(devices.splice(0).map((device) => device.closeAll())));

function createDevice(): Device {
  const device = new Device();
  devices.push(device);
  return device;
}

const founding = (targets: FoundingOptions = {}) => ({ founding: targets });
const beginWith = (radiants: number, more: FoundingOptions = {}) =>
  founding({ radiants, windowMs: Number.POSITIVE_INFINITY, ...more });
const bytes = (text: string) => new TextEncoder().encode(text);
const never = new AbortController().signal;
const put = ({ host }: Tab, key: string, value: string) =>
  host.client.request({ kind: 'write', operation: { kind: 'put', key: bytes(key), value: bytes(value) } }, never);
const administration = ({ host }: Tab) => new StoreAdministration((call) => host.client.request(call, never));

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

const configurationOf = ({ radiants: [own] }: HostView) =>
  own?.formation.kind === 'formed' ? own.formation.configuration : undefined;
const allLed = ({ radiants: [own] }: HostView) =>
  own !== undefined && own.orders.length > 0 && own.orders.every(({ herald }) => herald !== undefined);
const joinAndLeave = ({ orders }: Configuration) =>
  orders.map(({ id, members: { voters } }) => ({ id, voters: voters.map(({ radiant }) => radiant) }));
const isMember = ({ radiants: [own] }: HostView) => own?.orders.some(({ replica }) => replica !== undefined) === true;

test('a lone tab founds a cluster after a moment and serves calls', async () => {
  const tab = await createDevice().openTab(founding());
  await viewWhere(tab, allLed);
  await put(tab, 'greeting', 'hello');
  expect(await get(tab, 'greeting')).toBe('hello');
});

test('nine tabs form three orders, and a shard moves while its keys are written', async () => {
  const device = createDevice();
  const tabs = await Promise.all(Array.from({ length: 9 }, () => device.openTab(beginWith(9, { shards: 12 }))));
  const [first] = tabs;
  if (first === undefined) throw new Error('nine tabs');
  await Promise.all(tabs.map((tab) => viewWhere(tab, allLed)));
  const view = first.host.view();
  expect(configurationOf(view)?.orders.map(({ members }) => members.voters.length)).toEqual([3, 3, 3]);
  for (const [at, tab] of tabs.entries()) await put(tab, `key ${at}`, `value ${at}`);
  const target = configurationOf(view)?.orders.at(-1)?.id;
  if (target === undefined) throw new Error('three orders');
  const moved = await administration(first).move({ slot: 0 }, target);
  expect(moved.number).toBeGreaterThan(1);
  for (const at of tabs.keys()) expect(await get(first, `key ${at}`)).toBe(`value ${at}`);
  await viewWhere(first, (seen) => {
    const shard = configurationOf(seen)
      ?.orders.at(-1)
      ?.shards.find(({ first: slot }) => slot === 0);
    return shard !== undefined && shard.source === undefined;
  });
});

test('each change returns a configuration that includes it, and an impossible one is refused', async () => {
  const device = createDevice();
  const tabs = await Promise.all(Array.from({ length: 6 }, () => device.openTab(beginWith(6, { shards: 4 }))));
  await Promise.all(tabs.map((tab) => viewWhere(tab, allLed)));
  const [first] = tabs;
  if (first === undefined) throw new Error('six tabs');
  const store = administration(first);
  const founding = await store.configuration(1);
  expect(founding).toMatchObject({ number: 1, orders: [expect.anything(), expect.anything()] });
  await expect(store.configuration(1_000)).rejects.toMatchObject({ code: 'UNKNOWN_CONFIGURATION' });
  await expect(store.move({ slot: 0 }, 'ab'.repeat(16))).rejects.toMatchObject({ code: 'UNKNOWN_ORDER' });
  await expect(store.consolidate({ slot: 8_192 })).rejects.toMatchObject({ code: 'SHARDS_APART' });

  const fractured = await store.fracture({ slot: 1_000 });
  expect((await store.fracture({ slot: 1_000 })).number).toBe(fractured.number);
  const [order] = fractured.orders.filter(({ shards }) => shards.some(({ first: slot }) => slot === 1_000));
  expect(order?.shards.map(({ first: slot }) => slot)).toEqual([0, 1_000, 4_096]);
  // A shard always begins at slot 0, and no shard lies before it. Both calls change nothing.
  expect((await store.fracture({ slot: 0 })).number).toBe(fractured.number);
  await expect(store.consolidate({ slot: 0 })).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: 'No shard lies before slot 0. Choose another slot.',
  });
  const merged = await store.consolidate({ slot: 1_000 });
  expect((await store.consolidate({ slot: 1_000 })).number).toBe(merged.number);
  expect(merged.orders.find(({ id }) => id === order?.id)?.shards.map(({ first: slot }) => slot)).toEqual([0, 4_096]);
});

test('a tab that leaves is released when others hold its data', async () => {
  const device = createDevice();
  const tabs = await Promise.all(Array.from({ length: 3 }, () => device.openTab(beginWith(3))));
  const [first, second] = tabs;
  if (first === undefined || second === undefined) throw new Error('three tabs');
  await Promise.all(tabs.map((tab) => viewWhere(tab, allLed)));
  await put(first, 'kept', 'value');
  const gone = first.host.view().radiants[0]?.radiant;
  await first.host.leave(never, Number.POSITIVE_INFINITY);
  expect(first.host.view().radiants).toMatchObject([{ radiant: gone, leaving: { kind: 'left' }, neighbours: [] }]);
  expect(await get(second, 'kept')).toBe('value');
  const { orders } = await administration(second).configuration();
  expect(orders.flatMap(({ members: { voters, learners } }) => [...voters, ...learners])).not.toContainEqual(
    expect.objectContaining({ radiant: gone }),
  );
}, 30_000);

test('several calls of leave() resolve together when the tab has left, and other calls fail as CLOSED', async () => {
  const device = createDevice();
  const tabs = await Promise.all(Array.from({ length: 3 }, () => device.openTab(beginWith(3))));
  const [first] = tabs;
  if (first === undefined) throw new Error('three tabs');
  await Promise.all(tabs.map((tab) => viewWhere(tab, allLed)));
  const { radiant } = first.host.view().radiants[0] ?? {};
  if (radiant === undefined) throw new Error('a tab has a radiant');
  const isRun = async () => (await first.locks.table()).holders.has(radiantLock(radiant));
  expect(await isRun()).toBe(true);
  const leave = async () => {
    await first.host.leave(never, Number.POSITIVE_INFINITY);
    return await isRun();
  };
  expect(await Promise.all([leave(), leave(), leave()])).toEqual([false, false, false]);
  expect(await leave()).toBe(false);
  await expect(get(first, 'kept')).rejects.toMatchObject({ code: 'CLOSED' });
}, 30_000);

test('a tab that cannot be released stays after its time-out and can leave later', async () => {
  const device = createDevice();
  const open = () => device.openTab({ ...beginWith(3), adoption: false });
  const tabs = await Promise.all([open(), open(), open()]);
  const [first, second, third] = tabs;
  await Promise.all(tabs.map((tab) => viewWhere(tab, allLed)));
  await put(first, 'kept', 'value');
  await Promise.all([second.host.close(), third.host.close()]);
  await expect(first.host.leave(never, 100)).rejects.toMatchObject({ code: 'LEAVE_TIMED_OUT' });
  expect(first.host.view().radiants[0]?.leaving).toBeUndefined();
  const [back] = await Promise.all([open(), open()]);
  await first.host.leave(never, Number.POSITIVE_INFINITY);
  expect(await get(back, 'kept')).toBe('value');
}, 30_000);

test('a tab that has left can return as the same radiant and gets a place', async () => {
  const device = createDevice();
  const tabs = await Promise.all(Array.from({ length: 3 }, () => device.openTab(beginWith(3))));
  const [first, second] = tabs;
  if (first === undefined || second === undefined) throw new Error('three tabs');
  await Promise.all(tabs.map((tab) => viewWhere(tab, allLed)));
  await put(first, 'kept', 'value');
  const { secret } = first;
  const gone = first.host.view().radiants[0]?.radiant;
  await first.host.leave(never, Number.POSITIVE_INFINITY);
  const back = await device.openTab({ secret, ...founding() });
  const view = await viewWhere(back, isMember);
  expect(view.radiants[0]?.radiant).toBe(gone);
  expect(await get(back, 'kept')).toBe('value');
}, 30_000);

test('later tabs get a place', async () => {
  const device = createDevice();
  const first = await device.openTab(founding());
  await viewWhere(first, allLed);
  await put(first, 'kept', 'value');
  const second = await device.openTab({ secret: first.secret, ...founding() });
  await viewWhere(second, isMember);
  expect(await get(second, 'kept')).toBe('value');
}, 30_000);

test('the last tab cannot leave and continues', async () => {
  const tab = await createDevice().openTab(founding());
  await viewWhere(tab, allLed);
  await expect(tab.host.leave(never, Number.POSITIVE_INFINITY)).rejects.toMatchObject({ code: 'LAST_RADIANT' });
  await put(tab, 'still', 'here');
});

test('a tab that adopted all other radiants cannot leave, and learns it before it gives a radiant up', async () => {
  const device = createDevice();
  const tabs = await Promise.all(Array.from({ length: 6 }, () => device.openTab(beginWith(6))));
  const [last, ...others] = tabs;
  if (last === undefined) throw new Error('six tabs');
  await Promise.all(tabs.map((tab) => viewWhere(tab, allLed)));
  await put(last, 'kept', 'value');
  for (const { host } of others) await host.close();
  await viewWhere(last, (view) => view.radiants.length === 6 && allLed(view));
  const before = joinAndLeave(await administration(last).configuration());
  await expect(last.host.leave(never, Number.POSITIVE_INFINITY)).rejects.toMatchObject({ code: 'LAST_RADIANT' });
  expect(joinAndLeave(await administration(last).configuration())).toEqual(before);
  expect(last.host.view().radiants).toHaveLength(6);
  expect(await get(last, 'kept')).toBe('value');
}, 60_000);
