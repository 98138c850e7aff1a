/**
 * The changes that watches saw, compared with each other and with acknowledged writes. Each change has the revision of
 * its slot, which names it.
 */
import { EMPTY_HASH, feedBytes, hashText } from '../../store/hash.ts';
import { keyTextOf, type KeyText, slotOfKey } from '../../store/key.ts';
import type { ListedEntry, WatchedChange } from '../../wire/frames/frame.ts';
import type { Slot } from '../../wire/identifiers.ts';
import { check } from '../violation.ts';

interface KnownChange {
  readonly key: KeyText;
  readonly revision: number;
  /** Description of the change by a watch. Undefined: only the writer knows the change. */
  readonly seenAs: string | undefined;
}

/** All changes that anybody knows. */
export class WatchHistory {
  readonly #changes = new Map<Slot, Map<number, KnownChange>>();

  /** Notes an acknowledged write. A delete of a missing key is no change. */
  acknowledged(key: Uint8Array, revision: number): void {
    this.#note(key, revision, undefined);
  }

  seen({ type, key, value, versionstamp: { revision } }: WatchedChange): void {
    // A hash stands for the value, because values can be too large for a text.
    this.#note(key, revision, `${type} ${value.length} ${hashText(feedBytes(EMPTY_HASH, value))}`);
  }

  changes(): readonly KnownChange[] {
    return [...this.#changes.values()].flatMap((ofSlot) => [...ofSlot.values()]);
  }

  #note(keyBytes: Uint8Array, revision: number, seenAs: string | undefined): void {
    const [slot, key] = [slotOfKey(keyBytes), keyTextOf(keyBytes)];
    const ofSlot = this.#changes.get(slot) ?? new Map<number, KnownChange>();
    const known = ofSlot.get(revision);
    const isSame = known === undefined || (known.key === key && (known.seenAs ?? seenAs) === (seenAs ?? known.seenAs));
    check(isSame, 'all watches see the same changes', () => `revision ${revision} of slot ${slot} is of ${key}, too`);
    ofSlot.set(revision, { key, revision, seenAs: seenAs ?? known?.seenAs });
    this.#changes.set(slot, ofSlot);
  }
}

/** The entries and changes that one application took. It continues after its watch resumed. */
export class WatchedKeys {
  readonly #name: string;
  readonly #history: WatchHistory;
  /** By key: the revisions that the application saw since its beginning or its latest `resync`. */
  #revisions = new Map<KeyText, number[]>();
  #values = new Map<KeyText, number>();

  constructor(name: string, history: WatchHistory) {
    this.#name = name;
    this.#history = history;
  }

  /** The revision of each key that exists, as far as the application knows. */
  get contents(): string {
    return [...this.#values]
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, revision]) => `${key}@${revision}`)
      .join(' ');
  }

  resynced(): void {
    this.#revisions = new Map();
    this.#values = new Map();
  }

  listed({ key, versionstamp: { revision } }: ListedEntry): void {
    this.#add(keyTextOf(key), revision);
    this.#values.set(keyTextOf(key), revision);
  }

  changed(change: WatchedChange): void {
    const key = keyTextOf(change.key);
    const { revision } = change.versionstamp;
    this.#history.seen(change);
    this.#add(key, revision);
    if (change.type === 'put') this.#values.set(key, revision);
    else this.#values.delete(key);
  }

  /** Checks that the application missed no change of a key that it knew. */
  checkWhole(): void {
    for (const { key, revision } of this.#history.changes()) {
      const seen = this.#revisions.get(key);
      const [first] = seen ?? [];
      if (seen === undefined || first === undefined || revision <= first) continue;
      check(
        seen.includes(revision),
        'a watch misses no change',
        () => `${this.#name} saw ${seen.join(' ')} of ${key}, but not ${revision}`,
      );
    }
  }

  #add(key: KeyText, revision: number): void {
    const seen = this.#revisions.get(key) ?? [];
    const latest = seen.at(-1) ?? 0;
    check(
      latest < revision,
      'a watch sees each change once and in order',
      () => `${this.#name} saw ${revision} of ${key} after ${latest}`,
    );
    seen.push(revision);
    this.#revisions.set(key, seen);
  }
}
