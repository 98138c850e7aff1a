/** The keys of an order that expire, in the order of their times. */
import type { Slot } from '../wire/identifiers.ts';
import type { KeyText } from './key.ts';
import { createOrderedMap, type OrderedMap } from './ordered-map.ts';

interface ExpiringKey {
  readonly key: KeyText;
  readonly slot: Slot;
  /** The log time up to which the key exists. */
  readonly expiresAtMs: number;
}

export class ExpiryIndex {
  /** The keys, by time and then by key. */
  readonly #keys: OrderedMap<ExpiringKey, string>;

  constructor(keys = createOrderedMap<ExpiringKey, string>()) {
    this.#keys = keys;
  }

  /** Returns a copy. Both copies share the data until one of them changes it. */
  clone(): ExpiryIndex {
    return new ExpiryIndex(this.#keys.clone());
  }

  /** @param expiresAtMs undefined for a key that does not expire */
  add(slot: Slot, key: KeyText, expiresAtMs: number | undefined): void {
    if (expiresAtMs !== undefined) this.#keys.set(placeOf(expiresAtMs, key), { key, slot, expiresAtMs });
  }

  remove(key: KeyText, expiresAtMs: number | undefined): void {
    if (expiresAtMs !== undefined) this.#keys.delete(placeOf(expiresAtMs, key));
  }

  /** Yields the keys, the earliest first. */
  *keys(): Generator<ExpiringKey> {
    if (this.#keys.size > 0) yield* this.#keys.values();
  }
}

/** Hexadecimal digits of the largest safe integer. */
const TIME_DIGITS = 14;

/** Text that sorts by time and then by key. */
function placeOf(expiresAtMs: number, key: KeyText): string {
  return expiresAtMs.toString(16).padStart(TIME_DIGITS, '0') + key;
}
