import { expect, test } from 'vitest';
import { type OpenOptions, settingsFrom } from '../../src/hosts/browser/options.ts';

const PAGE = 'https://example.org/app/?page#secret';
const options = (change: Partial<OpenOptions> = {}): OpenOptions => ({
  signaling: '/signaling',
  createWorker: () => {
    throw new Error('not in this test');
  },
  ...change,
});

/** Options with a wrong name, which only an application in plain JavaScript can pass. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- wrong on purpose
const misspelt = (change: object) => change as Partial<OpenOptions>;

test('a path names the signaling server of the page, as secure as the page', () => {
  expect(settingsFrom(options(), PAGE).signalingUrl).toBe('wss://example.org/signaling');
  expect(settingsFrom(options(), 'http://localhost:8080/#x').signalingUrl).toBe('ws://localhost:8080/signaling');
  expect(settingsFrom(options({ signaling: 'ws://127.0.0.1:9/s' }), PAGE).signalingUrl).toBe('ws://127.0.0.1:9/s');
});

test('an empty secret, as of an address without one, counts as absent', () => {
  expect(settingsFrom(options({ secret: '' }), PAGE).secret).toBeUndefined();
  expect(settingsFrom(options({ secret: 'text' }), PAGE).secret).toBe('text');
});

test('ICE servers are taken in the form that browsers take', () => {
  const { iceServers } = settingsFrom(options({ iceServers: [{ urls: 'stun:stun.example.org' }] }), PAGE);
  expect(iceServers).toEqual([{ urls: ['stun:stun.example.org'], username: undefined, credential: undefined }]);
});

test('a founding with a number of radiants waits for them without limit', () => {
  const { founding } = settingsFrom(options({ founding: { radiants: 9, orders: 3 } }), PAGE);
  expect(founding).toEqual({ orders: 3, radiants: 9, windowMs: Number.POSITIVE_INFINITY });
  expect(settingsFrom(options({ founding: {} }), PAGE).founding).toEqual({});
});

test.each([
  [{ signaling: 'ftp://example.org' }, /ws:\/\//u],
  [{ signaling: 'http://[' }, /signaling/u],
  [{ replicationFactor: 2 }, /odd/u],
  [{ replicationFactor: 9 }, /odd/u],
  [{ replicationFactor: 1.5 }, /odd/u],
  [{ founding: { orders: 0 } }, /founding\.orders/u],
  [{ founding: { orders: 3, radiants: 2 } }, /founding\.radiants .* from 3/u],
  [{ founding: { orders: 3, shards: 2 } }, /founding\.shards .* from 3/u],
  [{ founding: { radiants: 1.5 } }, /founding\.radiants/u],
  [misspelt({ founding: 3 }), /founding is 3\. Pass an object/u],
  [misspelt({ founding: [] }), /founding is a list\. Pass an object/u],
  [misspelt({ founding: null }), /founding is null\. Pass an object/u],
  [misspelt({ founding: { orders: Symbol('three') } }), /founding\.orders is a symbol/u],
  [misspelt({ founding: { shards: '8' } }), /founding\.shards is "8"/u],
  [misspelt({ adoption: 'no' }), /adoption is "no"\. Pass true or false/u],
  [misspelt({ adoption: null }), /adoption/u],
  [misspelt({ framesThroughPage: 1 }), /framesThroughPage/u],
  [misspelt({ algorithm: 5 }), /algorithm/u],
  [misspelt({ encoding: 5n }), /encoding is a bigint\. Pass 'json', 'utf8', 'bytes', or a codec/u],
  [misspelt({ encoding: null }), /encoding/u],
  [misspelt({ replicationFactor: Symbol('three') }), /odd/u],
  [misspelt({ replicationFactor: '3' }), /is "3"\. Pass an odd/u],
  [misspelt({ createWorker: 'worker.js' }), /createWorker/u],
  [misspelt({ signaling: undefined }), /signaling/u],
  [{ signaling: '' }, /signaling/u],
  [misspelt({ iceServers: [{ urls: ['turn:a'], credential: 5 }] }), /iceServers/u],
  [{ iceServers: [{ urls: [] }] }, /iceServers/u],
  [{ iceServers: [{ urls: 'turn:turn.example.org' }] }, /iceServers: turn:turn.example.org .* needs `username`/u],
  [misspelt({ role: 'herald' }), /role/u],
  [misspelt({ role: 'client' }), /secret/u],
  [misspelt({ iceServers: { urls: ['stun:a'] } }), /iceServers/u],
  [misspelt({ iceServers: [{ url: 'stun:a' }] }), /iceServers/u],
  [misspelt({ secret: 7 }), /secret/u],
  [misspelt({ name: 7 }), /name is 7\. Pass a name/u],
  [{ name: 'x'.repeat(65) }, /Pass a name of up to 64 characters/u],
])('invalid options are rejected: %o', (change, message) => {
  const opening = () => settingsFrom(options(change), PAGE);
  expect(opening).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  expect(opening).toThrow(message);
});

test.each([undefined, null, '/signaling', 5, [], () => undefined].map((value) => [value]))(
  'a value that is not an options object is rejected: %o',
  (value) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- wrong on purpose
    const opening = () => settingsFrom(value as never, PAGE);
    expect(opening).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    expect(opening).toThrow(/^Options are .*Pass an object/u);
  },
);
