/** The server serves built pages over HTTP. */
import { mkdtempSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compressPages } from '../../scripts/compress.mjs';
import { AppServer } from '../../scripts/serving/app-server.ts';
import { readSettings } from '../../scripts/serving/settings.ts';
import { attachSignaling } from '../../signaling/server.ts';

const PAGES = mkdtempSync(join(tmpdir(), 'shardbearer-pages-'));
const LARGE_BYTES = 8_000_000;
let server: AppServer;
let port: number;

beforeAll(async () => {
  await mkdir(join(PAGES, 'assets'));
  await mkdir(join(PAGES, 'guide'));
  await mkdir(join(PAGES, '.hidden'));
  writeFileSync(join(PAGES, 'index.html'), '<p>start</p>');
  writeFileSync(join(PAGES, 'guide', 'index.html'), '<p>guide</p>');
  writeFileSync(join(PAGES, '.hidden', 'secret.txt'), 'secret');
  writeFileSync(join(PAGES, 'digits.txt'), '0123456789');
  writeFileSync(join(PAGES, 'large.bin'), Buffer.alloc(LARGE_BYTES));
  const settings = readSettings({ HOST: '127.0.0.1', PORT: '0', PAGES }, { pageDirectory: PAGES });
  server = new AppServer(settings, pino({ level: 'silent' }), (http) => attachSignaling(http));
  port = await server.listen();
});

afterAll(async () => {
  await server.close();
  rmSync(PAGES, { recursive: true });
});

test.each([
  ['bytes=0-3', 206, 'bytes 0-3/10', '0123'],
  ['bytes=-3', 206, 'bytes 7-9/10', '789'],
  ['bytes=-100', 206, 'bytes 0-9/10', '0123456789'],
  ['bytes=0-18446744073709551615', 206, 'bytes 0-9/10', '0123456789'],
  ['bytes=0-3,100-200', 206, 'bytes 0-3/10', '0123'],
  ['bytes=10-', 416, 'bytes */10', 'Range Not Satisfiable.\n'],
  ['bytes=-0', 416, 'bytes */10', 'Range Not Satisfiable.\n'],
  ['bytes=5-2', 200, undefined, '0123456789'],
  ['bytes=1.5-3', 200, undefined, '0123456789'],
  ['bytes=0-1,4-5', 200, undefined, '0123456789'],
  ['items=0-3', 200, undefined, '0123456789'],
])('a range is answered as RFC 9110 specifies: %s', async (range, status, contentRange, body) => {
  const answer = await ask('GET', '/digits.txt', { range });
  expect(answer).toMatchObject({ status, body });
  expect(answer.headers['content-range']).toBe(contentRange);
});

test('a range holds only for the representation that If-Range names, and only for GET', async () => {
  const { headers } = await ask('GET', '/digits.txt');
  const etag = headers['etag'] ?? '';
  const range = 'bytes=0-3';
  expect(await ask('GET', '/digits.txt', { range, 'if-range': etag })).toMatchObject({ status: 206 });
  for (const other of ['"other"', `W/${etag}`, `${etag}, "x"`, headers['last-modified'] ?? '']) {
    expect(await ask('GET', '/digits.txt', { range, 'if-range': other })).toMatchObject({ status: 200 });
  }
  expect(await ask('HEAD', '/digits.txt', { range })).toMatchObject({ status: 200, body: '' });
});

test('a client with the current file gets 304, and 412 if it requires another one', async () => {
  const { headers } = await ask('GET', '/digits.txt');
  expect(await ask('GET', '/digits.txt', { 'if-none-match': headers['etag'] ?? '' })).toMatchObject({ status: 304 });
  expect(await ask('GET', '/digits.txt', { 'if-none-match': '"other"' })).toMatchObject({ status: 200 });
  expect(await ask('GET', '/digits.txt', { 'if-match': '"other"' })).toMatchObject({ status: 412 });
});

test.each([
  ['GET', '/', 200],
  ['GET', '/?a=b', 200],
  ['GET', '/index', 200],
  ['GET', 'http://example.org/digits.txt', 200],
  ['GET', '/healthz?x', 200],
  ['GET', '/settings.json?x', 200],
  ['GET', '/guide/', 200],
  ['GET', '/%64igits.txt', 200],
  ['GET', '/digits.txt/', 404],
  ['GET', '/assets', 404],
  ['GET', '/.hidden/secret.txt', 404],
  ['GET', '/../package.json', 404],
  ['GET', '/..%2fpackage.json', 404],
  ['GET', '/%00', 404],
  ['GET', '/%ff', 404],
  ['GET', `/${'a'.repeat(2_000)}`, 404],
  ['OPTIONS', '*', 405],
  ['POST', '/', 405],
])('%s %s is answered with %i', async (method, target, status) => {
  expect((await ask(method, target)).status).toBe(status);
});

test('a directory redirects to its index, also below a path of a proxy', async () => {
  const answer = await ask('GET', '/guide');
  expect(answer).toMatchObject({ status: 301, headers: { location: './guide/' } });
});

test('an answer without a file is not cached', async () => {
  const { headers } = await ask('GET', '/digits.txt', { range: 'bytes=10-' });
  expect(headers['cache-control']).toBeUndefined();
  expect(headers['etag']).toBeUndefined();
});

test('a file that shrinks during its transfer ends the connection, not the process', async () => {
  const received = await new Promise<number>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('GET /large.bin HTTP/1.1\r\nHost: x\r\n\r\n'));
    let bytes = 0;
    socket.on('data', (chunk) => {
      if (bytes === 0) truncateSync(join(PAGES, 'large.bin'), 1_000);
      bytes += chunk.length;
    });
    socket.on('close', () => resolve(bytes));
  });
  expect(received).toBeLessThan(LARGE_BYTES);
  expect((await ask('GET', '/large.bin')).body.length).toBe(1_000);
});

test('a file that is removed while the server runs is not found', async () => {
  writeFileSync(join(PAGES, 'gone.txt'), 'gone');
  expect((await ask('GET', '/gone.txt')).status).toBe(200);
  rmSync(join(PAGES, 'gone.txt'));
  expect((await ask('GET', '/gone.txt')).status).toBe(404);
});

test('a compressed copy is sent to a client that accepts it, and each representation has its own tag', async () => {
  const content = 'const word = "shardbearer";\n'.repeat(1_000);
  writeFileSync(join(PAGES, 'assets', 'page.js'), content);
  await compressPages(join(PAGES, 'assets'));
  const plain = await ask('GET', '/assets/page.js');
  const brotli = await ask('GET', '/assets/page.js', { 'accept-encoding': 'gzip, br' });
  const gzip = await ask('GET', '/assets/page.js', { 'accept-encoding': 'gzip' });
  expect(plain).toMatchObject({ status: 200, body: content });
  expect(plain.headers['content-encoding']).toBeUndefined();
  expect(brotliDecompressSync(Buffer.from(brotli.body, 'latin1')).toString()).toBe(content);
  expect(gunzipSync(Buffer.from(gzip.body, 'latin1')).toString()).toBe(content);
  expect(brotli.headers).toMatchObject({ 'content-encoding': 'br', 'cache-control': plain.headers['cache-control'] });
  for (const { headers } of [plain, brotli, gzip]) {
    expect(headers).toMatchObject({ vary: 'accept-encoding', 'content-type': 'text/javascript; charset=utf-8' });
  }
  expect(new Set([plain, brotli, gzip].map(({ headers }) => headers['etag'])).size).toBe(3);
});

test('a range and a validator are those of the compressed copy', async () => {
  const coded = { 'accept-encoding': 'br' };
  const whole = await ask('GET', '/assets/page.js', coded);
  const etag = whole.headers['etag'] ?? '';
  const part = await ask('GET', '/assets/page.js', { ...coded, range: 'bytes=2-5', 'if-range': etag });
  expect(part).toMatchObject({ status: 206, body: whole.body.slice(2, 6) });
  expect(part.headers['content-range']).toBe(`bytes 2-5/${whole.body.length}`);
  expect(part.headers['content-encoding']).toBe('br');
  expect(await ask('GET', '/assets/page.js', { range: 'bytes=2-5', 'if-range': etag })).toMatchObject({ status: 200 });
  const fresh = await ask('GET', '/assets/page.js', { ...coded, 'if-none-match': etag });
  expect(fresh).toMatchObject({ status: 304, headers: { vary: 'accept-encoding', etag } });
});

test('a client that refuses every available coding gets 406', async () => {
  expect((await ask('GET', '/digits.txt', { 'accept-encoding': 'gzip, identity;q=0' })).status).toBe(406);
  expect((await ask('GET', '/assets/page.js', { 'accept-encoding': 'gzip, identity;q=0' })).status).toBe(200);
});

test('a compressed copy that is older than its file is not sent', async () => {
  writeFileSync(join(PAGES, 'assets', 'page.js'), 'edited');
  const { mtimeMs } = statSync(join(PAGES, 'assets', 'page.js'));
  for (const suffix of ['.br', '.gz']) {
    utimesSync(join(PAGES, 'assets', `page.js${suffix}`), mtimeMs / 1_000 - 5, mtimeMs / 1_000 - 5);
  }
  expect((await ask('GET', '/assets/page.js', { 'accept-encoding': 'br, gzip' })).body).toBe('edited');
});

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The body as a string with one character for each byte. */
  readonly body: string;
}

function ask(method: string, target: string, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { port, host: '127.0.0.1', method, path: target, headers, agent: false };
    const asked = request(options, (response) => {
      const plain = Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, String(value)]));
      buffer(response).then(
        (body) => resolve({ status: response.statusCode, headers: plain, body: body.toString('latin1') }),
        reject,
      );
    });
    asked.on('error', reject);
    asked.end();
  });
}
