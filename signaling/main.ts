/** The signaling server by itself: `PORT` (default 8090), `HOST` (default: all), `ICE_SERVERS` (JSON), `LOG_LEVEL`. */
import { createServer } from 'node:http';
import { pino } from 'pino';
import type { IceServer } from '../src/wire/rendezvous.ts';
import { attachSignaling } from './server.ts';

const logger = pino({ name: 'signaling', level: process.env['LOG_LEVEL'] ?? 'info' });
const server = createServer((request, response) => {
  const healthy = request.url === '/healthz';
  response.writeHead(healthy ? 200 : 404, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(healthy ? { status: 'ok', signaling: signaling.counts() } : { status: 'not-found' }));
});
const signaling = attachSignaling(server, { logger, iceServers: readIceServers(process.env['ICE_SERVERS']) });

server.on('error', (error) => {
  logger.fatal({ err: error }, 'cannot listen');
  process.exitCode = 1;
});
server.listen({ port: Number(process.env['PORT'] ?? 8_090), host: process.env['HOST'] }, () => {
  logger.info({ address: server.address() }, 'listening');
});
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => void close());

async function close(): Promise<void> {
  await signaling.close();
  server.close();
  server.closeAllConnections();
}

function readIceServers(text: string | undefined): readonly IceServer[] {
  if (text === undefined || text === '') return [];
  const parsed: unknown = JSON.parse(text);
  if (!Array.isArray(parsed)) throw new TypeError('ICE_SERVERS is a JSON array');
  return parsed.map(readIceServer);
}

function readIceServer(entry: unknown): IceServer {
  const field = (name: string): unknown =>
    typeof entry === 'object' && entry !== null ? Reflect.get(entry, name) : undefined;
  const optional = (name: string): string | undefined => {
    const value = field(name);
    return typeof value === 'string' ? value : undefined;
  };
  const urls = [field('urls')].flat().filter((address) => typeof address === 'string');
  if (urls.length === 0) throw new TypeError('each of ICE_SERVERS has "urls"');
  return { urls, username: optional('username'), credential: optional('credential') };
}
