import type { Page } from '@playwright/test';
import { hasEnded } from '../../src/app/console/situation.ts';
import { expect, test } from './harness/fixtures.ts';
import { SCREENS, sidewaysOverflow, takeScreenshots } from './harness/screenshots.ts';
import { STATES } from './pages/console-states.ts';

/** With a directory named here, every state is pictured into it. */
const PICTURES = process.env['SCREENSHOTS'];

test('every state of the console fits on a phone and on a wide screen, and says what is the matter', async ({
  world,
}) => {
  test.setTimeout(180_000);
  const { origin } = await world.startServer();
  const browser = await world.startBrowser();
  const page = await browser.openTab(`${origin}/console-gallery.html#opening`);
  const headlines = new Set<string>();
  for (const [name, state] of Object.entries(STATES)) {
    await page.goto(`${origin}/console-gallery.html#${name}`);
    const ended = state.kind === 'open' && hasEnded(state.view);
    const works = state.kind === 'open' && !ended && state.view.radiants[0]?.formation.kind === 'formed';
    if (ended) expect(await page.locator('.card, .note, form').count(), `${name} shows nothing as live`).toBe(0);
    if (works) await page.getByRole('button', { name: 'Get', exact: true }).click();
    for (const { width, height } of SCREENS) {
      await page.setViewportSize({ width, height });
      expect(await sidewaysOverflow(page), `${name} at ${width} px`).toBe(0);
      expect(await cutOff(page), `${name} at ${width} px`).toEqual([]);
    }
    headlines.add(await page.locator('.banner h2').innerText());
    if (PICTURES !== undefined) await takeScreenshots(page, PICTURES, name);
  }
  expect(headlines.size).toBeGreaterThan(12);
});

test('whoever cannot be let go yet is told so where leaving was asked for, and what to do', async ({ world }) => {
  const { origin } = await world.startServer();
  const browser = await world.startBrowser();
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

test('everything that can be used has a name, and the keyboard reaches it', async ({ world }) => {
  const { origin } = await world.startServer();
  const browser = await world.startBrowser();
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

/** Texts that are wider than what they stand in. */
async function cutOff(page: Page): Promise<readonly string[]> {
  return await page.evaluate(() =>
    [...document.querySelectorAll('button, td, th, dd, dt, h2, h3, p')]
      .filter((element) => element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0)
      .map((element) => element.textContent ?? ''),
  );
}
