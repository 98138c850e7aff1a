/** CRC-32C (Castagnoli). It detects accidental damage, and does not protect against an attacker. */

/** The polynomial 0x1EDC6F41 with its bits reversed. */
const POLYNOMIAL = 0x82f63b78;
const TABLES = makeTables();

/** The checksum of the bytes from `from` on, as an unsigned 32-bit number. */
export function crc32c(bytes: Uint8Array, from = 0): number {
  return finishCrc32c(feedCrc32c(CRC32C_START, bytes, from));
}

/** The state before the first byte. */
export const CRC32C_START = -1;

/** Adds bytes to a state, four at a time ("slicing by 4"). @returns the new state */
export function feedCrc32c(start: number, bytes: Uint8Array, from = 0): number {
  let state = start;
  const wholeWords = bytes.length - ((bytes.length - from) % 4);
  for (let at = from; at < wholeWords; at += 4) {
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
  for (let at = wholeWords; at < bytes.length; at++) state = feedByteCrc32c(state, itemAt(bytes, at));
  return state;
}

export function feedByteCrc32c(state: number, byte: number): number {
  return itemAt(TABLES, (state ^ byte) & 0xff) ^ (state >>> 8);
}

/** Turns a state into a checksum. */
export function finishCrc32c(state: number): number {
  return (state ^ -1) >>> 0;
}

/** Bytes of a checksum, which precedes its content. */
export const CHECKSUM_BYTES = 4;

/** Writes a checksum to the start of `bytes`. */
export function putChecksum(bytes: Uint8Array, checksum: number): void {
  for (let at = 0; at < CHECKSUM_BYTES; at++) bytes[at] = checksum >>> (24 - 8 * at);
}

/** True if `bytes` start with this checksum. */
export function hasChecksum(bytes: Uint8Array, checksum: number): boolean {
  for (let at = 0; at < CHECKSUM_BYTES; at++) {
    if (bytes[at] !== ((checksum >>> (24 - 8 * at)) & 0xff)) return false;
  }
  return true;
}

/** Four tables of 256 entries, concatenated. Table k advances a byte by k zero bytes. */
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

/** Every index is in range, but the type of an indexed access includes undefined. */
function itemAt(items: Uint8Array | Int32Array, at: number): number {
  return items[at] ?? 0;
}
