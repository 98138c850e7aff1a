/** An HTTP server that offers pages, signaling and a health check on one port. */
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import { refuseUpgrade } from '../../signaling/server.ts';
import { TIMES } from '../../src/wire/times.ts';
import { ConnectionLimit } from './connection-limit.ts';
import { pathOf } from './page-file.ts';
import { type PageHandler, servePages } from './pages.ts';
import { answerText, guardRequests } from './request-guard.ts';
import type { ServingSettings } from './settings.ts';

/** Time that a closing server gives open connections to end by themselves. */
const CLOSE_PATIENCE_MS = 2_000;

/** Time limits for requests. The server ends a connection whose client sends a request too slowly. */
const SLOW_CLIENTS: ServerOptions = {
  headersTimeout: TIMES.server.httpHeadersMs,
  requestTimeout: TIMES.server.httpRequestMs,
  connectionsCheckingInterval: TIMES.server.httpCheckMs,
};

/** Signaling that is attached to the HTTP server. */
export interface AttachedSignaling {
  /** The path that accepts WebSockets. */
  readonly path: string;
  /** Counters for `/healthz`. */
  counts(): Readonly<Record<string, number>>;
  close(): Promise<void>;
}

export class AppServer {
  readonly #settings: ServingSettings;
  readonly #server: Server;
  readonly #signaling: AttachedSignaling | undefined;
  readonly #connections: ConnectionLimit;
  readonly #pages: PageHandler;
  readonly #logger: Logger;

  constructor(settings: ServingSettings, logger: Logger, attach: (server: Server) => AttachedSignaling) {
    this.#settings = settings;
    this.#logger = logger;
    const { tls } = settings;
    this.#server =
      tls === undefined
        ? createHttpServer(SLOW_CLIENTS)
        : createHttpsServer({
            ...SLOW_CLIENTS,
            handshakeTimeout: TIMES.server.httpHeadersMs,
            key: tls.key,
            cert: tls.certificate,
          });
    this.#connections = new ConnectionLimit(this.#server);
    this.#server.setTimeout(TIMES.server.httpSilenceMs);
    this.#pages = settings.pages ? servePages(settings) : () => Promise.resolve(false);
    this.#server.on(
      'request',
      guardRequests((request, response) => this.#handle(request, response), logger),
    );
    this.#signaling = settings.signaling ? attach(this.#server) : undefined;
    // A server without signaling has no listener for upgrades, so Node answers an upgrade like a plain request.
    if (settings.signaling) this.#server.on('upgrade', (request, socket) => this.#watchUpgrade(request, socket));
  }

  /** Starts the server, and resolves to the server's port. Rejects with an error of Node, such as `EADDRINUSE`. */
  listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ port: this.#settings.port, host: this.#settings.host }, () => {
        this.#server.off('error', reject);
        // An error after the start, such as a lack of file descriptors for one more connection, must not end the
        // process.
        this.#server.on('error', (error) => this.#logger.error({ err: error }, 'a connection could not be accepted'));
        resolve(portOf(this.#server.address()));
      });
    });
  }

  /** Closes all connections. A connection that does not end by itself in `CLOSE_PATIENCE_MS` is cut. */
  async close(): Promise<void> {
    await this.#signaling?.close();
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    const patience = setTimeout(() => this.#connections.endAll(), CLOSE_PATIENCE_MS);
    await closed;
    clearTimeout(patience);
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = pathOf(request.url);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      answerText(response, 405);
    } else if (path === undefined) answerText(response, 400);
    else if (path === '/healthz') this.#answerHealth(response);
    else await this.#servePage(request, response, path);
  }

  async #servePage(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const { basePath, pages } = this.#settings;
    const below = path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : undefined;
    if (below === undefined) {
      // Without the final slash, relative addresses in a page would refer to places outside of the base path.
      if (path === basePath) response.writeHead(301, { location: `${basePath}/` }).end();
      else answerText(response, 404, `All pages are below ${basePath}/.`);
    } else if (!(await this.#pages(request, response, below))) {
      answerText(
        response,
        404,
        pages ? 'This page does not exist.' : 'This server only does the signaling. It has no pages.',
      );
    }
  }

  /** Refuses WebSockets on all paths except the path of the signaling. */
  #watchUpgrade(request: IncomingMessage, socket: Duplex): void {
    const [path] = (request.url ?? '').split('?');
    if (path === this.#signaling?.path) this.#connections.release(request.socket);
    else refuseUpgrade(socket, '404 Not Found');
  }

  #answerHealth(response: ServerResponse): void {
    const { pages } = this.#settings;
    const health = { service: HEALTH_SERVICE, status: 'ok', pages, signaling: this.#signaling?.counts() ?? false };
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    response.end(JSON.stringify(health));
  }
}

/** The service name in the answer of `/healthz`, by which other programs recognize a Shardbearer server. */
export const HEALTH_SERVICE = 'shardbearer';

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new TypeError('The server listens on no port.');
  return address.port;
}
