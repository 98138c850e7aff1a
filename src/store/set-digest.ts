import { type Hash, spread } from './hash.ts';

/** Digest of a set of hashes: their sum. It is independent of order, and items are added or removed in constant time. */
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

/** Both sums depend on both lanes, so a collision in one lane still shows in the other sum. */
function lowTerm({ low, high }: Hash): number {
  return spread(low ^ spread(high));
}

function highTerm({ low, high }: Hash): number {
  return spread(high + spread(low));
}
