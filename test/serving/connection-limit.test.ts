import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { ConnectionLimit } from '../../scripts/serving/connection-limit.ts';
import { attachSignaling } from '../../signaling/server.ts';

let server: Server;
let limit: ConnectionLimit;
let port: number;

beforeEach(async () => {
  server = createServer((_request, response) => response.end('here'));
  limit = new ConnectionLimit(server, { httpConnections: 3, httpConnectionsOfOneAddress: 2 });
  attachSignaling(server);
  server.on('upgrade', (request) => limit.release(request.socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('listens on no port');
  ({ port } = address);
});

afterEach(async () => {
  limit.endAll();
  server.close();
  await once(server, 'close');
});

test('at the limit the oldest connection ends, so slow clients do not block new ones', async () => {
  const slow: Socket[] = [];
  for (let count = 0; count < 2; count++) slow.push(await sendHalfARequest());
  const [oldest] = slow;
  if (oldest === undefined) throw new Error('there is no connection');
  const ended = once(oldest, 'close');
  const answer = await fetch(`http://127.0.0.1:${port}/`);
  expect(await answer.text()).toBe('here');
  await ended;
  expect(slow[1]?.closed).toBe(false);
});

test('a WebSocket does not count against the limit', async () => {
  const sockets: WebSocket[] = [];
  for (let count = 0; count < 4; count++) {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/signaling`);
    await once(socket, 'open');
    sockets.push(socket);
  }
  const slow = await sendHalfARequest();
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('here');
  expect(slow.closed).toBe(false);
  expect(sockets.map((socket) => socket.readyState)).toEqual(Array(4).fill(WebSocket.OPEN));
});

async function sendHalfARequest(): Promise<Socket> {
  const accepted = once(server, 'connection');
  const socket = connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\n'));
  socket.on('error', () => undefined);
  await accepted;
  return socket;
}
