/**
 * Caches the text of ids by their bytes. A frame holds about six ids, and nearly all of them are known. The cache returns
 * the same string again, which needs no memory and compares fast.
 */
import { hexFromBytes } from './hex.ts';

/** Bytes of a random id on the wire. */
export const ID_BYTES = 16;

/** A power of two. Each place holds the latest id with its hash, so the size is bounded. */
const PLACES = 4_096;

class IdTable {
  /** An empty text marks a free place. */
  readonly #texts: string[] = Array.from({ length: PLACES }, () => '');
  readonly #bytes = new Uint8Array(PLACES * ID_BYTES);

  /** The text of the id at `at` in `bytes`. */
  textOf(bytes: Uint8Array, at: number): string {
    // The first bytes of a random id are a good hash.
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

/** The text of the id that starts at `at`. */
export function idTextAt(bytes: Uint8Array, at: number): string {
  return table.textOf(bytes, at);
}
