/**
 * The slot of a key, as in Redis Cluster: CRC16 (XMODEM) of the key or of its hash tag, modulo 16,384. The package
 * `cluster-key-slot` differs from Redis: after an empty tag, as in `foo{}{bar}`, it uses a later tag.
 */
import { asSlot, SLOT_COUNT, type Slot } from '../wire/identifiers.ts';

const OPENING = 0x7b;
const CLOSING = 0x7d;

/** The slot of a key, which may be any bytes. Keys with the same `{tag}` share a slot. */
export function slotOfKey(key: Uint8Array): Slot {
  let crc = 0;
  for (const byte of hashedPart(key)) crc = ((crc << 8) & 0xffff) ^ (REMAINDERS[(crc >> 8) ^ byte] ?? 0);
  return asSlot(crc % SLOT_COUNT);
}

/** The bytes between the first `{` and the next `}`, or the whole key if they are empty. */
function hashedPart(key: Uint8Array): Uint8Array {
  const opening = key.indexOf(OPENING);
  if (opening === -1) return key;
  const closing = key.indexOf(CLOSING, opening + 1);
  return closing <= opening + 1 ? key : key.subarray(opening + 1, closing);
}

/** Remainders of each byte, shifted left by 16 bits, modulo the polynomial x^16 + x^12 + x^5 + 1. */
const REMAINDERS = Uint16Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte << 8;
  for (let bit = 0; bit < 8; bit++) remainder = (remainder << 1) ^ (remainder & 0x8000 ? 0x1021 : 0);
  return remainder & 0xffff;
});
