/** Screenshots of a page on a phone, a laptop and a wide screen, light and dark. */
import { join } from 'node:path';
import type { Page } from '@playwright/test';

export const SCREENS = [
  { name: 'phone', width: 360, height: 740 },
  { name: 'laptop', width: 1280, height: 800 },
  { name: 'wide', width: 1920, height: 1080 },
] as const;
export const SCHEMES = ['light', 'dark'] as const;

/**
 * Writes `<name>-<screen>-<scheme>.png` for each screen and color scheme, and returns the paths. The page keeps the
 * last settings.
 */
export async function takeScreenshots(page: Page, directory: string, name: string): Promise<readonly string[]> {
  const paths: string[] = [];
  for (const screen of SCREENS) {
    await page.setViewportSize({ width: screen.width, height: screen.height });
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme });
      const path = join(directory, `${name}-${screen.name}-${colorScheme}.png`);
      await page.screenshot({ path, fullPage: true });
      paths.push(path);
    }
  }
  return paths;
}

/** Number of pixels by which the page is wider than its screen. Above 0, a person must scroll sideways. */
export async function sidewaysOverflow(page: Page): Promise<number> {
  return await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}
