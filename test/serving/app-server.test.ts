import { pino } from 'pino';
import { afterEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { AppServer } from '../../scripts/serving/app-server.ts';
import { findShardbearer } from '../../scripts/serving/port-owner.ts';
import { readSettings } from '../../scripts/serving/settings.ts';
import { attachSignaling } from '../../signaling/server.ts';

const opened: AppServer[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((server) => server.close()));
});

test('pages, settings, health and signaling share one port', async () => {
  const port = await open({});
  const origin = `http://127.0.0.1:${port}`;
  expect(await json(`${origin}/healthz`)).toEqual({
    service: 'shardbearer',
    status: 'ok',
    pages: true,
    signaling: { connections: 0, rooms: 0 },
  });
  expect(await json(`${origin}/settings.json`)).toEqual({ signalingUrl: '/signaling' });
  const page = await fetch(`${origin}/no-such-page`);
  expect(page.status).toBe(404);

  const socket = new WebSocket(`ws://127.0.0.1:${port}/signaling`);
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  expect(await json(`${origin}/healthz`)).toMatchObject({ signaling: { connections: 1 } });
  socket.terminate();
});

test('built pages are served with what guards them, and hashed files are kept', async () => {
  const port = await open({});
  const page = await fetch(`http://127.0.0.1:${port}/`);
  expect(await page.text()).toContain('A page');
  expect(page.headers.get('cache-control')).toBe('no-cache');
  expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
  const asset = await fetch(`http://127.0.0.1:${port}/assets/hashed.js`);
  expect(asset.headers.get('cache-control')).toContain('immutable');
});

test('an open WebSocket does not keep the server from closing', async () => {
  const port = await open({});
  const socket = new WebSocket(`ws://127.0.0.1:${port}/signaling`);
  await new Promise((resolve) => {
    socket.once('open', resolve);
  });
  const closed = new Promise((resolve) => {
    socket.once('close', resolve);
  });
  await opened.pop()?.close();
  await closed;
  await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow('fetch failed');
});

test('a Shardbearer on a port is recognised, and nothing else is taken for one', async () => {
  const port = await open({});
  expect(await findShardbearer('127.0.0.1', port)).toBe(`http://127.0.0.1:${port}`);
  await opened.pop()?.close();
  expect(await findShardbearer('127.0.0.1', port)).toBeUndefined();
});

async function open(variables: Record<string, string>): Promise<number> {
  const settings = readSettings(
    { HOST: '127.0.0.1', PORT: '0', ...variables },
    { pageDirectory: 'test/serving/fixture' },
  );
  const server = new AppServer(settings, pino({ level: 'silent' }), (httpServer) =>
    attachSignaling(httpServer, { iceServers: settings.iceServers }),
  );
  opened.push(server);
  return await server.listen();
}

async function json(address: string): Promise<unknown> {
  return await (await fetch(address)).json();
}
