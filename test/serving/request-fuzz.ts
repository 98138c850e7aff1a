/** Makes valid and invalid HTTP requests of every form. A seed determines the requests. */
import { connect } from 'node:net';

export type Random = () => number;

/** The pieces that a client sends over one connection, and what the client does afterwards. */
export interface Exchange {
  readonly pieces: readonly Buffer[];
  readonly ending: 'read' | 'half-close' | 'reset';
}

const METHODS = ['GET', 'GET', 'GET', 'HEAD', 'POST', 'PUT', 'OPTIONS', 'DELETE', 'TRACE', 'CONNECT', 'PRI', 'get', ''];
const TARGETS = [
  '/',
  '/index.html',
  '/index',
  '/icon.svg',
  '/assets',
  '/assets/',
  '/assets/none.js',
  '/settings.json',
  '/healthz',
  '/healthz?x=1',
  '/signaling',
  '/signaling?x',
  '*',
  'example.org:80',
  'http://example.org/',
  'http://[/',
  'http://',
  '//example.org/',
  '/%',
  '/%00',
  '/%ff%fe',
  '/..%2f..%2fpackage.json',
  '/../../../etc/passwd',
  '/assets/..%5c..%5cpackage.json',
  '/./.git/config',
  '/index.html/',
  '/index.html/x',
  '/?#',
  '?',
  '',
  `/${'a'.repeat(300)}`,
  `/${'a/'.repeat(3_000)}`,
];
const RANGES = ['0-3', '5-2', '0-18446744073709551615', '-3', '-0', '-99999999999', '99999999999-', '-', 'a-b', '1'];
const CODINGS = ['gzip', 'br', 'identity;q=0', '*;q=0', 'br;q=2', 'gzip;q=', ';', 'x'.repeat(100), '*', 'deflate'];
const NUMBERS = ['0', '5', '-1', '99999999999999999999', '1e3', '0x10', '+5', '', ' 5'];
const WEBSOCKET = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n';
const WEBSOCKET_KEY = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';

export function makeExchange(random: Random, assets: readonly string[]): Exchange {
  const requests = Array.from({ length: chance(random, 0.2) ? 1 + below(random, 5) : 1 }, () =>
    makeRequest(random, assets),
  );
  let bytes: Buffer = Buffer.concat(requests);
  if (chance(random, 0.15)) bytes = mutate(random, bytes);
  if (chance(random, 0.15)) bytes = bytes.subarray(0, below(random, bytes.length + 1));
  const cut = below(random, bytes.length + 1);
  const pieces = chance(random, 0.3) ? [bytes.subarray(0, cut), bytes.subarray(cut)] : [bytes];
  return { pieces, ending: pick(random, ['read', 'read', 'read', 'half-close', 'reset']) };
}

/** Resolves when the server has answered or closed, or the client has closed. */
export function perform(exchange: Exchange, port: number, patienceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const patience = setTimeout(() => socket.destroy(), patienceMs);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(patience);
      resolve();
    });
    socket.on('data', () => {
      if (exchange.ending === 'read') setTimeout(() => socket.destroy(), 2);
    });
    socket.on('connect', () => {
      for (const piece of exchange.pieces) socket.write(piece);
      if (exchange.ending === 'half-close') socket.end();
      if (exchange.ending === 'reset') setTimeout(() => socket.resetAndDestroy(), 1);
    });
  });
}

function makeRequest(random: Random, assets: readonly string[]): Buffer {
  if (chance(random, 0.03)) return junk(random, 200);
  const target = chance(random, 0.3) ? pick(random, assets) : pick(random, TARGETS);
  const version = pick(random, ['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/9', 'http/1.1', '']);
  const host = pick(random, ['Host: x\r\n', 'Host: x\r\n', 'Host: x\r\n', '', 'Host: x\r\nHost: y\r\n', 'Host:\r\n']);
  const fields = Array.from({ length: below(random, 5) }, () => makeField(random)).join('');
  const head = Buffer.from(`${pick(random, METHODS)} ${target} ${version}\r\n${host}${fields}\r\n`, 'latin1');
  return chance(random, 0.3) ? Buffer.concat([head, makeBody(random)]) : head;
}

function makeField(random: Random): string {
  const makers: readonly (() => string)[] = [
    () => `Range: ${pick(random, ['bytes', 'bytes', 'items', ''])}=${several(random, RANGES)}\r\n`,
    () => `If-Range: ${pick(random, ['"x"', 'W/"x"', 'Mon, 30 Nov 2026 00:00:00 GMT', 'x'])}\r\n`,
    () => `Accept-Encoding: ${several(random, CODINGS)}\r\n`,
    () => `If-None-Match: ${pick(random, ['*', '"x"', 'W/"x", "y"', ',,,', '"'])}\r\n`,
    () => `If-Match: ${pick(random, ['*', '"x"', ''])}\r\n`,
    () => `If-Modified-Since: ${pick(random, ['Mon, 30 Nov 2099 00:00:00 GMT', 'x', '-1'])}\r\n`,
    () => `Content-Length: ${pick(random, NUMBERS)}\r\n`,
    () => `Transfer-Encoding: ${pick(random, ['chunked', 'gzip, chunked', 'x', 'chunked, chunked'])}\r\n`,
    () => `Connection: ${pick(random, ['close', 'keep-alive', 'upgrade', 'x'])}\r\n`,
    () => `Expect: ${pick(random, ['100-continue', 'x'])}\r\n`,
    () => `${WEBSOCKET}${pick(random, [WEBSOCKET_KEY, WEBSOCKET_KEY, '', 'Sec-WebSocket-Key: x\r\n'])}`,
    () => `Connection: Upgrade, HTTP2-Settings\r\nUpgrade: ${pick(random, ['h2c', 'TLS/1.0', '', 'x, y'])}\r\n`,
    () => `Sec-WebSocket-Extensions: ${pick(random, ['permessage-deflate', 'x; y=', ';', ','])}\r\n`,
    () => `X-Long: ${'a'.repeat(below(random, 20_000))}\r\n`,
    () => 'X-Many: 1\r\n'.repeat(below(random, 2_500)),
    () => `${junk(random, 30).toString('latin1')}: ${junk(random, 30).toString('latin1')}\r\n`,
    () => ' folded\r\n',
  ];
  return pick(random, makers)();
}

function makeBody(random: Random): Buffer {
  const size = below(random, 2_000);
  const makers: readonly (() => Buffer)[] = [
    () => junk(random, size),
    () => Buffer.from(`${size.toString(16)}\r\n${'x'.repeat(size)}\r\n0\r\n\r\n`),
    () => Buffer.from('zz\r\nx\r\n'),
    () => makeFrame(random),
  ];
  return pick(random, makers)();
}

/** A WebSocket frame, for requests that ask for a WebSocket. */
function makeFrame(random: Random): Buffer {
  const payload = junk(random, 125);
  const masked = chance(random, 0.9) ? 128 : 0;
  const head = Buffer.from([below(random, 256), masked | payload.length, 0, 0, 0, 0]);
  return Buffer.concat([head, payload]);
}

function mutate(random: Random, bytes: Buffer): Buffer {
  const mutated = Buffer.from(bytes);
  for (let count = 1 + below(random, 4); count > 0 && mutated.length > 0; count--) {
    mutated[below(random, mutated.length)] = below(random, 256);
  }
  return mutated;
}

const chance = (random: Random, probability: number): boolean => random() < probability;
const below = (random: Random, bound: number): number => Math.floor(random() * bound);
const junk = (random: Random, most: number): Buffer =>
  Buffer.from(Array.from({ length: below(random, most + 1) }, () => below(random, 256)));
const several = (random: Random, choices: readonly string[]): string =>
  Array.from({ length: 1 + below(random, 3) }, () => pick(random, choices)).join(',');

function pick<Choice>(random: Random, choices: readonly Choice[]): Choice {
  const choice = choices[below(random, choices.length)];
  if (choice === undefined) throw new RangeError('The list of choices is empty.');
  return choice;
}
