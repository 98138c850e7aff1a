/** CRC-32C (Castagnoli). It detects accidental damage, and does not protect against an attacker. */

/** The polynomial 0x1EDC6F41 with its bits reversed. */
const POLYNOMIAL = 0x82f63b78;
const TABLES = makeTables();

/**
 * Returns the checksum of the bytes from index `from` on, as an unsigned 32-bit number.
 * @param before checksum of bytes that precede these bytes; the result then covers both
 */
export function crc32c(bytes: Uint8Array, from = 0, before = 0): number {
  let state = ~before;
  const wholeWords = bytes.length - ((bytes.length - from) % 4);
  // Processes four bytes at a time ("slicing by 4"). Every index is in range, so `?? 0` only satisfies the compiler.
  for (let at = from; at < wholeWords; at += 4) {
    const mixed =
      state ^
      ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24));
    state =
      (TABLES[768 + (mixed & 0xff)] ?? 0) ^
      (TABLES[512 + ((mixed >>> 8) & 0xff)] ?? 0) ^
      (TABLES[256 + ((mixed >>> 16) & 0xff)] ?? 0) ^
      (TABLES[mixed >>> 24] ?? 0);
  }
  for (let at = wholeWords; at < bytes.length; at++) {
    state = (TABLES[(state ^ (bytes[at] ?? 0)) & 0xff] ?? 0) ^ (state >>> 8);
  }
  return ~state >>> 0;
}

/** Bytes of an encoded checksum. A checksum precedes the bytes that it covers. */
export const CHECKSUM_BYTES = 4;

/** Writes a checksum to the start of `bytes`. */
export function putChecksum(bytes: Uint8Array, checksum: number): void {
  for (let at = 0; at < CHECKSUM_BYTES; at++) bytes[at] = checksum >>> (24 - 8 * at);
}

/** Whether `bytes` start with this checksum. */
export function hasChecksum(bytes: Uint8Array, checksum: number): boolean {
  for (let at = 0; at < CHECKSUM_BYTES; at++) {
    if (bytes[at] !== ((checksum >>> (24 - 8 * at)) & 0xff)) return false;
  }
  return true;
}

/** Four tables of 256 entries, concatenated. Entry b of table k is the checksum state after byte b and k zero bytes. */
function makeTables(): Int32Array {
  const tables = new Int32Array(1_024);
  for (let byte = 0; byte < 256; byte++) {
    let state = byte;
    for (let bit = 0; bit < 8; bit++) state = (state & 1) === 1 ? (state >>> 1) ^ POLYNOMIAL : state >>> 1;
    tables[byte] = state;
  }
  for (let at = 256; at < tables.length; at++) {
    const before = tables[at - 256] ?? 0;
    tables[at] = (tables[before & 0xff] ?? 0) ^ (before >>> 8);
  }
  return tables;
}
