import { ConsoleTab } from './harness/console-tab.ts';
import { expect, test } from './harness/fixtures.ts';
import { until } from './harness/until.ts';

const PATIENCE = { timeoutMs: 60_000, intervalMs: 100 };

test('one tab founds a cluster alone after a moment; a second one keeps a copy, a third makes three voters; one leaves', async ({
  world,
}) => {
  test.setTimeout(180_000);
  const { origin } = await world.server();
  const browser = await world.openDevice();
  const first = await ConsoleTab.open(browser, `${origin}/`);
  await first.waitForHeadline('Founding a cluster');
  await first.waitForHeadline('In order, with one copy only', 30_000);
  expect(await first.press('Put', 'greeting', 'hello')).toContain('Stored');

  const second = await ConsoleTab.open(browser, `${origin}/`);
  await first.waitForHeadline('In order, with two copies', 30_000);
  expect(await second.press('Get', 'greeting')).toContain('hello');
  const third = await ConsoleTab.open(browser, `${origin}/`);
  for (const tab of [first, second, third]) await tab.waitForHeadline('In order', 60_000);
  expect(await third.press('Append', 'greeting', ', world')).toContain('Added');

  const gone = await first.radiant();
  await first.page.getByRole('button', { name: 'Leave the cluster…' }).click();
  await first.page.getByRole('button', { name: 'Leave', exact: true }).click();
  await first.waitForHeadline('This tab has left the cluster', 60_000);
  expect(await second.press('Get', 'greeting')).toContain('hello, world');
  await until('nobody counts on it any more', async () => {
    const own = (await second.view()).radiants[0];
    return own?.orders.every(({ members }) => members.every(({ radiant }) => radiant !== gone));
  });
  const buttons = first.page.getByRole('button');
  await expect(buttons).toHaveText(['Take part again', 'Start over on this device…']);
  await first.page.getByRole('button', { name: 'Take part again' }).click();
  await first.waitForHeadline('In order', 60_000);
  expect(await first.press('Get', 'greeting')).toContain('hello, world');
});

test('shards are moved, fractured and merged by hand, in words that say what came of it', async ({ world }) => {
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
    await page.getByLabel('Slot, 0 to').fill(slot);
    const results = page.locator('ol[aria-label^="Changes"] .result');
    const before = await results.count();
    await page.getByRole('button', { name, exact: true }).click();
    await until('the change stands in the list', async () => (await results.count()) > before);
    const result = results.first();
    await until('it is answered', async () => (await result.getAttribute('data-outcome')) !== 'under-way', PATIENCE);
    return await result.innerText();
  };
  expect(await change('Fracture here', '1000')).toContain('a new shard begins at 1000, with slots 1000–4095');
  const target = await page.getByLabel('Target order').inputValue();
  expect(await change('Move', '1000')).toContain('slots 1000–4095 move to order');
  await until('it has arrived', async () => (await shardsOf(tab, target)).includes('1000 here'), PATIENCE);
  // The page shows what the view says when it draws next.
  await until('the page shows it', async () => {
    return (await page.locator('.orders').innerText()).includes('3 shards, 11,288 slots');
  });
  expect(await change('Consolidate with previous', '1000')).toContain('SHARDS_APART');
  expect(await change('Move', '500')).toContain('slots 0–999 move to order');
  await until('it has arrived, too', async () => (await shardsOf(tab, target)).includes('0 here'), PATIENCE);
  expect(await change('Consolidate with previous', '1000')).toContain('slots 0–4095 are one shard now');
  for (const each of tabs) expect(await each.get('kept')).toBe('value');
});

/** First slots of the shards of an order, and whether they are there or on their way. */
async function shardsOf(tab: ConsoleTab, order: string): Promise<readonly string[]> {
  const own = (await tab.view()).radiants[0];
  const { orders } = own?.formation.kind === 'formed' ? own.formation.configuration : { orders: [] };
  const shards = orders.find(({ id }) => id === order)?.shards ?? [];
  return shards.map(({ first, source }) => `${first} ${source === undefined ? 'here' : 'coming'}`);
}
