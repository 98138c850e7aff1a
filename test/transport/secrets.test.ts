import { expect, test } from 'vitest';
import { ClusterKeys, createSecret, parseSecret, SEAL_NONCE_BYTES, SECRET_BYTES } from '../../src/transport/secrets.ts';
import { parseId, type RadiantId } from '../../src/wire/identifiers.ts';

const subtle = crypto.subtle;
const anna = parseId<RadiantId>('a'.repeat(32));
const bert = parseId<RadiantId>('b'.repeat(32));
const carl = parseId<RadiantId>('c'.repeat(32));
const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
const newSecret = () => createSecret(subtle, random(SECRET_BYTES));

test('a secret survives the round trip through an invite link', async () => {
  const secret = await newSecret();
  expect(await parseSecret(subtle, secret)).toBe(secret);
  expect(await parseSecret(subtle, `#${secret}`)).toBe(secret);
  expect(encodeURIComponent(secret)).toBe(secret);
});

test.each([
  ['a full stop', (secret: string) => `${secret}.`],
  ['a bracket', (secret: string) => `(${secret})`],
  ['an invisible space', (secret: string) => `${secret}\u200B`],
  ['an encoded invisible space', (secret: string) => `${secret}%E2%80%8B`],
  ['an encoded space', (secret: string) => `${secret}%20`],
  ['a percent sign', (secret: string) => `${secret}%`],
  ['a query', (secret: string) => `${secret}?utm_source=mail`],
  ['a slash', (secret: string) => `/${secret}/`],
  ['an encoded #', (secret: string) => `%23${secret}`],
  ['the page before it', (secret: string) => `https://example.org/app/#${secret}`],
])('an invite link that a messenger decorates with %s still opens', async (_name, decorate) => {
  const secret = await newSecret();
  expect(await parseSecret(subtle, decorate(secret))).toBe(secret);
});

test('an invite link whose characters are percent-encoded still opens', async () => {
  const secret = await newSecret();
  const encoded = secret.replace(/./g, (character) => `%${character.charCodeAt(0).toString(16)}`);
  expect(await parseSecret(subtle, encoded)).toBe(secret);
});

test('an invite link with any damaged character is rejected', async () => {
  const secret = await newSecret();
  for (let at = 0; at < secret.length; at++) {
    const damaged = secret.slice(0, at) + (secret[at] === 'A' ? 'B' : 'A') + secret.slice(at + 1);
    await expect(parseSecret(subtle, damaged)).rejects.toMatchObject({ code: 'INVALID_INVITE' });
  }
  const message = 'The invite link is damaged. Copy the whole link again, up to its last character.';
  for (const damaged of ['', '#', secret.slice(1), `${secret}A`, secret.replace(/.$/, '!'), 'x'.repeat(10_000)]) {
    await expect(parseSecret(subtle, damaged)).rejects.toMatchObject({ code: 'INVALID_INVITE', message });
  }
});

test('the room name derives from the secret and does not contain it', async () => {
  const secret = await newSecret();
  const keys = await ClusterKeys.derive(subtle, secret);
  expect((await ClusterKeys.derive(subtle, secret)).room).toBe(keys.room);
  expect((await ClusterKeys.derive(subtle, await newSecret())).room).not.toBe(keys.room);
  expect(keys.room).toMatch(/^[0-9a-f]{64}$/);
});

test('a signal opens only with the secret, and only from its sender to its receiver', async () => {
  const secret = await newSecret();
  const keys = await ClusterKeys.derive(subtle, secret);
  const others = await ClusterKeys.derive(subtle, await newSecret());
  const plain = new TextEncoder().encode('an offer with a fingerprint');
  const sealed = await keys.seal(plain, anna, bert, random(SEAL_NONCE_BYTES));

  expect(await (await ClusterKeys.derive(subtle, secret)).open(sealed, anna, bert)).toEqual(plain);
  expect(await others.open(sealed, anna, bert)).toBeUndefined();
  expect(await keys.open(sealed, anna, carl), 'replayed to another member').toBeUndefined();
  expect(await keys.open(sealed, carl, bert), 'passed on as one’s own').toBeUndefined();
  expect(await keys.open(sealed, bert, anna), 'sent back').toBeUndefined();
});

test('a signal changed in any byte, or cut, does not open', async () => {
  const keys = await ClusterKeys.derive(subtle, await newSecret());
  const sealed = await keys.seal(Uint8Array.of(1, 2, 3), anna, bert, random(SEAL_NONCE_BYTES));
  for (let at = 0; at < sealed.length; at++) {
    const changed = sealed.slice();
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(await keys.open(changed, anna, bert)).toBeUndefined();
    expect(await keys.open(sealed.slice(0, at), anna, bert)).toBeUndefined();
  }
});
