/** CRC-32C (Castagnoli): notices bytes that were damaged, by chance and not by intent. */

/** The polynomial 0x1EDC6F41, its bits reversed. */
const POLYNOMIAL = 0x82f63b78;
const TABLES = makeTables();

/** Of bytes, or of those from `from` on, as an unsigned 32-bit number. */
export function crc32c(bytes: Uint8Array, from = 0): number {
  return finishCrc32c(feedCrc32c(CRC32C_START, bytes, from));
}

/** The state before the first byte. */
export const CRC32C_START = -1;

/** The state after some more bytes: four at a time ("slicing by 4"), the few left over one by one. */
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

/** The checksum that belongs to a state. */
export function finishCrc32c(state: number): number {
  return (state ^ -1) >>> 0;
}

/** Bytes of a checksum that lies before what it is of. */
export const CHECKSUM_BYTES = 4;

/** Puts a checksum at the beginning of `bytes`. */
export function putChecksum(bytes: Uint8Array, checksum: number): void {
  for (let at = 0; at < CHECKSUM_BYTES; at++) bytes[at] = checksum >>> (24 - 8 * at);
}

/** Whether `bytes` begin with this checksum. */
export function hasChecksum(bytes: Uint8Array, checksum: number): boolean {
  for (let at = 0; at < CHECKSUM_BYTES; at++) {
    if (bytes[at] !== ((checksum >>> (24 - 8 * at)) & 0xff)) return false;
  }
  return true;
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
