import { ConsoleTab } from './harness/console-tab.ts';
import { expect, test } from './harness/fixtures.ts';
import { QUICK_MEMBERSHIP } from './harness/quick-times.ts';
import { until } from './harness/until.ts';
import type { World } from './harness/world.ts';

const PATIENCE = { timeoutMs: 60_000 };
const GROWTH = 'a cluster grows from one tab to three, and its founder leaves and takes part again';

test(`${GROWTH}, with short times`, async ({ world }) => {
  await growAndLeave(world, `/console-with-times.html?times=${encodeURIComponent(JSON.stringify(QUICK_MEMBERSHIP))}`);
});

test(`${GROWTH}, with the times of production`, { tag: '@full' }, async ({ world }) => {
  await growAndLeave(world, '/');
});

async function growAndLeave(world: World, path: string): Promise<void> {
  test.setTimeout(180_000);
  const { origin } = await world.server();
  const browser = await world.openDevice();
  const address = `${origin}${path}`;
  const first = await ConsoleTab.open(browser, address);
  await first.waitForHeadline('Founding a cluster');
  await first.waitForHeadline('In order, with one copy only', 30_000);
  expect(await first.press('Put', 'greeting', 'hello')).toContain('Stored');

  const second = await ConsoleTab.open(browser, address);
  await first.waitForHeadline('In order, with two copies', 30_000);
  expect(await second.press('Get', 'greeting')).toContain('hello');
  const third = await ConsoleTab.open(browser, address);
  for (const tab of [first, second, third]) await tab.waitForHeadline('In order', 60_000);
  expect(await third.press('Append', 'greeting', ', world')).toContain('Added');

  const gone = await first.radiant();
  await first.click('Leave the cluster…');
  await first.click('Leave');
  await first.waitForHeadline('This tab has left the cluster', 60_000);
  expect(await second.press('Get', 'greeting')).toContain('hello, world');
  await until('no order has the radiant that left as a member', async () => {
    const own = (await second.view()).radiants[0];
    return own?.orders.every(({ members }) => members.every(({ radiant }) => radiant !== gone));
  });
  const buttons = first.page.getByRole('button');
  await expect(buttons).toHaveText(['Take part again', 'Start over on this device…']);
  await first.click('Take part again');
  await first.waitForHeadline('In order', 60_000);
  expect(await first.press('Get', 'greeting')).toContain('hello, world');
}

test('the console moves, fractures and consolidates shards and states each result', async ({ world }) => {
  test.setTimeout(180_000);
  const { origin } = await world.server();
  const browser = await world.openDevice();
  const address = `${origin}/?radiants=6&shards=4`;
  const tabs = await Promise.all(Array.from({ length: 6 }, () => ConsoleTab.open(browser, address)));
  const [tab] = tabs;
  if (tab === undefined) throw new Error('six tabs');
  for (const each of tabs) await each.waitForHeadline('In order', 60_000);
  const { page } = tab;
  const orders = page.locator('.orders [data-order]');
  await expect(orders).toHaveCount(2);
  await tab.put('kept', 'value');

  const change = async (name: string, slot: string): Promise<string> => {
    await page.bringToFront();
    await page.getByLabel('Slot, 0 to').fill(slot);
    const results = page.locator('ol[aria-label^="Changes"] .result');
    const before = await results.count();
    await page.getByRole('button', { name, exact: true }).click();
    await until('the list shows the change', async () => (await results.count()) > before);
    const result = results.first();
    await until(
      'the change has a result',
      async () => (await result.getAttribute('data-outcome')) !== 'under-way',
      PATIENCE,
    );
    return await result.innerText();
  };
  expect(await change('Fracture here', '1000')).toContain('a new shard begins at 1000, with slots 1000–4095');
  const target = await page.getByLabel('Target order').inputValue();
  expect(await change('Move', '1000')).toContain('slots 1000–4095 move to order');
  await until('slot 1000 has arrived', async () => (await shardsOf(tab, target)).includes('1000 here'), PATIENCE);
  // The page shows a new view only in its next frame.
  await until('the page shows the arrived shard', async () => {
    return (await page.locator('.orders').innerText()).includes('3 shards, 11,288 slots');
  });
  expect(await change('Consolidate with previous', '1000')).toContain('SHARDS_APART');
  expect(await change('Move', '500')).toContain('slots 0–999 move to order');
  await until('slot 0 has arrived', async () => (await shardsOf(tab, target)).includes('0 here'), PATIENCE);
  expect(await change('Consolidate with previous', '1000')).toContain('slots 0–4095 are one shard now');
  for (const each of tabs) expect(await each.get('kept')).toBe('value');
});

/** The first slot of each shard of an order, followed by `here` or `coming`. */
async function shardsOf(tab: ConsoleTab, order: string): Promise<readonly string[]> {
  const own = (await tab.view()).radiants[0];
  const { orders } = own?.formation.kind === 'formed' ? own.formation.configuration : { orders: [] };
  const shards = orders.find(({ id }) => id === order)?.shards ?? [];
  return shards.map(({ first, source }) => `${first} ${source === undefined ? 'here' : 'coming'}`);
}
