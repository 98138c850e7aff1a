import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pino } from 'pino';
import { afterEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { BuildStore } from '../../scripts/build-store.mjs';
import { AppServer } from '../../scripts/serving/app-server.ts';
import { findShardbearer } from '../../scripts/serving/port-owner.ts';
import { readSettings, type ServingDefaults } from '../../scripts/serving/settings.ts';
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
  expect(await json(`${origin}/settings.json`)).toEqual({ signalingUrl: './signaling' });
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

test('with a base path, everything but the health check is below it', async () => {
  const port = await open({ BASE_PATH: '/kv' });
  const origin = `http://127.0.0.1:${port}`;
  expect(await (await fetch(`${origin}/kv/`)).text()).toContain('A page');
  expect(await json(`${origin}/kv/settings.json`)).toEqual({ signalingUrl: './signaling' });
  expect((await fetch(`${origin}/kv`)).url).toBe(`${origin}/kv/`);
  for (const path of ['/', '/kvx/', '/settings.json']) expect((await fetch(origin + path)).status).toBe(404);
  const socket = new WebSocket(`ws://127.0.0.1:${port}/kv/signaling`);
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  expect(await json(`${origin}/healthz`)).toMatchObject({ signaling: { connections: 1 } });
  socket.terminate();
});

test('built pages are served with security headers, and hashed files are cached', async () => {
  const port = await open({});
  const page = await fetch(`http://127.0.0.1:${port}/`);
  expect(await page.text()).toContain('A page');
  expect(page.headers.get('cache-control')).toBe('no-cache');
  expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
  const asset = await fetch(`http://127.0.0.1:${port}/assets/hashed.js`);
  expect(asset.headers.get('cache-control')).toContain('immutable');
});

test('a server keeps its build while new ones appear, and serves the files of the new ones to their tabs', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'shardbearer-builds-'));
  try {
    const builds = new BuildStore(directory);
    const serving = async (name: string): Promise<string> => {
      const build = await builds.choose(
        () => name,
        (target) => makeBuild(target, name),
      );
      return `http://127.0.0.1:${await open({}, { pageDirectory: join(build, 'app'), buildsDirectory: builds.directory })}`;
    };
    const first = await serving('one');
    const second = await serving('two');
    for (const [origin, name] of [
      [first, 'one'],
      [second, 'two'],
    ] as const) {
      expect(await (await fetch(`${origin}/`)).text()).toBe(`runs ${name}.js`);
      expect(await (await fetch(`${origin}/assets/one.js`)).text()).toBe('one');
      expect(await (await fetch(`${origin}/assets/two.js`)).text()).toBe('two');
      expect((await fetch(`${origin}/only-${name === 'one' ? 'two' : 'one'}.html`)).status).toBe(404);
    }
    rmSync(join(builds.directory, 'one'), { recursive: true });
    expect((await fetch(`${first}/`)).status).toBe(404);
    expect((await fetch(`${second}/assets/one.js`)).status).toBe(404);
    expect((await fetch(`${second}/`)).status).toBe(200);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('with a key and a certificate the server speaks HTTPS', async () => {
  const HTTPS_CERTIFICATE = 'test/serving/fixture/tls/certificate.pem';
  const port = await open({ HTTPS_KEY: 'test/serving/fixture/tls/key.pem', HTTPS_CERTIFICATE });
  const status = await new Promise<number | undefined>((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: '/', ca: readFileSync(HTTPS_CERTIFICATE), agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on('error', reject);
  });
  expect(status).toBe(200);
  expect(await findShardbearer('127.0.0.1', port)).toBe(`https://127.0.0.1:${port}`);
});

test.each(['/elsewhere', '/', 'http://', '/signaling/', '/signaling#', 'http://x/signaling'])(
  'a request to upgrade at %s is refused, and its connection ends',
  async (path) => {
    const port = await open({});
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n`),
    );
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 404 /u);
  },
);

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

test('a Shardbearer server on a port is recognized, and other servers are not', async () => {
  const port = await open({});
  expect(await findShardbearer('127.0.0.1', port)).toBe(`http://127.0.0.1:${port}`);
  await opened.pop()?.close();
  expect(await findShardbearer('127.0.0.1', port)).toBeUndefined();
});

function makeBuild(target: string, name: string): Promise<void> {
  mkdirSync(join(target, 'app', 'assets'), { recursive: true });
  writeFileSync(join(target, 'app', 'index.html'), `runs ${name}.js`);
  writeFileSync(join(target, 'app', `only-${name}.html`), name);
  writeFileSync(join(target, 'app', 'assets', `${name}.js`), name);
  return Promise.resolve();
}

async function open(
  variables: Record<string, string>,
  defaults: ServingDefaults = { pageDirectory: 'test/serving/fixture' },
): Promise<number> {
  const settings = readSettings({ HOST: '127.0.0.1', PORT: '0', ...variables }, defaults);
  const server = new AppServer(settings, pino({ level: 'silent' }), (httpServer) =>
    attachSignaling(httpServer, { path: `${settings.basePath}/signaling`, iceServers: settings.iceServers }),
  );
  opened.push(server);
  return await server.listen();
}

async function json(address: string): Promise<unknown> {
  return await (await fetch(address)).json();
}
