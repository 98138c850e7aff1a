/** The servers and browsers of one test. All of them end with the test, even if it fails. */
import { ChromiumProcess, type Device } from './chromium-process.ts';
import { Profile } from './profile.ts';
import { type ServerOptions, ServerProcess } from './server-process.ts';
import { SharedProcesses } from './shared-processes.ts';
import { withinMs } from './until.ts';

const END_TIMEOUT_MS = 10_000;

export class World {
  readonly #shared: SharedProcesses;
  readonly #devices: Device[] = [];
  #deviceOnDisk: Device | undefined;
  readonly #servers: ServerProcess[] = [];
  readonly #browsers: ChromiumProcess[] = [];
  readonly #profiles: Profile[] = [];

  constructor(shared = new SharedProcesses()) {
    this.#shared = shared;
  }

  /** A server that other tests use at the same time. The test must not end it. */
  async server(): Promise<ServerProcess> {
    return await this.#shared.server();
  }

  /** A device with its storage in memory. The test must not end the device's browser. */
  async openDevice(): Promise<Device> {
    const device = await (await this.#shared.chromium()).openDevice();
    this.#devices.push(device);
    return device;
  }

  /**
   * Opens a device with its storage on disk. All tests share its profile, so a test uses only its own origin. The
   * browser must not be ended.
   */
  async openDeviceOnDisk(): Promise<{ readonly device: Device; readonly origin: string }> {
    this.#deviceOnDisk ??= await this.#shared.chromium();
    return { device: this.#deviceOnDisk, origin: await this.#shared.createOrigin() };
  }

  async startServer(options: ServerOptions = {}): Promise<ServerProcess> {
    const server = await ServerProcess.start(options);
    this.#servers.push(server);
    return server;
  }

  /** Starts the servers for pages and for signaling as two processes, so that a test can kill one of them. */
  async startServersApart(): Promise<{ readonly pages: ServerProcess; readonly signaling: ServerProcess }> {
    const signaling = await this.startServer({ serve: 'signaling' });
    const pages = await this.startServer({ serve: 'pages', signalingUrl: signaling.signalingUrl });
    return { pages, signaling };
  }

  async startBrowser(profile?: Profile): Promise<ChromiumProcess> {
    const browser = await ChromiumProcess.start(profile ?? (await this.createProfile()));
    this.#browsers.push(browser);
    return browser;
  }

  /** Kills the browser if it still runs, and reopens its profile. */
  async reopenBrowser(browser: ChromiumProcess): Promise<ChromiumProcess> {
    await browser.kill();
    return await this.startBrowser(browser.profile);
  }

  async createProfile(): Promise<Profile> {
    const profile = await Profile.create();
    this.#profiles.push(profile);
    return profile;
  }

  async copyProfile(profile: Profile): Promise<Profile> {
    const copy = await profile.copy();
    this.#profiles.push(copy);
    return copy;
  }

  /** The messages of all pages and servers. They are attached to a failure. */
  log(): string {
    const onDisk = this.#deviceOnDisk === undefined ? [] : [this.#deviceOnDisk];
    const devices = [...this.#browsers, ...this.#devices, ...onDisk];
    const browsers = devices.map(({ said }, at) => `── browser ${at + 1}\n${said.join('\n')}`);
    const servers = this.#servers.map((server, at) => `── server ${at + 1}\n${server.output}`);
    return [...browsers, ...servers].join('\n');
  }

  async end(): Promise<void> {
    const endings = [
      ...this.#devices.map((device) => device.remove()),
      ...(this.#deviceOnDisk === undefined ? [] : [this.#shared.closePages()]),
      ...this.#browsers.map((browser) => browser.kill()),
      ...this.#servers.map((server) => server.kill()),
    ];
    const results = await Promise.allSettled(endings.map((ending) => withinMs(ending, END_TIMEOUT_MS)));
    await Promise.all(this.#profiles.map((profile) => profile.remove()));
    const failures = results.flatMap((result): unknown[] => (result.status === 'rejected' ? [result.reason] : []));
    if (failures.length > 0) throw new AggregateError(failures, 'Not everything could be ended.');
  }
}
