/** Incremental 64-bit hashes. They detect accidental differences between states. They are not cryptographic. */

/** An immutable hash of two lanes with 32 bits each. */
export interface Hash {
  readonly low: number;
  readonly high: number;
}

export const EMPTY_HASH: Hash = { low: 0x811c9dc5, high: 0x9e3779b9 };

const LOW_FACTOR = 0x01000193;
const HIGH_FACTOR = 0x5bd1e995;
const LANE = 0x1_0000_0000;

/** Adds bytes to a hash. Adding a sequence in pieces yields the same hash as adding it at once. */
export function feedBytes(hash: Hash, bytes: Uint8Array): Hash {
  let { low, high } = hash;
  for (const byte of bytes) {
    low = Math.imul(low ^ byte, LOW_FACTOR);
    high = Math.imul(high ^ byte, HIGH_FACTOR);
    high ^= high >>> 15;
  }
  return { low, high };
}

/** Adds text to a hash, one code unit after another. */
export function feedText(hash: Hash, text: string): Hash {
  let { low, high } = hash;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    low = Math.imul(low ^ unit, LOW_FACTOR);
    high = Math.imul(high ^ unit, HIGH_FACTOR);
    high ^= high >>> 15;
  }
  return { low, high };
}

/** Adds non-negative safe integers to a hash. */
export function feedNumbers(hash: Hash, ...numbers: readonly number[]): Hash {
  let { low, high } = hash;
  for (const number of numbers) {
    const lowWord = number % LANE;
    const highWord = Math.floor(number / LANE);
    low = spread(Math.imul(low ^ lowWord, LOW_FACTOR) + highWord);
    high = spread(Math.imul(high ^ highWord, HIGH_FACTOR) + lowWord);
  }
  return { low, high };
}

/** Formats a hash as 16 hexadecimal digits. */
export function hashText({ low, high }: Hash): string {
  const digits = (lane: number) => (lane >>> 0).toString(16).padStart(8, '0');
  return digits(high) + digits(low);
}

/** Mixes every input bit into all output bits (the finalizer of MurmurHash3). */
function spread(lane: number): number {
  let bits = Math.imul(lane ^ (lane >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** The digest of a set of hashes, which is their sum. Adding and removing an item takes constant time, in any order. */
export class SetDigest {
  #low = 0;
  #high = 0;

  add(item: Hash): void {
    this.#change(item, 1);
  }

  remove(item: Hash): void {
    this.#change(item, -1);
  }

  get hash(): Hash {
    return { low: this.#low, high: this.#high };
  }

  clone(): SetDigest {
    const copy = new SetDigest();
    copy.#low = this.#low;
    copy.#high = this.#high;
    return copy;
  }

  /**
   * Adds or removes a hash. Both sums depend on both lanes. Two hashes that differ in only one lane therefore change
   * both sums differently.
   */
  #change({ low, high }: Hash, sign: 1 | -1): void {
    this.#low = (this.#low + sign * spread(low ^ spread(high))) >>> 0;
    this.#high = (this.#high + sign * spread(high + spread(low))) >>> 0;
  }
}
