/** CRC-32C (Castagnoli) over records. It detects storage that forgets or swaps bytes. */
import { CHECKSUM_BYTES, crc32c, hasChecksum, putChecksum } from '../wire/crc32c.ts';
import { StorageLostError } from '../wire/errors.ts';
import type { RecordKey } from './contract.ts';

/**
 * Puts the checksum of key and value before the value. The sum covers the key, so a record stored under another key fails
 * its check.
 */
export function seal(key: RecordKey, value: Uint8Array): Uint8Array {
  const sealed = new Uint8Array(CHECKSUM_BYTES + value.length);
  putChecksum(sealed, checksum(key, value));
  sealed.set(value, CHECKSUM_BYTES);
  return sealed;
}

/**
 * Verifies and strips the checksum.
 * @returns a view into `sealed`, not a copy
 * @throws {StorageLostError} `STORAGE_LOST` if the checksum does not match
 */
export function unseal(key: RecordKey, sealed: Uint8Array): Uint8Array {
  if (sealed.length < CHECKSUM_BYTES) {
    throw new StorageLostError(`Record "${key}" is damaged: only ${sealed.length} bytes of it are left.`);
  }
  const value = sealed.subarray(CHECKSUM_BYTES);
  if (!hasChecksum(sealed, checksum(key, value))) {
    throw new StorageLostError(`Record "${key}" is damaged: its checksum does not match.`);
  }
  return value;
}

function checksum(key: RecordKey, value: Uint8Array): number {
  // No key contains this separator, so "a" + "bc" differs from "ab" + "c".
  return crc32c(value, 0, crc32c(UTF_8.encode(`${key}\0`)));
}

const UTF_8 = new TextEncoder();
