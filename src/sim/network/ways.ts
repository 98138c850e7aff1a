/** Open and blocked ways between places. Partitions block ways for a while. */

/** Whether a blocked way loses frames, or holds them back until it is open, like a reliable channel. */
export type BlockKind = 'lose' | 'hold';

export class Ways {
  readonly #blocks = new Map<string, BlockKind>();
  readonly #neverLinked = new Set<string>();

  get areFree(): boolean {
    return this.#blocks.size === 0;
  }

  block(from: string, to: string, kind: BlockKind): void {
    this.#blocks.set(wayOf(from, to), kind);
  }

  /** Unblocks the way between two places. @returns whether the way was blocked */
  unblock(from: string, to: string): boolean {
    return this.#blocks.delete(wayOf(from, to));
  }

  unblockAll(): void {
    this.#blocks.clear();
  }

  blockBetween(from: string, to: string): BlockKind | undefined {
    return this.#blocks.size === 0 ? undefined : this.#blocks.get(wayOf(from, to));
  }

  /** Forbids direct links between two places. */
  neverLink(place: string, other: string): void {
    this.#neverLinked.add(wayOf(place, other)).add(wayOf(other, place));
  }

  /** Whether a link between the two places may open now. */
  mayLink(place: string, other: string): boolean {
    if (this.#neverLinked.has(wayOf(place, other))) return false;
    return this.blockBetween(place, other) === undefined && this.blockBetween(other, place) === undefined;
  }
}

const wayOf = (from: string, to: string): string => `${from}>${to}`;
