/** Platform calls throw each exception that they can throw. No exception leads to `INVARIANT_BROKEN`. */
import type { Page } from '@playwright/test';
import { PLATFORM_CALLS, type PlatformCall } from '../../src/wire/platform-error.ts';
import { expect, test } from './harness/fixtures.ts';
import type { PlatformFault } from './pages/platform-faults.ts';
import type { PlatformFaultsPage } from './pages/platform-faults-page.ts';

declare global {
  /** The page `platform-faults.html` sets this variable. */
  var platformFaults: PlatformFaultsPage | undefined;
}

type Expected = PlatformFault & { readonly code: string };

/** The expected results for one call: each row of its table, and an exception that no row lists. */
function rowsOf(call: PlatformCall): readonly Expected[] {
  const { codes, otherwise } = PLATFORM_CALLS[call];
  return [...Object.entries<string>(codes), ['EncodingError', otherwise] as const].map(([key, code]) => {
    const [exception = '', note] = key.split(' ');
    return { call, exception, message: note === undefined ? 'planted' : 'planted: permission denied', code };
  });
}

async function openPage(page: Page, origin: string): Promise<void> {
  await page.goto(`${origin}/platform-faults.html`);
  await page.waitForFunction(() => globalThis.platformFaults !== undefined);
}

test('an exception of the platform in the worker becomes the error code in PLATFORM_CALLS', async ({ world }) => {
  const { origin } = await world.server();
  const browser = await world.openDevice();
  const page = await browser.openTab('about:blank');
  await openPage(page, origin);
  const calls: readonly PlatformCall[] = [
    'indexedDB.open',
    'IDBDatabase.transaction',
    'navigator.locks.query',
    'navigator.locks.request',
    'crypto.subtle',
    'new WebSocket',
  ];
  for (const call of calls) {
    const rows = rowsOf(call);
    const met = await page.evaluate(
      async (faults) =>
        await Promise.all(
          faults.map(async (fault) => await globalThis.platformFaults?.openWithWorkerFault(fault, fault.code)),
        ),
      rows,
    );
    expect(new Map(rows.map((row, at) => [nameOf(row), met[at]]))).toEqual(
      new Map(rows.map((row) => [nameOf(row), [row.code]])),
    );
  }
});

test('an exception of the platform on the page becomes the error code in PLATFORM_CALLS', async ({ world }) => {
  const { origin } = await world.server();
  const browser = await world.openDevice();
  const page = await browser.openTab('about:blank');
  for (const fault of [
    // The test of the worker covers all rows of this call, so two suffice here.
    ...rowsOf('crypto.subtle').slice(0, 2),
    ...rowsOf('new Worker').slice(0, 1),
    { call: 'navigator.storage.persist', exception: 'TypeError', message: 'planted', code: '' },
    { call: 'new BroadcastChannel', exception: 'SecurityError', message: 'planted', code: '' },
    { call: 'navigator.locks.request', exception: 'SecurityError', message: 'planted', code: '' },
  ]) {
    await openPage(page, origin);
    const codes = await page.evaluate(
      async (planted) => await globalThis.platformFaults?.openWithPageFault(planted, planted.code),
      fault,
    );
    expect([nameOf(fault), codes]).toEqual([nameOf(fault), fault.code === '' ? [] : [fault.code]]);
  }
  for (const fault of [
    ...rowsOf('navigator.locks.query').slice(0, 1),
    ...rowsOf('indexedDB.databases').slice(0, 1),
    ...rowsOf('indexedDB.deleteDatabase').slice(0, 1),
  ]) {
    await openPage(page, origin);
    const codes = await page.evaluate(
      async (planted) => await globalThis.platformFaults?.startOverWithPageFault(planted),
      fault,
    );
    expect([nameOf(fault), codes]).toEqual([nameOf(fault), [fault.code]]);
  }
  for (const call of [
    'new RTCPeerConnection',
    'RTCPeerConnection.createDataChannel',
    'RTCPeerConnection.setLocalDescription',
  ] as const) {
    for (const fault of rowsOf(call).slice(0, 1)) {
      await openPage(page, origin);
      const report = await page.evaluate(
        async (planted) => await globalThis.platformFaults?.connectWithPageFault(planted),
        fault,
      );
      expect(report).toContain('planted');
    }
  }
});

function nameOf({ call, exception, message }: PlatformFault): string {
  return `${call}: ${exception} (${message})`;
}
