import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { readSettings, SettingsError } from '../../scripts/serving/settings.ts';
import { LIMITS } from '../../src/wire/limits.ts';

const defaults = { pageDirectory: 'build/app', buildsDirectory: 'builds' };
const directories: string[] = [];

afterEach(async () => {
  await Promise.all(directories.splice(0).map((directory) => rm(directory, { recursive: true })));
});

test('without any setting, pages and signaling are served on port 8080 of every interface', () => {
  expect(readSettings({}, defaults)).toEqual({
    pages: true,
    signaling: true,
    host: undefined,
    port: 8080,
    tls: undefined,
    pageDirectories: ['build/app'],
    buildsDirectory: 'builds',
    signalingUrl: undefined,
    iceServers: [],
    logLevel: 'warn',
  });
});

test('pages can be served without signaling, and told where it is', () => {
  const settings = readSettings({ SERVE: 'pages', SIGNALING_URL: 'wss://signal.example.org/x' }, defaults);
  expect(settings).toMatchObject({ pages: true, signaling: false, signalingUrl: 'wss://signal.example.org/x' });
  expect(readSettings({ SERVE: 'signaling', PORT: '0' }, defaults)).toMatchObject({
    pages: false,
    signaling: true,
    port: 0,
  });
});

test('ICE servers are read as operators write them: with one address or several', () => {
  const text =
    '[{"urls":["turn:a","turns:b"],"username":"who","credential":"secret"},{"urls":"stun:stun.example.org"}]';
  expect(readSettings({ ICE_SERVERS: text }, defaults).iceServers).toEqual([
    { urls: ['turn:a', 'turns:b'], username: 'who', credential: 'secret' },
    { urls: ['stun:stun.example.org'], username: undefined, credential: undefined },
  ]);
});

test('a key and a certificate make it HTTPS', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'shardbearer-settings-'));
  directories.push(directory);
  const key = join(directory, 'key.pem');
  const certificate = join(directory, 'certificate.pem');
  writeFileSync(key, 'key');
  writeFileSync(certificate, 'certificate');
  const { tls } = readSettings({ HTTPS_KEY: key, HTTPS_CERTIFICATE: certificate }, defaults);
  expect(tls?.key.toString()).toBe('key');
  expect(tls?.certificate.toString()).toBe('certificate');
});

test.each([
  [{ PORT: '80a' }, 'PORT'],
  [{ PORT: '65536' }, 'PORT'],
  [{ SERVE: 'everything' }, 'SERVE'],
  [{ SIGNALING_URL: 'http://signal.example.org' }, 'SIGNALING_URL'],
  [{ SIGNALING_URL: 'ws://' }, 'SIGNALING_URL'],
  [{ ICE_SERVERS: 'stun:stun.example.org' }, 'ICE_SERVERS'],
  [{ ICE_SERVERS: '[{"urls":"http://example.org"}]' }, 'ICE_SERVERS'],
  [{ ICE_SERVERS: '[{"urls":"stun:a","username":1}]' }, 'ICE_SERVERS'],
  [{ ICE_SERVERS: JSON.stringify([{ urls: `stun:${'a'.repeat(LIMITS.addressCharacters)}` }]) }, 'ICE_SERVERS'],
  [{ ICE_SERVERS: JSON.stringify(Array(LIMITS.iceServers + 1).fill({ urls: 'stun:a' })) }, 'ICE_SERVERS'],
  [{ ICE_SERVERS: '[{"urls":"turn:turn.example.org"}]' }, 'needs `username` and `credential`'],
  [{ ICE_SERVERS: '[{"urls":"stun:stun.example.org:99999"}]' }, 'is not an address'],
  [{ HTTPS_KEY: 'only-a-key.pem' }, 'HTTPS_CERTIFICATE'],
  [{ HTTPS_KEY: 'missing.pem', HTTPS_CERTIFICATE: 'missing.pem' }, 'HTTPS_KEY'],
  [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL'],
])('a wrong setting is refused by name: %o', (variables, name) => {
  expect(() => readSettings(variables, defaults)).toThrow(SettingsError);
  expect(() => readSettings(variables, defaults)).toThrow(name);
});
