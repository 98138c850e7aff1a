import { randomBytes } from 'node:crypto';
import { expect, test } from './harness/fixtures.ts';
import { roles } from './harness/cluster.ts';
import { StoreTab } from './harness/store-tab.ts';
import { until } from './harness/until.ts';

const QUOTA_BYTES = 12_000_000;
/** A large value. It is random, because Chromium compresses the values that it stores. */
const VALUE = randomBytes(750_000).toString('base64');

test('tabs with a full quota refuse writes at once and still read, and they write again once there is room', async ({
  world,
}) => {
  const { device, origin } = await world.openDeviceOnDisk();
  const server = { origin };
  const page = await device.openTab(`${origin}/healthz`);
  const session = await page.context().newCDPSession(page);
  // The quota must be overridden before the first use, because the browser caches the quota.
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: QUOTA_BYTES });
  const first = await StoreTab.open(device, server);
  const secret = await first.secret();
  const others = await Promise.all([
    StoreTab.open(device, server, { secret }),
    StoreTab.open(device, server, { secret }),
  ]);
  const tabs = [first, ...others] as const;
  await Promise.all(tabs.map((tab) => tab.ready()));
  const { followers } = await roles(tabs);
  const tab = tabs[followers[0]];
  await tab.put('kept', 'value');

  const codes: string[] = [];
  while (codes.at(-1) !== 'STORAGE_FULL' && codes.length < 40) {
    codes.push(await codeOf(tab.put(`large ${codes.length}`, VALUE)));
  }
  expect(codes.filter((code) => !['done', 'OUTCOME_UNKNOWN', 'STORAGE_FULL'].includes(code))).toEqual([]);
  expect(codes.at(-1)).toBe('STORAGE_FULL');

  for (const one of tabs) {
    const { code, durationMs } = await timedPut(one);
    expect(code).toBe('STORAGE_FULL');
    expect(durationMs).toBeLessThan(2_000);
    expect(await one.get('kept')).toBe('value');
  }

  await session.send('Storage.overrideQuotaForOrigin', { origin });
  await until('there is room again', async () => (await codeOf(tab.put('later', 'value'))) === 'done');
  for (const one of tabs) expect(await one.get('later')).toBe('value');
});

/** `done`, or the code of the error with which the call failed. */
async function codeOf(call: Promise<unknown>): Promise<string> {
  return await call.then(
    () => 'done',
    (error: unknown) => String(Reflect.get(Object(error), 'code')),
  );
}

/** Puts a large value. The time is that of the page: the transfer of the value into the page is no part of the put. */
async function timedPut({ page }: StoreTab): Promise<{ readonly code: string; readonly durationMs: number }> {
  return await page.evaluate(async (value) => {
    const store = await globalThis.storePage?.store;
    if (store === undefined) throw new Error('This page opens no store.');
    const startMs = performance.now();
    const code = await store.put('later', value).then(
      () => 'done',
      (error: unknown) => String(Reflect.get(Object(error), 'code')),
    );
    return { code, durationMs: performance.now() - startMs };
  }, VALUE);
}
