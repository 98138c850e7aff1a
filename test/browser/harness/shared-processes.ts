/** A server and a Chromium that the tests of a Playwright worker share. A test must neither end nor change them. */
import { ChromiumProcess } from './chromium-process.ts';
import { Profile } from './profile.ts';
import { ServerProcess } from './server-process.ts';

export class SharedProcesses {
  #server: ServerProcess | undefined;
  #chromium: ChromiumProcess | undefined;
  readonly #profiles: Profile[] = [];
  #origins = 0;

  async server(): Promise<ServerProcess> {
    if (this.#server === undefined || this.#server.hasEnded) this.#server = await ServerProcess.start();
    return this.#server;
  }

  /** An origin of the server that no other test uses. Browsers resolve every name below `localhost` to this machine. */
  async createOrigin(): Promise<string> {
    const { port } = await this.server();
    return `http://test-${++this.#origins}.localhost:${port}`;
  }

  /** A browser with storage on disk, which all tests share. A test that uses the disk needs its own origin. */
  async chromium(): Promise<ChromiumProcess> {
    if (this.#chromium?.isRunning !== true) {
      const profile = await Profile.create();
      this.#profiles.push(profile);
      this.#chromium = await ChromiumProcess.start(profile);
    }
    return this.#chromium;
  }

  /** Closes all tabs of the profile, except the one that keeps the browser running. */
  async closePages(): Promise<void> {
    const [, ...pages] = this.#chromium?.context.pages() ?? [];
    await Promise.all(pages.map((page) => page.close()));
  }

  async end(): Promise<void> {
    await Promise.all([this.#chromium?.kill(), this.#server?.kill()]);
    await Promise.all(this.#profiles.map((profile) => profile.remove()));
  }
}
