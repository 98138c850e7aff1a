import type { Page } from '@playwright/test';
import { hasEnded } from '../../src/app/console/situation.ts';
import { expect, test } from './harness/fixtures.ts';
import { SCREENS, sidewaysOverflow, takeScreenshots } from './harness/screenshots.ts';
import type { Look } from './pages/console-gallery.tsx';
import { type ConsoleState, STATES } from './pages/console-states.ts';

/** Directory for screenshots of every state. Undefined: no screenshots are taken. */
const PICTURES = process.env['SCREENSHOTS'];

test('every state of the console fits on a phone and on a wide screen', async ({ world }) => {
  test.setTimeout(180_000);
  const { origin } = await world.server();
  const browser = await world.openDevice();
  const page = await browser.openTab(`${origin}/console-gallery.html`);
  const headlines = new Set<string>();
  for (const { width, height } of SCREENS) {
    await page.setViewportSize({ width, height });
    for (const [name, state] of Object.entries(STATES)) {
      const look = await lookAt(page, name, state);
      expect(look, `${name} at ${width} px`).toMatchObject({ sidewaysOverflow: 0, cutOff: [] });
      if (isEnded(state)) expect(look.live, `${name} shows nothing as live`).toBe(0);
      headlines.add(look.headline);
    }
  }
  expect(headlines.size).toBeGreaterThan(12);
});

if (PICTURES !== undefined) {
  test('screenshots show every state of the console', async ({ world }) => {
    test.setTimeout(180_000);
    const { origin } = await world.server();
    const page = await (await world.openDevice()).openTab(`${origin}/console-gallery.html`);
    for (const [name, state] of Object.entries(STATES)) {
      await lookAt(page, name, state);
      await takeScreenshots(page, PICTURES, name);
    }
  });
}

function isEnded(state: ConsoleState): boolean {
  return state.kind === 'open' && hasEnded(state.view);
}

/** Shows a state, with the result of a get if the store works in that state. */
async function lookAt(page: Page, name: string, state: ConsoleState): Promise<Look> {
  const gets = state.kind === 'open' && !isEnded(state) && state.view.radiants[0]?.formation.kind === 'formed';
  const look = await page.evaluate(([shown, how]) => globalThis.gallery?.look(shown, how), [name, { gets }] as const);
  if (look === undefined) throw new Error('The page is not the gallery.');
  return look;
}

test('a tab that cannot leave yet shows the reason and advice in the dialog', async ({ world }) => {
  const { origin } = await world.server();
  const browser = await world.openDevice();
  const page = await browser.openTab(`${origin}/console-gallery.html#no-quorum`);
  await page.getByRole('button', { name: 'Leave the cluster…' }).click();
  await page.getByRole('button', { name: 'Leave', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('alert')).toContainText('this tab stays');
  for (const { width, height } of SCREENS) {
    await page.setViewportSize({ width, height });
    expect(await sidewaysOverflow(page), `at ${width} px`).toBe(0);
    expect(await cutOff(page), `at ${width} px`).toEqual([]);
  }
  if (PICTURES !== undefined) await takeScreenshots(page, PICTURES, 'cannot-leave-yet');
  await dialog.getByRole('button', { name: 'Stay' }).click();
  await expect(dialog).toBeHidden();
});

/** The calls to the page's store, oldest first. */
async function askedOf(page: Page): Promise<unknown> {
  return await page.evaluate((): unknown => Reflect.get(globalThis, 'asked'));
}

test('Enter in the field Key reads, and only the button “Put an empty value” puts an empty value', async ({
  world,
}) => {
  const { origin } = await world.server();
  const browser = await world.openDevice();
  const page = await browser.openTab(`${origin}/console-gallery.html#formed`);
  await page.locator('#key').fill('greeting');
  await page.keyboard.press('Enter');
  await page.locator('[data-action="get"][data-outcome="done"]').waitFor();
  await page.getByRole('button', { name: 'Put', exact: true }).click();
  await expect(page.getByRole('status').filter({ hasText: 'The field Value is empty' })).toBeVisible();
  expect(await askedOf(page)).toEqual([['get', 'greeting']]);
  await page.locator('#value').fill('hello');
  await expect(page.getByRole('button', { name: 'Put an empty value' })).toBeHidden();
  await page.locator('#value').fill('');
  await page.getByRole('button', { name: 'Put', exact: true }).click();
  await page.getByRole('button', { name: 'Put an empty value' }).click();
  await page.locator('[data-action="put"][data-outcome="done"]').waitFor();
  expect(await askedOf(page)).toEqual([
    ['get', 'greeting'],
    ['put', 'greeting', ''],
  ]);
});

test('the error of a long key stays visible', async ({ world }) => {
  const { origin } = await world.server();
  const browser = await world.openDevice();
  const page = await browser.openTab(`${origin}/console-gallery.html#formed`);
  await page.locator('#key').fill('k'.repeat(5_000));
  await page.locator('#value').fill('v');
  for (const { width, height } of SCREENS) {
    await page.setViewportSize({ width, height });
    await page.getByRole('button', { name: 'Put', exact: true }).click();
    const result = page.locator('.result').first();
    await expect(result).toHaveAttribute('data-outcome', 'failed');
    const [list, error] = await Promise.all([
      page.locator('.results').first().boundingBox(),
      result.locator('.error-code').boundingBox(),
    ]);
    const bottom = (list?.y ?? 0) + (list?.height ?? 0);
    expect((error?.y ?? 0) + (error?.height ?? 0), `at ${width} px`).toBeLessThanOrEqual(bottom);
    expect((error?.y ?? 0) - (list?.y ?? 0), `at ${width} px`).toBeLessThan(200);
  }
});

test('a radiant is taken out only after a confirmation, and Enter cancels it', async ({ world }) => {
  const { origin } = await world.server();
  const browser = await world.openDevice();
  const page = await browser.openTab(`${origin}/console-gallery.html#an-order-without-quorum`);
  await page.getByRole('button', { name: 'Take out' }).first().click();
  const dialog = page.getByRole('dialog', { name: /^Take .* out of the cluster\?$/u });
  await expect(dialog).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(dialog).toBeHidden();
  await expect(page.locator('[data-change]')).toHaveCount(0);
  await page.getByRole('button', { name: 'Take out' }).first().click();
  await dialog.getByRole('button', { name: 'Take it out' }).click();
  await page.locator('[data-change^="take out"]').waitFor();
});

test('every control has an accessible name and is reachable by keyboard', async ({ world }) => {
  const { origin } = await world.server();
  const browser = await world.openDevice();
  const page = await browser.openTab(`${origin}/console-gallery.html#shards-on-the-way`);
  const controls = page.locator('button:visible:enabled, input:visible, select:visible, textarea:visible');
  const count = await controls.count();
  expect(count).toBeGreaterThan(8);
  const reached = new Set<string>();
  for (let at = 0; at < count + 4; at++) {
    await page.keyboard.press('Tab');
    reached.add(await page.evaluate(() => document.activeElement?.id || document.activeElement?.textContent || ''));
  }
  for (const name of ['key', 'value', 'Put', 'Get', 'Append', 'Delete', 'invite', 'Copy', 'place', 'target'])
    expect(reached).toContain(name);
  const nameless = await page.evaluate(() =>
    [...document.querySelectorAll('button, input, select, textarea, progress, section, svg[role], table')]
      .filter((element) => {
        if ('labels' in element && !(element instanceof HTMLButtonElement) && !element.hasAttribute('aria-label')) {
          return element.labels instanceof NodeList && element.labels.length === 0;
        }
        if (element instanceof HTMLButtonElement) return element.textContent === '';
        if (element instanceof HTMLTableElement) return element.querySelectorAll('th[scope]').length === 0;
        return !element.hasAttribute('aria-label') && !element.hasAttribute('aria-labelledby');
      })
      .map(({ outerHTML }) => outerHTML.slice(0, 100)),
  );
  expect(nameless).toEqual([]);
});

/** The texts that are wider than their element. */
async function cutOff(page: Page): Promise<readonly string[] | undefined> {
  return await page.evaluate(() => globalThis.gallery?.cutOff());
}
