/** CRC-32C (Castagnoli) over records: storage that forgets or swaps bytes is noticed, not believed. */
import {
  CHECKSUM_BYTES,
  CRC32C_START,
  feedByteCrc32c,
  feedCrc32c,
  finishCrc32c,
  hasChecksum,
  putChecksum,
} from '../wire/crc32c.ts';
import { StorageLostError } from '../wire/errors.ts';
import type { RecordKey } from './contract.ts';

/**
 * Puts the checksum of key and value before the value. The key is part of the
 * sum, so that a record which ended up under another one's key is noticed.
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
 * @throws {StorageLostError} `STORAGE_LOST` where it does not fit
 */
export function unseal(key: RecordKey, sealed: Uint8Array): Uint8Array {
  if (sealed.length < CHECKSUM_BYTES) {
    throw new StorageLostError(`the record "${key}" is damaged: only ${sealed.length} bytes are left of it`);
  }
  const value = sealed.subarray(CHECKSUM_BYTES);
  if (!hasChecksum(sealed, checksum(key, value))) {
    throw new StorageLostError(`the record "${key}" is damaged: its checksum does not fit`);
  }
  return value;
}

function checksum(key: RecordKey, value: Uint8Array): number {
  let state = CRC32C_START;
  for (let at = 0; at < key.length; at++) state = feedByteCrc32c(state, key.charCodeAt(at));
  // A separator that no key contains: "a" + "bc" is not "ab" + "c".
  state = feedByteCrc32c(state, 0);
  return finishCrc32c(feedCrc32c(state, value));
}
