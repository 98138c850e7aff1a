/** The server in its own process, started as users start it. */
import { delimiter, join } from 'node:path';
import { BUILDS } from '../../../scripts/build.mjs';
import { ROOT, TEST_PAGES } from './paths.ts';
import { ProcessGroup } from './process-group.ts';
import { until } from './until.ts';

export interface ServerOptions {
  /** The parts of the server that run. Default: `all`. */
  readonly serve?: 'all' | 'pages' | 'signaling';
  /** Signaling address for pages. Default: the server itself. */
  readonly signalingUrl?: string;
  /** Port of the server. Default: any free port. A restarted server takes its former port. */
  readonly port?: number;
  readonly variables?: Readonly<Record<string, string>>;
}

/** Servers and browsers of several tests start at the same time, which takes long on a slow machine. */
const STARTING = { timeoutMs: 60_000 };

export class ServerProcess {
  /** Origin of the server, such as `http://127.0.0.1:41234`. */
  readonly origin: string;
  readonly #group: ProcessGroup;

  private constructor(group: ProcessGroup, origin: string) {
    this.#group = group;
    this.origin = origin;
  }

  static async start(options: ServerOptions = {}): Promise<ServerProcess> {
    const group = new ProcessGroup(process.execPath, [join(ROOT, 'scripts', 'start.mjs')], {
      HOST: '127.0.0.1',
      PORT: String(options.port ?? 0),
      SERVE: options.serve ?? 'all',
      SIGNALING_URL: options.signalingUrl ?? '',
      PAGES: [join(BUILDS.current, 'app'), TEST_PAGES].join(delimiter),
      ...options.variables,
    });
    try {
      const origin = await until(
        'the server says where it listens',
        () => {
          if (group.hasEnded) return 'ended';
          return /(?:served|listens) at (https?:\/\/[^\s/]+:\d+)/u.exec(group.output)?.[1];
        },
        STARTING,
      );
      if (origin === 'ended') throw new Error(`The server did not start:\n${group.output}`);
      return new ServerProcess(group, origin);
    } catch (error) {
      await group.kill();
      throw error;
    }
  }

  get port(): number {
    return Number(new URL(this.origin).port);
  }

  get hasEnded(): boolean {
    return this.#group.hasEnded;
  }

  get output(): string {
    return this.#group.output;
  }

  /** Signaling address of this server, for pages of another server. */
  get signalingUrl(): string {
    return `${this.origin.replace(/^http/u, 'ws')}/signaling`;
  }

  /** Ends the server as an operator does. Resolves to the exit code. */
  end(): Promise<number | undefined> {
    return this.#group.end();
  }

  kill(): Promise<void> {
    return this.#group.kill();
  }
}
