import { type Hash, spread } from './hash.ts';

/**
 * Digest of a set of hashes: their sum. So it depends on what is in the set and not on how it came there, and one
 * comes or goes in constant time.
 */
export class SetDigest {
  #low = 0;
  #high = 0;

  add(item: Hash): void {
    this.#low = (this.#low + lowTerm(item)) >>> 0;
    this.#high = (this.#high + highTerm(item)) >>> 0;
  }

  remove(item: Hash): void {
    this.#low = (this.#low - lowTerm(item)) >>> 0;
    this.#high = (this.#high - highTerm(item)) >>> 0;
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
}

/** Both lanes go into both sums: a change that one lane misses is seen in the other. */
function lowTerm({ low, high }: Hash): number {
  return spread(low ^ spread(high));
}

function highTerm({ low, high }: Hash): number {
  return spread(high + spread(low));
}
