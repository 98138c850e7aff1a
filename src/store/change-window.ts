/** The recent changes of one slot, which watchers read (design, rule 17). */
import type { Versionstamp } from '../wire/entries/command.ts';
import type { ChangePosition, ChangeType } from '../wire/frames/frame.ts';
import type { LogIndex } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
import { EMPTY_HASH, feedBytes, feedNumbers, feedText, type Hash } from './hash.ts';
import type { KeyText } from './key.ts';

/** One change of a key. Immutable. */
export interface Change {
  readonly type: ChangeType;
  readonly key: KeyText;
  /** The value after a put. The bytes are those of the stored value. Undefined: the key is missing since the change. */
  readonly value: Uint8Array | undefined;
  readonly versionstamp: Versionstamp;
  /** The position at which the change took effect. */
  readonly position: ChangePosition;
  /** Index of the entry by which the change came to this order. For an arrived change, the entry of the arrival. */
  readonly since: LogIndex;
}

/** Returns a negative number if the first position precedes the second one, and 0 if they are equal. */
export function comparePositions(one: ChangePosition, other: ChangePosition): number {
  return one.epoch - other.epoch || one.index - other.index;
}

/** The bytes that count for a change in `LIMITS.watches.windowBytes`. */
export function bytesOfChange({ key, value }: Change): number {
  return LIMITS.watches.changeOverheadBytes + key.length + (value?.length ?? 0);
}

export class ChangeWindow {
  /** The changes, sorted by position. */
  readonly #changes: Change[];
  /** Position of the latest dropped change. Undefined if the window has all changes of the slot. */
  #trimmedThrough: ChangePosition | undefined;

  constructor(changes: Change[] = [], trimmedThrough?: ChangePosition) {
    this.#changes = changes;
    this.#trimmedThrough = trimmedThrough;
  }

  clone(): ChangeWindow {
    return new ChangeWindow([...this.#changes], this.#trimmedThrough);
  }

  get changes(): readonly Change[] {
    return this.#changes;
  }

  get trimmedThrough(): ChangePosition | undefined {
    return this.#trimmedThrough;
  }

  /** Whether the window has every change after the position. */
  covers(position: ChangePosition): boolean {
    return this.#trimmedThrough === undefined || comparePositions(position, this.#trimmedThrough) >= 0;
  }

  add(change: Change): void {
    this.#changes.push(change);
  }

  /** Drops the oldest change. */
  dropFirst(): void {
    const dropped = this.#changes.shift();
    if (dropped !== undefined) this.#trimmedThrough = dropped.position;
  }

  /** Returns the window as of its arrival at another order. */
  arrivedWith(since: LogIndex): ChangeWindow {
    return new ChangeWindow(
      this.#changes.map((change) => ({ ...change, since })),
      this.#trimmedThrough,
    );
  }

  hash(): Hash {
    const { epoch, index } = this.#trimmedThrough ?? NOTHING_TRIMMED;
    let hash = feedNumbers(EMPTY_HASH, this.#changes.length, epoch, index);
    for (const change of this.#changes) {
      const { low, high } = hashOfChange(change);
      hash = feedNumbers(hash, low, high);
    }
    return hash;
  }
}

const NOTHING_TRIMMED = { epoch: 0, index: 0 };

/** Hashes of changes. A hash reads the whole value, and a change is immutable and stays for many digests. */
const hashes = new WeakMap<Change, Hash>();

function hashOfChange(change: Change): Hash {
  const known = hashes.get(change);
  if (known !== undefined) return known;
  const { type, key, value, versionstamp, position, since } = change;
  const { generation, revision } = versionstamp;
  const text = feedText(value === undefined ? EMPTY_HASH : feedBytes(EMPTY_HASH, value), `${type} ${key}`);
  const hash = feedNumbers(text, value?.length ?? 0, generation, revision, position.epoch, position.index, since);
  hashes.set(change, hash);
  return hash;
}
