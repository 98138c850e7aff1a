/** A Chromium process that a test can kill with -9 and restart on its profile. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from '@playwright/test';
import { ProcessGroup } from './process-group.ts';
import type { Profile } from './profile.ts';
import { until, withinMs } from './until.ts';

/** Command-line flags. Unlike Playwright's flags, they leave throttling and crash handling as users have them. */
const FLAGS = [
  '--headless=new',
  // Scrollbars are hidden as on a phone. A scrollbar would take width from every screenshot.
  '--hide-scrollbars',
  '--remote-debugging-port=0',
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-breakpad',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--no-default-browser-check',
  '--password-store=basic',
  // Each window would load the suggestions of its address bar in the background: 0.6 s of processor time.
  '--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup',
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
];

/** A browser storage with its tabs. Its data is separate from that of other devices. */
export class Device {
  readonly context: BrowserContext;
  readonly #browser: Browser;
  readonly #apart: BrowserContext[] = [];
  /** Console messages and uncaught errors of the device's pages. */
  readonly #said: string[] = [];

  constructor(browser: Browser, context: BrowserContext) {
    this.#browser = browser;
    this.context = context;
    context.on('console', (message) => this.#said.push(`${message.type()}: ${message.text()}`));
    context.on('weberror', (error) => this.#said.push(`uncaught: ${String(error.error())}`));
  }

  get said(): readonly string[] {
    return this.#said;
  }

  async openTab(url: string): Promise<Page> {
    const page = await this.context.newPage();
    await page.goto(url);
    return page;
  }

  /** Opens a tab with its own storage in memory, which counts as another device. */
  async openTabApart(url: string): Promise<Page> {
    const context = await this.#browser.newContext();
    this.#apart.push(context);
    const page = await context.newPage();
    await page.goto(url);
    return page;
  }

  /** Closes all its tabs and forgets their storage. */
  async remove(): Promise<void> {
    await Promise.all([this.context, ...this.#apart].map((context) => context.close()));
  }
}

export class ChromiumProcess extends Device {
  readonly profile: Profile;
  readonly #group: ProcessGroup;
  readonly #browser: Browser;

  private constructor(profile: Profile, group: ProcessGroup, browser: Browser, context: BrowserContext) {
    super(browser, context);
    this.profile = profile;
    this.#group = group;
    this.#browser = browser;
  }

  static async start(profile: Profile): Promise<ChromiumProcess> {
    const path = process.env['CHROMIUM_PATH'];
    if (path === undefined) throw new Error('CHROMIUM_PATH is not set; the preparation of the browser tests sets it.');
    const portFile = join(profile.directory, 'DevToolsActivePort');
    await rm(portFile, { force: true });
    const group = new ProcessGroup(path, [...FLAGS, `--user-data-dir=${profile.directory}`, 'about:blank']);
    try {
      const address = await until('Chromium says where it is driven', async () => {
        if (group.hasEnded) return 'ended';
        const [port, socketPath] = (await readFile(portFile, 'utf8')).split('\n');
        return socketPath === undefined ? undefined : `ws://127.0.0.1:${port}${socketPath}`;
      });
      if (address === 'ended') throw new Error(`Chromium did not start:\n${group.output}`);
      const browser = await chromium.connectOverCDP(address);
      const [context] = browser.contexts();
      if (context === undefined) throw new Error('Chromium has no default context.');
      return new ChromiumProcess(profile, group, browser, context);
    } catch (error) {
      await group.kill();
      throw error;
    }
  }

  /** Version of Chromium, such as `131.0.6778.33`. */
  get version(): string {
    return this.#browser.version();
  }

  get isRunning(): boolean {
    return this.#browser.isConnected() && !this.#group.hasEnded;
  }

  /** Opens a device whose storage is in memory. The caller must remove it. */
  async openDevice(): Promise<Device> {
    return new Device(this.#browser, await this.#browser.newContext());
  }

  /** Kills all processes of the browser at once with -9. */
  async kill(): Promise<void> {
    await this.#group.kill();
    await this.#disconnect();
  }

  /** Kills only the browser's network service with -9. Chromium then starts another one. */
  killNetworkService(): void {
    const killed = this.#group.killMembers('--utility-sub-type=network.mojom.NetworkService');
    if (killed !== 1) throw new Error(`${killed} network services were killed instead of one`);
  }

  async close(): Promise<void> {
    await this.#group.end();
    await this.#disconnect();
  }

  /** Kills the browser if it still runs, and starts another one on the same profile. */
  async reopen(): Promise<ChromiumProcess> {
    await this.kill();
    return await ChromiumProcess.start(this.profile);
  }

  /** Closes Playwright's connection to a dead browser. */
  async #disconnect(): Promise<void> {
    if (this.#browser.isConnected()) await withinMs(this.#browser.close(), 5_000).catch(() => undefined);
  }
}
