/** The slot of a key on the hash ring, and the form of a key in maps. */
import { asSlot, SLOT_COUNT, type Slot } from '../wire/identifiers.ts';

const OPENING = 0x7b;
const CLOSING = 0x7d;

/** Key bytes as text with one character per byte. Two texts are equal or ordered exactly as their bytes are. */
export type KeyText = string;

/**
 * Computes the slot of a key like Redis Cluster. The slot is the CRC16 (XMODEM) of the key or of its hash tag, modulo
 * 16,384. The package `cluster-key-slot` differs from Redis, because it skips an empty tag, as in `foo{}{bar}`, and
 * uses a later one.
 */
export function slotOfKey(key: Uint8Array): Slot {
  let crc = 0;
  for (const byte of hashedPart(key)) crc = ((crc << 8) & 0xffff) ^ (REMAINDERS[(crc >> 8) ^ byte] ?? 0);
  return asSlot(crc % SLOT_COUNT);
}

/**
 * The slot of all keys that begin with this prefix. Undefined: the prefix has no complete hash tag, or the tag is
 * empty.
 */
export function slotOfTag(prefix: Uint8Array): Slot | undefined {
  return hashedPart(prefix) === prefix ? undefined : slotOfKey(prefix);
}

/**
 * The hashed part of a key. It is the bytes between the first `{` and the next `}`, or the whole key if no byte is
 * between them.
 */
function hashedPart(key: Uint8Array): Uint8Array {
  const opening = key.indexOf(OPENING);
  if (opening === -1) return key;
  const closing = key.indexOf(CLOSING, opening + 1);
  return closing <= opening + 1 ? key : key.subarray(opening + 1, closing);
}

/** For each byte, the remainder of the byte shifted left by 16 bits, modulo the polynomial x^16 + x^12 + x^5 + 1. */
const REMAINDERS = Uint16Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte << 8;
  for (let bit = 0; bit < 8; bit++) remainder = (remainder << 1) ^ (remainder & 0x8000 ? 0x1021 : 0);
  return remainder & 0xffff;
});

export function keyTextOf(key: Uint8Array): KeyText {
  return String.fromCharCode(...key);
}

export function keyBytesOf(text: KeyText): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}
