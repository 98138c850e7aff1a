/** A server and a Chromium that the tests of a Playwright worker share. A test must neither end nor change them. */
import { ChromiumProcess } from './chromium-process.ts';
import { Profile } from './profile.ts';
import { ServerProcess } from './server-process.ts';

export class SharedProcesses {
  #server: ServerProcess | undefined;
  #chromium: ChromiumProcess | undefined;
  readonly #profiles: Profile[] = [];

  async server(): Promise<ServerProcess> {
    if (this.#server === undefined || this.#server.hasEnded) this.#server = await ServerProcess.start();
    return this.#server;
  }

  /**
   * A browser with storage on disk, which all tests share. To use it, a test needs its own server and thus its own
   * origin.
   */
  async chromium(): Promise<ChromiumProcess> {
    if (this.#chromium?.isRunning !== true) {
      const profile = await Profile.create();
      this.#profiles.push(profile);
      this.#chromium = await ChromiumProcess.start(profile);
    }
    return this.#chromium;
  }

  async end(): Promise<void> {
    await Promise.all([this.#chromium?.kill(), this.#server?.kill()]);
    await Promise.all(this.#profiles.map((profile) => profile.remove()));
  }
}
