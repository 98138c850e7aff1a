/** A tab with the console. Tests use its fields and buttons, or `window.shardbearer`. */
import type { Page } from '@playwright/test';
import type { HostView, Shardbearer } from '../../../src/index.ts';
import type { Device } from './chromium-process.ts';
import { until } from './until.ts';

declare global {
  interface Window {
    shardbearer?: Shardbearer<string>;
  }
}

/** The outcome of a call as plain data. */
export type Ending =
  | { readonly kind: 'done'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly code: unknown; readonly name: string; readonly message: string };

export class ConsoleTab {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  static async open(browser: Device, address: string): Promise<ConsoleTab> {
    return new ConsoleTab(await browser.openTab(address));
  }

  async headline(): Promise<string> {
    // A locator takes several steps, which is too much for a loop.
    return await this.page.evaluate(() => document.querySelector<HTMLElement>('.banner h2')?.innerText ?? '');
  }

  async waitForHeadline(words: string | RegExp, timeoutMs = 15_000): Promise<void> {
    let seen = '';
    await until(
      `the headline says ${String(words)}`,
      async () => {
        seen = await this.headline();
        return typeof words === 'string' ? seen === words : words.test(seen);
      },
      { timeoutMs },
    ).catch((error: unknown) => {
      throw new Error(`the headline says “${seen}” instead of ${String(words)}`, { cause: error });
    });
  }

  async view(): Promise<HostView> {
    return await until('the store is open', () => this.page.evaluate(() => window.shardbearer?.view()));
  }

  async radiant(): Promise<string> {
    return await until('the tab has a radiant', async () => (await this.view()).radiants[0]?.radiant);
  }

  async ready(): Promise<void> {
    await this.view();
    await this.page.evaluate(() => window.shardbearer?.ready());
  }

  /** Calls the store as a script in the page does. */
  async call(method: 'get' | 'put' | 'append' | 'delete', key: string, value = ''): Promise<Ending> {
    return await this.page.evaluate(
      async ([name, itsKey, itsValue]) => {
        const store = window.shardbearer;
        if (store === undefined) throw new Error('the store is not open');
        try {
          const withValue = name === 'put' || name === 'append';
          const result: unknown = withValue ? await store[name](itsKey, itsValue) : await store[name](itsKey);
          return { kind: 'done' as const, value: result };
        } catch (error) {
          if (!(error instanceof Error)) throw error;
          const code: unknown = Reflect.get(error, 'code');
          return { kind: 'failed' as const, code, name: error.name, message: error.message };
        }
      },
      [method, key, value] as const,
    );
  }

  /** Stores a value. An error fails the test. */
  async put(key: string, value: string): Promise<void> {
    const ending = await this.call('put', key, value);
    if (ending.kind === 'failed') throw new Error(`put ${key}: ${String(ending.code)}: ${ending.message}`);
  }

  async get(key: string): Promise<unknown> {
    const ending = await this.call('get', key);
    if (ending.kind === 'failed') throw new Error(`get ${key}: ${String(ending.code)}: ${ending.message}`);
    return ending.value;
  }

  /**
   * Clicks the button with exactly this name. Playwright waits for two frames before a click, and a tab in the background
   * draws one frame per second.
   */
  async click(name: string): Promise<void> {
    await this.page.bringToFront();
    await this.page.getByRole('button', { name, exact: true }).click();
  }

  /** Presses a button of the form, and waits for the result at the top of the list. */
  async press(action: 'Put' | 'Get' | 'Append' | 'Delete', key: string, value?: string): Promise<string> {
    const { page } = this;
    await page.bringToFront();
    await page.locator('#key').fill(key);
    if (value !== undefined) await page.getByLabel('Value').fill(value);
    const results = page.locator('ol[aria-label^="Results"] .result');
    const before = await results.count();
    await page.getByRole('button', { name: action, exact: true }).click();
    await until('a new result stands in the list', async () => (await results.count()) > before);
    const result = results.first();
    await until('the result is there', async () => (await result.getAttribute('data-outcome')) !== 'under-way');
    return await result.innerText();
  }

  async note(code: string): Promise<string> {
    return await this.page.locator(`.note[data-code="${code}"]`).innerText({ timeout: 15_000 });
  }
}

export async function openThree(browser: Device, address: string): Promise<[ConsoleTab, ConsoleTab, ConsoleTab]> {
  const [first, second, third] = await Promise.all([0, 1, 2].map(() => ConsoleTab.open(browser, address)));
  if (first === undefined || second === undefined || third === undefined) throw new Error('three tabs');
  return [first, second, third];
}
