import { expect, test } from 'vitest';
import { readIceServers } from '../../src/wire/ice-servers.ts';

const credentials = { username: 'who', credential: 'secret' };

test.each([
  [{ urls: 'stun:stun.example.org' }],
  [{ urls: 'stuns:stun.example.org:5349' }],
  [{ urls: ['stun:192.0.2.1:3478', 'stun:[2001:db8::1]:3478'] }],
  [{ urls: 'turn:turn.example.org', ...credentials }],
  [{ urls: ['turn:turn.example.org:3478?transport=udp', 'turns:turn.example.org?transport=tcp'], ...credentials }],
])('a server that browsers take is read: %o', (server) => {
  const urls = Array.isArray(server.urls) ? server.urls : [server.urls];
  expect(readIceServers([server])).toEqual({
    kind: 'read',
    servers: [{ username: undefined, credential: undefined, ...server, urls }],
  });
});

test.each([
  [{ urls: 'turn:turn.example.org:3478' }, /needs `username` and `credential`/u],
  [{ urls: 'turn:turn.example.org:3478', username: 'who' }, /needs `username` and `credential`/u],
  [{ urls: 'TURNS:turn.example.org:3478', username: '', credential: '' }, /needs `username` and `credential`/u],
  [{ urls: ['stun:a', 'turn:b'] }, /turn:b is a TURN server/u],
  [{ urls: 'turn:', ...credentials }, /"turn:" is not an address/u],
  [{ urls: 'stun:stun.example.org:99999' }, /not an address/u],
  [{ urls: 'stun:stun.example.org:0' }, /not an address/u],
  [{ urls: 'turn:who@turn.example.org', ...credentials }, /not an address/u],
  [{ urls: 'stun:stun.example.org/' }, /not an address/u],
  [{ urls: 'stun:stun.example.org?transport=udp' }, /not an address/u],
  [{ urls: 'turn:turn.example.org?transport=sctp', ...credentials }, /not an address/u],
  [{ urls: 'stun://stun.example.org:3478' }, /not an address/u],
  [{ urls: 'https://stun.example.org' }, /not an address/u],
  [{ urls: 'stun.example.org:3478' }, /not an address/u],
])('a server for which browsers refuse every connection is refused: %o', (server, why) => {
  const read = readIceServers([server]);
  expect(read.kind === 'refused' && read.why).toMatch(why);
});

test('servers inside proxies of a framework become plain data that a worker can receive', () => {
  const reactive = <Wrapped extends object>(wrapped: Wrapped) => new Proxy(wrapped, {});
  const given = reactive([reactive({ urls: reactive(['stun:stun.example.org']) })]);
  expect(() => structuredClone(given)).toThrow('could not be cloned');
  const read = readIceServers(given);
  expect(structuredClone(read)).toEqual(read);
  expect(read.kind).toBe('read');
});
