/** The only source of chance in a simulated world. All draws follow from the seed. */

/** The generator sfc32 ("small fast counting", Chris Doty-Humphrey), seeded from a number and a label. */
export class Random {
  readonly #seed: number;
  readonly #label: string;
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number, label = '') {
    this.#seed = seed;
    this.#label = label;
    const mix = mixer(seed, label);
    this.#a = mix();
    this.#b = mix();
    this.#c = mix();
    for (let round = 0; round < 12; round++) this.#draw();
  }

  /** An independent stream. Draws from it do not change other streams. */
  fork(label: string): Random {
    return new Random(this.#seed, `${this.#label}/${label}`);
  }

  next(): number {
    return this.#draw() / 0x1_0000_0000;
  }

  /** A uniform integer from 0 to `below` - 1. */
  integer(below: number): number {
    return Math.floor(this.next() * below);
  }

  between(from: number, to: number): number {
    return from + this.next() * (to - from);
  }

  within(range: readonly [from: number, to: number]): number {
    return this.between(range[0], range[1]);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** An exponentially distributed number, such as the time between two random events. */
  exponential(mean: number): number {
    return -Math.log(1 - this.next()) * mean;
  }

  /** A random item. Undefined: there are no items. */
  pick<Item>(items: readonly Item[]): Item | undefined {
    return items[this.integer(items.length)];
  }

  shuffled<Item>(items: readonly Item[]): Item[] {
    return items
      .map((item) => ({ item, place: this.next() }))
      .sort((left, right) => left.place - right.place)
      .map(({ item }) => item);
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at++) bytes[at] = this.#draw() & 0xff;
    return bytes;
  }

  #draw(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }
}

/** The generator splitmix32, started from the seed and all characters of the label. */
function mixer(seed: number, label: string): () => number {
  let state = (seed ^ Math.floor(seed / 0x1_0000_0000)) | 0;
  for (let at = 0; at < label.length; at++) state = (Math.imul(state ^ label.charCodeAt(at), 0x0100_0193) + at) | 0;
  return () => {
    state = (state + 0x9e37_79b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0_aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a_2d97);
    return (mixed ^ (mixed >>> 15)) | 0;
  };
}
