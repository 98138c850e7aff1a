/** CRC-32C (Castagnoli) over records: storage that forgets or swaps bytes is noticed, not believed. */
import { StorageLostError } from '../wire/errors.ts';
import type { RecordKey } from './contract.ts';

const CHECKSUM_BYTES = 4;
/** The polynomial 0x1EDC6F41, its bits reversed. */
const POLYNOMIAL = 0x82f63b78;
const TABLES = makeTables();

/**
 * Puts the checksum of key and value before the value. The key is part of the
 * sum, so that a record which ended up under another one's key is noticed.
 */
export function seal(key: RecordKey, value: Uint8Array): Uint8Array {
  const sealed = new Uint8Array(CHECKSUM_BYTES + value.length);
  viewOf(sealed).setUint32(0, checksum(key, value));
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
  if (viewOf(sealed).getUint32(0) !== checksum(key, value)) {
    throw new StorageLostError(`the record "${key}" is damaged: its checksum does not fit`);
  }
  return value;
}

/** CRC-32C of bytes, as an unsigned 32-bit number. */
export function crc32c(bytes: Uint8Array): number {
  return (update(-1, bytes) ^ -1) >>> 0;
}

function checksum(key: RecordKey, value: Uint8Array): number {
  let state = -1;
  for (let at = 0; at < key.length; at++) state = step(state, key.charCodeAt(at));
  // A separator that no key contains: "a" + "bc" is not "ab" + "c".
  state = step(state, 0);
  return (update(state, value) ^ -1) >>> 0;
}

/** Four bytes at a time ("slicing by 4"), the few left over one by one. */
function update(start: number, bytes: Uint8Array): number {
  let state = start;
  const wholeWords = bytes.length - (bytes.length % 4);
  for (let at = 0; at < wholeWords; at += 4) {
    const mixed =
      state ^
      (itemAt(bytes, at) |
        (itemAt(bytes, at + 1) << 8) |
        (itemAt(bytes, at + 2) << 16) |
        (itemAt(bytes, at + 3) << 24));
    state =
      itemAt(TABLES, 768 + (mixed & 0xff)) ^
      itemAt(TABLES, 512 + ((mixed >>> 8) & 0xff)) ^
      itemAt(TABLES, 256 + ((mixed >>> 16) & 0xff)) ^
      itemAt(TABLES, mixed >>> 24);
  }
  for (let at = wholeWords; at < bytes.length; at++) state = step(state, itemAt(bytes, at));
  return state;
}

function step(state: number, byte: number): number {
  return itemAt(TABLES, (state ^ byte) & 0xff) ^ (state >>> 8);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Four tables of 256, one after another: table k advances a byte by k further bytes of zero. */
function makeTables(): Int32Array {
  const tables = new Int32Array(1_024);
  for (let byte = 0; byte < 256; byte++) {
    let state = byte;
    for (let bit = 0; bit < 8; bit++) state = (state & 1) === 1 ? (state >>> 1) ^ POLYNOMIAL : state >>> 1;
    tables[byte] = state;
  }
  for (let at = 256; at < tables.length; at++) {
    const before = itemAt(tables, at - 256);
    tables[at] = itemAt(tables, before & 0xff) ^ (before >>> 8);
  }
  return tables;
}

/** Every call's index lies inside: the type of an indexed access just cannot say so. */
function itemAt(items: Uint8Array | Int32Array, at: number): number {
  return items[at] ?? 0;
}
