/** Other ways to serve the pages: a proxy with a path prefix, and a static host. */
import { readFile } from 'node:fs/promises';
import {
  createServer,
  type IncomingMessage,
  request as openRequest,
  type Server,
  type ServerResponse,
} from 'node:http';
import { connect, type Socket } from 'node:net';
import { extname, join, normalize } from 'node:path';

export interface WebServer {
  /** Origin of the server, such as `http://127.0.0.1:41234`. */
  readonly origin: string;
  /** Paths that were requested and do not exist. */
  readonly missed: readonly string[];
  close(): Promise<void>;
}

export interface ProxyOptions {
  /** Path prefix, such as `/kv`. */
  readonly prefix: string;
  readonly keepsPrefix: boolean;
}

/** Starts a proxy that forwards requests below the prefix, including WebSockets. Other requests count as missed. */
export async function startProxy(serverOrigin: string, { prefix, keepsPrefix }: ProxyOptions): Promise<WebServer> {
  const { hostname, port } = new URL(serverOrigin);
  const missed: string[] = [];
  const forwardedPath = ({ url = '' }: IncomingMessage): string | undefined => {
    if (url.startsWith(`${prefix}/`)) return keepsPrefix ? url : url.slice(prefix.length);
    missed.push(url);
    return undefined;
  };
  const server = createServer((request, response) => {
    const path = forwardedPath(request);
    if (path === undefined) {
      response.writeHead(404).end();
      return;
    }
    const { method, headers } = request;
    const forwarded = openRequest({ hostname, port, path, method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    forwarded.on('error', () => response.writeHead(502).end());
    request.pipe(forwarded);
  });
  server.on('upgrade', (request, socket, head) => {
    const path = forwardedPath(request);
    if (path === undefined) {
      socket.end('HTTP/1.1 404 Not Found\r\n\r\n');
      return;
    }
    const lines = request.rawHeaders.flatMap((name, at, all) => (at % 2 === 0 ? [`${name}: ${all[at + 1]}`] : []));
    const behind = connect(Number(port), hostname, () => {
      behind.write(`GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
      behind.write(head);
      behind.pipe(socket).pipe(behind);
    });
    behind.on('error', () => socket.destroy());
    socket.on('error', () => behind.destroy());
  });
  return await listening(server, missed);
}

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
};

/** Starts a server for the files of a directory. A missing file is answered with a page. */
export async function startStaticHosting(directory: string): Promise<WebServer> {
  const missed: string[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const name = pathname.endsWith('/') ? `${pathname}index.html` : pathname;
    try {
      const content = await readFile(join(directory, normalize(name)));
      response.writeHead(200, { 'content-type': TYPES[extname(name)] ?? 'application/octet-stream' }).end(content);
    } catch {
      missed.push(pathname);
      response.writeHead(404, { 'content-type': 'text/html' }).end('<!doctype html><h1>No such page</h1>');
    }
  };
  return await listening(
    createServer((request, response) => void answer(request, response)),
    missed,
  );
}

async function listening(server: Server, missed: readonly string[]): Promise<WebServer> {
  // `closeAllConnections` does not close WebSockets, so their sockets are closed one by one.
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server listens on no port');
  return {
    origin: `http://127.0.0.1:${address.port}`,
    missed,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
