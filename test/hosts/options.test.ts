import { expect, test } from 'vitest';
import { type OpenOptions, requireSecureContext, settingsFrom } from '../../src/hosts/browser/options.ts';

const PAGE = 'https://example.org/app/?page#secret';
const options = (change: Partial<OpenOptions> = {}): OpenOptions => ({
  signaling: '/signaling',
  createWorker: () => {
    throw new Error('not in this test');
  },
  ...change,
});

/** What only an application in plain JavaScript can hand over. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- wrong on purpose
const misspelt = (change: object) => change as Partial<OpenOptions>;

test('a path names the signaling server of the page, as secure as the page', () => {
  expect(settingsFrom(options(), PAGE).signalingUrl).toBe('wss://example.org/signaling');
  expect(settingsFrom(options(), 'http://localhost:8080/#x').signalingUrl).toBe('ws://localhost:8080/signaling');
  expect(settingsFrom(options({ signaling: 'ws://127.0.0.1:9/s' }), PAGE).signalingUrl).toBe('ws://127.0.0.1:9/s');
});

test('an empty secret, as of a bare address, is none', () => {
  expect(settingsFrom(options({ secret: '' }), PAGE).secret).toBeUndefined();
  expect(settingsFrom(options({ secret: 'text' }), PAGE).secret).toBe('text');
});

test('a cluster that is to begin with so many radiants waits for them, however long that takes', () => {
  const { founding } = settingsFrom(options({ founding: { radiants: 9, orders: 3 } }), PAGE);
  expect(founding).toEqual({ governed: true, orders: 3, radiants: 9, windowMs: Number.POSITIVE_INFINITY });
  expect(settingsFrom(options({ founding: {} }), PAGE).founding).toEqual({ governed: true });
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
  [misspelt({ founding: 3 }), /founding is an object/u],
  [misspelt({ role: 'herald' }), /role/u],
  [misspelt({ role: 'client' }), /secret/u],
  [misspelt({ iceServers: { urls: ['stun:a'] } }), /iceServers/u],
  [misspelt({ iceServers: [{ urls: 'stun:a' }] }), /iceServers/u],
  [misspelt({ secret: 7 }), /secret/u],
])('options that cannot be meant are refused: %o', (change, message) => {
  const opening = () => settingsFrom(options(change), PAGE);
  expect(opening).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  expect(opening).toThrow(message);
});

test('an insecure context is told how to become a secure one', () => {
  const scope = { isSecureContext: false, location: { origin: 'http://192.168.1.7:8080' } };
  expect(() => requireSecureContext(scope)).toThrow(expect.objectContaining({ code: 'INSECURE_CONTEXT' }));
  expect(() => requireSecureContext({ ...scope, isSecureContext: true })).not.toThrow();
});
