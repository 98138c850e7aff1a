/**
 * No request ends the server's process. `FUZZED_REQUESTS=20000 npm run test:unit -- test/serving/fuzz` sends that many
 * requests. `FUZZ_SEED=7` sends other requests.
 */
import type { Server } from 'node:http';
import { pino } from 'pino';
import { beforeAll, expect, test } from 'vitest';
import { buildIfStale } from '../../scripts/build.mjs';
import { AppServer } from '../../scripts/serving/app-server.ts';
import { readSettings } from '../../scripts/serving/settings.ts';
import { attachSignaling } from '../../signaling/server.ts';
import { ServerProcess } from '../browser/harness/server-process.ts';
import { seededRandom } from '../consensus/random.ts';
import { makeExchange, perform } from './request-fuzz.ts';

const REQUESTS = Number(process.env['FUZZED_REQUESTS'] ?? 2_000);
const SEED = Number(process.env['FUZZ_SEED'] ?? 1);
const CONNECTIONS = 32;
const PATIENCE_MS = 40;

beforeAll(async () => {
  await buildIfStale();
}, 120_000);

test(`the server survives ${REQUESTS} connections with requests of every form`, {
  timeout: 60_000 + REQUESTS * 20,
}, async () => {
  const variables = { NODE_ENV: 'production', PAGES: '', LOG_LEVEL: 'error' };
  const server = await ServerProcess.start({ variables });
  try {
    const page = await (await fetch(`${server.origin}/`)).text();
    const assets = [...page.matchAll(/(?:src|href)="\.(\/[^"]+)"/gu)].map(([, path = '']) => path);
    expect(assets.length).toBeGreaterThan(1);

    const random = seededRandom(SEED);
    let left = REQUESTS;
    const sendShare = async (): Promise<void> => {
      while (left-- > 0) await perform(makeExchange(random, assets), server.port, PATIENCE_MS);
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, sendShare));

    expect(server.output).not.toMatch(/error/iu);
    expect(server.hasEnded).toBe(false);
    expect(await (await fetch(`${server.origin}/healthz`)).json()).toMatchObject({
      status: 'ok',
      signaling: { connections: 0, rooms: 0 },
    });
    expect(await (await fetch(`${server.origin}/`)).text()).toBe(page);
    expect(await server.end()).toBe(0);
  } finally {
    await server.kill();
  }
});

test('no connection stays open after such requests', async () => {
  const settings = readSettings({ HOST: '127.0.0.1', PORT: '0' }, { pageDirectory: 'test/serving/fixture' });
  let http: Server | undefined;
  const server = new AppServer(settings, pino({ level: 'silent' }), (attached) => {
    http = attached;
    return attachSignaling(attached);
  });
  const port = await server.listen();
  try {
    const random = seededRandom(SEED);
    for (let sent = 0; sent < 500; sent += CONNECTIONS) {
      const exchanges = Array.from({ length: CONNECTIONS }, () => makeExchange(random, ['/assets/hashed.js']));
      await Promise.all(exchanges.map((exchange) => perform(exchange, port, PATIENCE_MS)));
    }
    await expect.poll(() => new Promise((resolve) => http?.getConnections((_error, count) => resolve(count)))).toBe(0);
  } finally {
    await server.close();
  }
});
