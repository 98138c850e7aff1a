import { formThreeTabs } from './harness/cluster.ts';
import { expect, test } from './harness/fixtures.ts';
import { findHerald, StoreTab } from './harness/store-tab.ts';

test('three browser processes form a cluster and read the values of all three', { tag: '@full' }, async ({ world }) => {
  const server = await world.server();
  const browsers = [await world.startBrowser(), await world.startBrowser(), await world.startBrowser()] as const;
  const first = await StoreTab.open(browsers[0], server);
  const secret = await first.secret();
  const tabs = [
    first,
    await StoreTab.open(browsers[1], server, { secret }),
    await StoreTab.open(browsers[2], server, { secret }),
  ];
  const openedMs = performance.now();
  await Promise.all(tabs.map((tab) => tab.ready()));
  console.log(`formed ${(performance.now() - openedMs).toFixed(0)} ms after the third page was open`);
  for (const [at, tab] of tabs.entries()) await tab.put(`from ${at}`, `value ${at}`);
  for (const tab of tabs) {
    expect(await Promise.all(tabs.map((_, at) => tab.get(`from ${at}`)))).toEqual(['value 0', 'value 1', 'value 2']);
  }
  const herald = await findHerald(tabs);
  const followers = tabs.filter((tab) => tab !== herald);
  expect(await Promise.all(followers.map((tab) => tab.isHerald()))).toEqual([false, false]);
});

test('an unknown algorithm is refused before a database is created', async ({ world }) => {
  const server = await world.server();
  const browser = await world.openDevice();
  const tab = await StoreTab.open(browser, server, { algorithm: 'paxos' });
  await expect(tab.ready()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  const databases = await tab.page.evaluate(() => indexedDB.databases());
  expect(databases).toEqual([]);
});

test('a store works behind a Proxy and with its methods taken off the object', async ({ world }) => {
  const tab = await StoreTab.open(await world.openDevice(), await world.server(), { radiants: 1 });
  await tab.ready();
  const got = await tab.page.evaluate(async () => {
    const store = await globalThis.storePage?.store;
    if (store === undefined) throw new Error('this page opens no store');
    await new Proxy(store, {}).put('key', 'value');
    // oxlint-disable-next-line typescript/unbound-method -- the subject of this test
    const { get, view, administration } = store;
    // oxlint-disable-next-line typescript/unbound-method -- likewise
    const { configuration } = administration;
    return [await get('key'), view().role, (await configuration()).orders.length];
  });
  expect(got).toEqual(['value', 'radiant', 1]);
});

test('other listeners run after one has thrown, and the view of a closed store shows CLOSED', async ({ world }) => {
  const tab = await StoreTab.open(await world.openDevice(), await world.server());
  await tab.radiant();
  await tab.page.evaluate(async () => {
    const store = await globalThis.storePage?.store;
    store?.onView(() => {
      throw new Error('the application failed');
    });
    await new Promise<void>((resolve) => {
      store?.onView(() => resolve());
    });
  });
  await expect.poll(async () => (await tab.view()).problems).toEqual([]);
  await tab.close();
  const codes = async () => (await tab.view()).problems.map(({ code }) => code);
  await expect.poll(codes).toEqual(['CLOSED']);
});

test('repeated calls of leave() all resolve, and a later get fails with CLOSED', async ({ world }) => {
  const { tabs } = await formThreeTabs(world);
  const endings = await tabs[0].page.evaluate(async () => {
    const store = await globalThis.storePage?.store;
    if (store === undefined) throw new Error('this page opens no store');
    const leaves = [store.leave(), store.leave(), store.leave({ timeoutMs: 30_000 })];
    const settled = await Promise.allSettled([
      ...leaves,
      Promise.race(leaves).then(() => store.leave()),
      store.get('key'),
    ]);
    const later = await Promise.allSettled([store.leave(), store.get('key')]);
    return [...settled, ...later].map((ending) =>
      ending.status === 'fulfilled' ? 'done' : String(Reflect.get(Object(ending.reason), 'code')),
    );
  });
  expect(endings).toEqual(['done', 'done', 'done', 'done', 'done', 'done', 'CLOSED']);
  const left = [{ leaving: { kind: 'left' }, neighbours: [] }];
  await expect.poll(async () => (await tabs[0].view()).radiants).toMatchObject(left);
  await tabs[1].put('still', 'here');
  expect(await tabs[2].get('still')).toBe('here');
});

test('leave() resolves if the abort comes after the tab has left', async ({ world }) => {
  const { tabs } = await formThreeTabs(world);
  const ending = await tabs[0].page.evaluate(async () => {
    const store = await globalThis.storePage?.store;
    if (store === undefined) throw new Error('this page opens no store');
    const stop = new AbortController();
    // The worker's next message is its answer. The page's code reads `data` before the store does, so the abort comes
    // first.
    const data = Object.getOwnPropertyDescriptor(MessageEvent.prototype, 'data');
    Object.defineProperty(MessageEvent.prototype, 'data', {
      get(this: MessageEvent) {
        if (this.currentTarget instanceof Worker) stop.abort();
        return data?.get?.call(this) as unknown;
      },
    });
    const ended = await store.leave({ signal: stop.signal }).then(() => 'left', String);
    return { ended, aborted: stop.signal.aborted };
  });
  expect(ending).toEqual({ ended: 'left', aborted: true });
  const codes = async () => (await tabs[0].view()).problems.map(({ code }) => code);
  await expect.poll(codes).toEqual(['CLOSED']);
});
