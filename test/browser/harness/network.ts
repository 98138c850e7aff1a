/** Cuts and restores a page's network. Only connections that are made after `control` are affected. */
import type { CDPSession, Page } from '@playwright/test';

const BYTES_EACH_SECOND = 1e8;

export class PageNetwork {
  readonly #session: CDPSession;

  private constructor(session: CDPSession) {
    this.#session = session;
  }

  /**
   * Takes control of the page's network. Call it before the page makes connections, because earlier ones are not
   * affected.
   */
  static async control(page: Page): Promise<PageNetwork> {
    const session = await page.context().newCDPSession(page);
    await session.send('Network.enable');
    const network = new PageNetwork(session);
    await network.mend();
    return network;
  }

  async cut(): Promise<void> {
    await this.#emulate(true, 0);
  }

  async mend(): Promise<void> {
    await this.#emulate(false, 0);
  }

  async delay(latencyMs: number): Promise<void> {
    await this.#emulate(false, latencyMs);
  }

  async #emulate(offline: boolean, latency: number): Promise<void> {
    await this.#session.send('Network.emulateNetworkConditions', {
      offline,
      latency,
      downloadThroughput: BYTES_EACH_SECOND,
      uploadThroughput: BYTES_EACH_SECOND,
    });
  }
}
