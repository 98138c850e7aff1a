/**
 * Texts of ids by their bytes. A frame holds half a dozen ids, and nearly all of them were met before: the text that
 * comes out is the very string that came out then, so it costs no memory, and comparing or looking it up costs nothing.
 */
import { hexFromBytes } from './hex.ts';

/** Bytes of a random id on the wire. */
export const ID_BYTES = 16;

/** A power of two. Each place keeps the id that was met there last: what is kept is bounded. */
const PLACES = 4_096;

class IdTable {
  /** Empty: the place was never taken. */
  readonly #texts: string[] = Array.from({ length: PLACES }, () => '');
  readonly #bytes = new Uint8Array(PLACES * ID_BYTES);

  /** The text of the id that lies in `bytes` from `at` on. */
  textOf(bytes: Uint8Array, at: number): string {
    // Ids are random: so are their first bytes.
    const place = ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)) & (PLACES - 1);
    const text = this.#texts[place] ?? '';
    if (text !== '' && this.#isAt(place, bytes, at)) return text;
    return this.#put(place, bytes.subarray(at, at + ID_BYTES));
  }

  #isAt(place: number, bytes: Uint8Array, at: number): boolean {
    const start = place * ID_BYTES;
    for (let offset = 0; offset < ID_BYTES; offset++) {
      if (this.#bytes[start + offset] !== bytes[at + offset]) return false;
    }
    return true;
  }

  #put(place: number, bytes: Uint8Array): string {
    const text = hexFromBytes(bytes);
    this.#texts[place] = text;
    this.#bytes.set(bytes, place * ID_BYTES);
    return text;
  }
}

const table = new IdTable();

/** The text of the id of `ID_BYTES` bytes that begins at `at`. */
export function idTextAt(bytes: Uint8Array, at: number): string {
  return table.textOf(bytes, at);
}
