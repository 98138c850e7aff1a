/**
 * The cluster's secret and the keys derived from it. The secret is random and travels only in the invite link. The room
 * name, the signaling key and the admin key are separate derivations (HKDF, RFC 5869). None of them reveals another.
 */
import { assert } from '../wire/assertion.ts';
import { ShardbearerError } from '../wire/errors.ts';
import { platformError } from '../wire/platform-error.ts';
import { hexFromBytes, idToBytes, parseRoomName, type RadiantId, type RoomName } from '../wire/identifiers.ts';

declare const secretBrand: unique symbol;
/** The secret as the invite link carries it after `#`, in base64url with a checksum at the end. */
type Secret = string & { readonly [secretBrand]: 'Secret' };

export const SECRET_BYTES = 32;
const CHECKSUM_BYTES = 4;
const SECRET_PATTERN = /^[A-Za-z0-9_-]{48}$/;
const SECRET_WITHIN = /(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{48}(?![A-Za-z0-9_-])/;

const isSecret = (text: string): text is Secret => SECRET_PATTERN.test(text);

export const SEAL_NONCE_BYTES = 12;
const TAG_BYTES = 16;
const SEAL_OVERHEAD_BYTES = SEAL_NONCE_BYTES + TAG_BYTES;

/**
 * Creates a secret of `SECRET_BYTES` unpredictable bytes.
 * @throws {ShardbearerError} `INVALID_INVITE` for another number of bytes
 */
export async function createSecret(subtle: SubtleCrypto, random: Uint8Array): Promise<Secret> {
  if (random.length !== SECRET_BYTES) {
    throw new ShardbearerError('INVALID_INVITE', `A secret has ${SECRET_BYTES} random bytes, not ${random.length}.`);
  }
  const bytes = new Uint8Array(SECRET_BYTES + CHECKSUM_BYTES);
  bytes.set(random);
  bytes.set(await checksum(subtle, random), SECRET_BYTES);
  const secret = toBase64Url(bytes);
  assert(isSecret(secret), 'a new secret has the form of a secret');
  return secret;
}

/**
 * Reads the secret from an invite link, or from the part of the link after `#`. Messengers percent-encode links and
 * append characters, such as a full stop or an invisible space. The checksum rejects a truncated secret.
 * @throws {ShardbearerError} `INVALID_INVITE`
 */
export async function parseSecret(subtle: SubtleCrypto, text: string): Promise<Secret> {
  const [candidate = ''] = SECRET_WITHIN.exec(percentDecoded(text)) ?? [];
  if (!isSecret(candidate)) throw damagedInvite();
  const bytes = fromBase64Url(candidate);
  const expected = await checksum(subtle, bytes.subarray(0, SECRET_BYTES));
  if (!expected.every((byte, at) => byte === bytes[SECRET_BYTES + at])) throw damagedInvite();
  return candidate;
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // The text contains a percent sign that does not begin an encoded byte.
    return text;
  }
}

/** The keys of one cluster, derived from its secret. Web Crypto does not export them. */
export class ClusterKeys {
  readonly room: RoomName;
  /** The key that proves admin rights, by HMAC with SHA-256. */
  readonly admin: CryptoKey;
  readonly #subtle: SubtleCrypto;
  readonly #sealing: CryptoKey;

  private constructor(subtle: SubtleCrypto, room: RoomName, sealing: CryptoKey, admin: CryptoKey) {
    this.#subtle = subtle;
    this.room = room;
    this.#sealing = sealing;
    this.admin = admin;
  }

  /** @throws {ShardbearerError} `INSECURE_CONTEXT`, `PLATFORM_FAILED` */
  static derive(subtle: SubtleCrypto, secret: Secret): Promise<ClusterKeys> {
    return onSubtle(() => ClusterKeys.#derive(subtle, secret));
  }

  static async #derive(subtle: SubtleCrypto, secret: Secret): Promise<ClusterKeys> {
    const random = fromBase64Url(secret).slice(0, SECRET_BYTES);
    const root = await subtle.importKey('raw', random, 'HKDF', false, ['deriveBits', 'deriveKey']);
    const room = parseRoomName(hexFromBytes(new Uint8Array(await subtle.deriveBits(derivation('room'), root, 256))));
    const sealing = await subtle.deriveKey(derivation('signaling'), root, { name: 'AES-GCM', length: 256 }, false, [
      'encrypt',
      'decrypt',
    ]);
    const signing = { name: 'HMAC', hash: 'SHA-256', length: 256 };
    const admin = await subtle.deriveKey(derivation('admin'), root, signing, false, ['sign', 'verify']);
    return new ClusterKeys(subtle, room, sealing, admin);
  }

  /**
   * Encrypts a signal for one member of this room. The sealed signal opens only as a signal from `from` to `to`. A
   * relay can neither read the signal nor send it to a third member as the relay's own.
   * @param nonce 12 bytes, never used twice with these keys; random bytes suffice
   * @throws {ShardbearerError} `PLATFORM_FAILED`
   */
  async seal(plain: Uint8Array, from: RadiantId, to: RadiantId, nonce: Uint8Array): Promise<Uint8Array> {
    const algorithm = { name: 'AES-GCM', iv: copy(nonce), additionalData: this.#binding(from, to) };
    const encrypting = () => this.#subtle.encrypt(algorithm, this.#sealing, copy(plain));
    const encrypted = new Uint8Array(await onSubtle(encrypting));
    const sealed = new Uint8Array(SEAL_NONCE_BYTES + encrypted.length);
    sealed.set(nonce);
    sealed.set(encrypted, SEAL_NONCE_BYTES);
    return sealed;
  }

  /** Decrypts a signal that `seal` made for the same two members. Returns undefined for any other bytes. */
  async open(sealed: Uint8Array, from: RadiantId, to: RadiantId): Promise<Uint8Array | undefined> {
    if (sealed.length < SEAL_OVERHEAD_BYTES) return undefined;
    const iv = copy(sealed.subarray(0, SEAL_NONCE_BYTES));
    const algorithm = { name: 'AES-GCM', iv, additionalData: this.#binding(from, to) };
    try {
      return new Uint8Array(
        await this.#subtle.decrypt(algorithm, this.#sealing, copy(sealed.subarray(SEAL_NONCE_BYTES))),
      );
    } catch {
      return undefined;
    }
  }

  #binding(from: RadiantId, to: RadiantId): Uint8Array<ArrayBuffer> {
    const words = new TextEncoder().encode(`shardbearer signal 1 ${this.room} `);
    const binding = new Uint8Array(words.length + 32);
    binding.set(words);
    binding.set(idToBytes(from), words.length);
    binding.set(idToBytes(to), words.length + 16);
    return binding;
  }
}

function derivation(purpose: string): HkdfParams {
  const salt = new TextEncoder().encode('shardbearer cluster secret 1');
  return { name: 'HKDF', hash: 'SHA-256', salt, info: new TextEncoder().encode(purpose) };
}

async function checksum(subtle: SubtleCrypto, random: Uint8Array): Promise<Uint8Array> {
  const digest = await onSubtle(() => subtle.digest('SHA-256', copy(random)));
  return new Uint8Array(digest).subarray(0, CHECKSUM_BYTES);
}

/**
 * Runs calls of Web Crypto and maps their exceptions to errors of this library. `subtle` is undefined in an insecure
 * context, so a call on it throws.
 */
async function onSubtle<Result>(run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    throw platformError('crypto.subtle', error);
  }
}

function damagedInvite(): ShardbearerError {
  return new ShardbearerError(
    'INVALID_INVITE',
    'The invite link is damaged. Copy the whole link again, up to its last character.',
  );
}

/** Copies bytes into memory that no other thread shares, because Web Crypto rejects shared memory. */
function copy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}

function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

function fromBase64Url(text: string): Uint8Array {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0));
}
