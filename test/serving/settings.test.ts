import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readSettings } from '../../scripts/serving/settings.ts';
import { SettingsError } from '../../scripts/serving/settings-error.ts';
import { LIMITS } from '../../src/wire/limits.ts';

const defaults = { pageDirectory: 'build/app', buildsDirectory: 'builds' };
const KEY = 'test/serving/fixture/tls/key.pem';
const CERTIFICATE = 'test/serving/fixture/tls/certificate.pem';
const directory = mkdtempSync(join(tmpdir(), 'shardbearer-settings-'));
let written = 0;

afterAll(() => rmSync(directory, { recursive: true }));

function write(content: string | Buffer): string {
  const path = join(directory, `file${++written}`);
  writeFileSync(path, content);
  return path;
}

function newKey(cipher?: string): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const encryption = cipher === undefined ? {} : { cipher, passphrase: 'secret' };
  return privateKey.export({ type: 'pkcs8', format: 'pem', ...encryption }).toString();
}

function publicKey(): string {
  const { publicKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return key.export({ type: 'spki', format: 'pem' }).toString();
}

const binaryCertificate = (): Buffer => new X509Certificate(readFileSync(CERTIFICATE)).raw;
const brokenChain = (): string =>
  `${readFileSync(CERTIFICATE, 'utf8')}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`;

test('without any setting, pages and signaling are served on port 8080 of every interface', () => {
  expect(readSettings({}, defaults)).toEqual({
    pages: true,
    signaling: true,
    host: undefined,
    port: 8080,
    basePath: '',
    tls: undefined,
    pageDirectories: ['build/app'],
    buildsDirectory: 'builds',
    signalingUrl: undefined,
    iceServers: [],
    logLevel: 'warn',
  });
});

test('pages can be served alone with the address of another signaling server', () => {
  const settings = readSettings({ SERVE: 'pages', SIGNALING_URL: 'wss://signal.example.org/x' }, defaults);
  expect(settings).toMatchObject({ pages: true, signaling: false, signalingUrl: 'wss://signal.example.org/x' });
  expect(readSettings({ SERVE: 'signaling', PORT: '0' }, defaults)).toMatchObject({
    pages: false,
    signaling: true,
    port: 0,
  });
});

test.each([
  ['/', ''],
  ['/kv', '/kv'],
  ['/apps/kv.1/', '/apps/kv.1'],
])('a base path is accepted: %s', (variable, basePath) => {
  expect(readSettings({ BASE_PATH: variable }, defaults).basePath).toBe(basePath);
});

test.each(['kv', '//kv', '/a//b', '/k v', '/%2e', '/.', '/kv/..', '/../kv/', 'https://example.org/kv', '/kv?x'])(
  'an invalid base path is refused: %s',
  (variable) => {
    expect(() => readSettings({ BASE_PATH: variable }, defaults)).toThrow(/BASE_PATH is a path such as \/kv/u);
  },
);

test('ICE servers can have one address or several', () => {
  const text =
    '[{"urls":["turn:a","turns:b"],"username":"who","credential":"secret"},{"urls":"stun:stun.example.org"}]';
  expect(readSettings({ ICE_SERVERS: text }, defaults).iceServers).toEqual([
    { urls: ['turn:a', 'turns:b'], username: 'who', credential: 'secret' },
    { urls: ['stun:stun.example.org'], username: undefined, credential: undefined },
  ]);
});

test('a key and a certificate enable HTTPS', () => {
  const { tls } = readSettings({ HTTPS_KEY: KEY, HTTPS_CERTIFICATE: CERTIFICATE }, defaults);
  expect(tls).toEqual({ key: readFileSync(KEY), certificate: readFileSync(CERTIFICATE) });
});

test('one file can contain both the key and the certificate', () => {
  const both = write(`${readFileSync(KEY, 'utf8')}${readFileSync(CERTIFICATE, 'utf8')}`);
  expect(readSettings({ HTTPS_KEY: both, HTTPS_CERTIFICATE: both }, defaults).tls).toBeDefined();
});

test('an unencrypted key with the word ENCRYPTED next to it is accepted', () => {
  const key = write(`Friendly name: NOT ENCRYPTED\n${readFileSync(KEY, 'utf8')}`);
  expect(readSettings({ HTTPS_KEY: key, HTTPS_CERTIFICATE: CERTIFICATE }, defaults).tls).toBeDefined();
});

test('directories with pages are absolute, and one of them needs an index', () => {
  const PAGES = ['test/serving/fixture', directory].join(delimiter);
  expect(readSettings({ PAGES }, defaults)).toMatchObject({
    pageDirectories: [resolve('test/serving/fixture'), directory],
    buildsDirectory: undefined,
  });
});

test('a directory can contain several applications', () => {
  const PAGES = mkdtempSync(join(directory, 'applications-'));
  mkdirSync(join(PAGES, 'one'));
  writeFileSync(join(PAGES, 'one', 'index.html'), 'one');
  expect(readSettings({ PAGES }, defaults)).toMatchObject({ pageDirectories: [PAGES] });
});

test('a server without pages does not read PAGES', () => {
  expect(readSettings({ SERVE: 'signaling', PAGES: 'missing' }, defaults)).toMatchObject({ pages: false });
});

test('an IPv6 address may be in brackets', () => {
  expect(readSettings({ HOST: '[::1]' }, defaults).host).toBe('::1');
});

const pair = (key: string, certificate: string) => ({ HTTPS_KEY: key, HTTPS_CERTIFICATE: certificate });

test.each([
  ['no PEM key', () => pair(write('text'), CERTIFICATE), 'holds no private key in PEM format'],
  ['a public key', () => pair(write(publicKey()), CERTIFICATE), 'holds no private key in PEM format'],
  ['an empty key', () => pair(write(''), CERTIFICATE), 'holds no private key in PEM format'],
  ['no PEM certificate', () => pair(KEY, write('text')), 'holds no certificate in PEM format'],
  ['a binary certificate', () => pair(KEY, write(binaryCertificate())), 'holds no certificate in PEM format'],
  ['swapped files', () => pair(CERTIFICATE, KEY), 'Swap the two files'],
  ['the certificate twice', () => pair(CERTIFICATE, CERTIFICATE), 'holds no private key'],
  ['the key twice', () => pair(KEY, KEY), 'holds no certificate'],
  ['a key of another certificate', () => pair(write(newKey()), CERTIFICATE), 'is not the key of the certificate'],
  ['an encrypted key', () => pair(write(newKey('aes-256-cbc')), CERTIFICATE), 'is encrypted'],
  ['a missing key', () => pair(join(directory, 'missing'), CERTIFICATE), 'does not exist'],
  ['a directory as a key', () => pair(directory, CERTIFICATE), 'is a directory'],
  ['a broken chain', () => pair(KEY, write(brokenChain())), 'cannot be used'],
  ['missing pages', () => ({ PAGES: join(directory, 'missing') }), 'does not exist'],
  ['pages that are a file', () => ({ PAGES: KEY }), 'is a file'],
  ['pages below a file', () => ({ PAGES: join(KEY, 'pages') }), 'lies below a file'],
  ['pages without an index', () => ({ PAGES: mkdtempSync(join(directory, 'empty-')) }), 'has an index.html'],
  ['pages without a name', () => ({ PAGES: `test/serving/fixture${delimiter}` }), 'without a name'],
])('%s are refused in one sentence', (_name, makeVariables, words) => {
  const variables: Record<string, string> = makeVariables();
  expect(() => readSettings(variables, defaults)).toThrow(SettingsError);
  expect(() => readSettings(variables, defaults)).toThrow(words);
  // The message begins with the name of a setting, and has one line.
  expect(() => readSettings(variables, defaults)).toThrow(
    new RegExp(`^(${Object.keys(variables).join('|')}) [^\\n]+$`, 'u'),
  );
});

test.each([
  [{ PORT: '80a' }, 'PORT'],
  [{ PORT: '65536' }, 'PORT'],
  [{ SERVE: 'everything' }, 'SERVE'],
  [{ SIGNALING_URL: 'http://signal.example.org' }, 'SIGNALING_URL'],
  [{ SIGNALING_URL: 'ws://' }, 'SIGNALING_URL'],
  [{ SIGNALING_URL: 'ws://example.org:99999/' }, 'SIGNALING_URL is an address such as wss://'],
  [{ ICE_SERVERS: 'stun:stun.example.org' }, 'ICE_SERVERS'],
  [{ ICE_SERVERS: '[{"urls":"http://example.org"}]' }, 'ICE_SERVERS'],
  [{ ICE_SERVERS: '[{"urls":"stun:a","username":1}]' }, 'ICE_SERVERS'],
  [{ ICE_SERVERS: '[{"urls":"turn:a"}]' }, 'ICE_SERVERS'],
  [{ ICE_SERVERS: '[{"urls":"stun://example.org"}]' }, 'ICE_SERVERS'],
  [{ ICE_SERVERS: '[{"urls":"stun:a?transport=udp"}]' }, 'ICE_SERVERS'],
  [{ ICE_SERVERS: '[{"urls":"stun:"}]' }, 'ICE_SERVERS'],
  [{ ICE_SERVERS: '[null]' }, 'ICE_SERVERS'],
  [{ ICE_SERVERS: '{}' }, 'ICE_SERVERS: the servers are no list'],
  [{ SIGNALING_URL: 'wss://signal.example.org/#x' }, 'SIGNALING_URL'],
  [{ SIGNALING_URL: 'ws://signal.example.org/', HTTPS_KEY: KEY, HTTPS_CERTIFICATE: CERTIFICATE }, 'SIGNALING_URL'],
  [{ PORT: '-1' }, 'PORT'],
  [{ PORT: '1e3' }, 'PORT'],
  [{ ICE_SERVERS: JSON.stringify([{ urls: `stun:${'a'.repeat(LIMITS.links.addressCharacters)}` }]) }, 'ICE_SERVERS'],
  [{ ICE_SERVERS: JSON.stringify(Array(LIMITS.links.iceServers + 1).fill({ urls: 'stun:a' })) }, 'ICE_SERVERS'],
  [{ ICE_SERVERS: '[{"urls":"turn:turn.example.org"}]' }, 'needs `username` and `credential`'],
  [{ ICE_SERVERS: '[{"urls":"stun:stun.example.org:99999"}]' }, 'is not an address'],
  [{ HTTPS_KEY: 'only-a-key.pem' }, 'HTTPS_CERTIFICATE'],
  [{ HTTPS_KEY: 'missing.pem', HTTPS_CERTIFICATE: 'missing.pem' }, 'HTTPS_KEY'],
  [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL'],
])('a wrong setting is refused by name: %o', (variables, name) => {
  expect(() => readSettings(variables, defaults)).toThrow(SettingsError);
  expect(() => readSettings(variables, defaults)).toThrow(name);
});
