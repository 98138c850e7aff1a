/** One port for pages and signaling, with a way to ask how it is. */
import { createServer as createHttpServer, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type RequestHandler, servePages } from './pages.ts';
import type { ServingSettings } from './settings.ts';

/** Time that open connections get to end by themselves, once the server was told to. */
const CLOSE_PATIENCE_MS = 2_000;

/** What the server needs of the signaling that is attached to it. */
export interface AttachedSignaling {
  /** For `/healthz`: plain numbers. */
  counts(): Readonly<Record<string, number>>;
  close(): Promise<void>;
}

export class AppServer {
  readonly #settings: ServingSettings;
  readonly #server: Server;
  readonly #signaling: AttachedSignaling | undefined;

  constructor(settings: ServingSettings, attach: (server: Server) => AttachedSignaling) {
    this.#settings = settings;
    const { tls } = settings;
    this.#server = tls === undefined ? createHttpServer() : createHttpsServer({ key: tls.key, cert: tls.certificate });
    this.#signaling = settings.signaling ? attach(this.#server) : undefined;
    const pages: RequestHandler = settings.pages ? servePages(settings) : (_request, _response, next) => next();
    this.#server.on('request', (request, response) => {
      if (request.url === '/healthz') this.#answerHealth(response);
      else pages(request, response, () => answerNotFound(response, settings.pages));
    });
  }

  /** Resolves to the port. Rejects with Node's own error, `EADDRINUSE` where it is taken. */
  listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ port: this.#settings.port, host: this.#settings.host }, () => {
        this.#server.off('error', reject);
        resolve(portOf(this.#server.address()));
      });
    });
  }

  /** Says goodbye to who is connected, waits a little, then ends what is left. */
  async close(): Promise<void> {
    await this.#signaling?.close();
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    const patience = setTimeout(() => this.#server.closeAllConnections(), CLOSE_PATIENCE_MS);
    await closed;
    clearTimeout(patience);
  }

  #answerHealth(response: ServerResponse): void {
    const { pages } = this.#settings;
    const health = { service: HEALTH_SERVICE, status: 'ok', pages, signaling: this.#signaling?.counts() ?? false };
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    response.end(JSON.stringify(health));
  }
}

/** How a Shardbearer server is told from any other that listens on a port. */
export const HEALTH_SERVICE = 'shardbearer';

function answerNotFound(response: ServerResponse, pages: boolean): void {
  response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(
    pages ? 'There is no such page here.\n' : 'This server only introduces tabs; the pages are elsewhere.\n',
  );
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new TypeError('The server listens on no port.');
  return address.port;
}
