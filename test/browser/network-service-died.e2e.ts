import { expect, test } from './harness/fixtures.ts';
import { StoreTab } from './harness/store-tab.ts';
import { until } from './harness/until.ts';

test('a page whose browser lost its network service asks for a reload, and has links again after it', {
  tag: '@full',
}, async ({ world }) => {
  const server = await world.server();
  const first = await StoreTab.open(await world.openDevice(), server, { radiants: 1 });
  await first.ready();
  const secret = await first.secret();
  const browser = await world.startBrowser();
  const other = await StoreTab.open(browser, server, { secret });
  await other.ready();
  const codes = async () => (await other.view()).problems.map(({ code }) => code);
  await expect.poll(codes).toEqual([]);

  const diedMs = performance.now();
  browser.killNetworkService();
  await until('the page reports NETWORK_SERVICE_DIED', async () => (await codes()).includes('NETWORK_SERVICE_DIED'), {
    timeoutMs: 25_000,
  });
  console.log(`NETWORK_SERVICE_DIED ${(performance.now() - diedMs).toFixed(0)} ms after the death`);
  const { problems } = await other.view();
  expect(problems.find(({ code }) => code === 'NETWORK_SERVICE_DIED')?.message).toContain('Reload the page');
  expect(problems.map(({ code }) => code)).not.toContain('LINK_FAILED');

  await other.reload();
  await other.ready();
  await other.put('after', 'the reload');
  expect(await first.get('after')).toBe('the reload');
  await expect.poll(codes).toEqual([]);
});
