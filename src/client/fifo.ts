/** A queue. `push` and `shift` take constant time on average. */
export class Fifo<Item> {
  /** Number of items. Only this class writes the field. */
  length = 0;
  #items: (Item | undefined)[] = [];
  #head = 0;

  push(item: Item): void {
    this.#items.push(item);
    this.length += 1;
  }

  peek(): Item | undefined {
    return this.#items[this.#head];
  }

  shift(): Item | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#items[this.#head] = undefined;
    this.#head += 1;
    this.length -= 1;
    // More than half of the array is unused. Moving the rest now costs at most as much as the shifts since the last
    // move.
    if (this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  keep(isKept: (item: Item) => boolean): void {
    this.#items = this.toArray().filter((item) => isKept(item));
    this.length = this.#items.length;
    this.#head = 0;
  }

  /** Iterates from the oldest item to the newest. */
  *[Symbol.iterator](): Generator<Item> {
    for (let at = this.#head; at < this.#items.length; at++) {
      const item = this.#items[at];
      if (item !== undefined) yield item;
    }
  }

  toArray(): readonly Item[] {
    return [...this];
  }
}
