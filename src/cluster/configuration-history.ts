/** The latest configurations, kept as the oldest one and the changes that follow. */
import { EMPTY_HASH, feedBytes, feedNumbers, type Hash, SetDigest } from '../store/hash.ts';
import { assert } from '../wire/assertion.ts';
import type { Configuration, ConfigurationChange, Order } from '../wire/configuration/configuration.ts';
import { encodeConfiguration } from '../wire/configuration/configuration-codec.ts';
import { encodeChange } from '../wire/configuration/state-codec.ts';
import type { OrderId } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
import { putChange, withChange } from './configuration-change.ts';

export class ConfigurationHistory {
  #base: Configuration;
  #latest: Configuration;
  #changes: ConfigurationChange[] = [];
  /** A clone shares the changes, so the next addition copies them. */
  #isShared = false;
  #changesDigest = new SetDigest();
  /** Undefined after the base changed. */
  #baseHash: Hash | undefined;

  /** @param base number 0 before the founding, which is a change on it */
  constructor(base: Configuration) {
    this.#base = base;
    this.#latest = base;
  }

  /** The configuration that the kept changes follow on. */
  get base(): Configuration {
    return this.#base;
  }

  get changes(): readonly ConfigurationChange[] {
    return this.#changes;
  }

  /** Has number 0 before the founding. */
  get latest(): Configuration {
    return this.#latest;
  }

  get oldest(): number {
    return Math.max(1, this.#base.number);
  }

  /** The change must be valid. */
  add(change: ConfigurationChange): void {
    if (this.#isShared) this.#changes = [...this.#changes];
    this.#isShared = false;
    this.#changes.push(change);
    this.#latest = withChange(this.#latest, change);
    this.#changesDigest.add(hashOf(this.#latest.number, change));
    if (this.#latest.number - this.oldest >= LIMITS.configurations) this.#dropOldest();
  }

  /** @param number of a kept configuration */
  at(number: number): Configuration {
    assert(number >= this.oldest && number <= this.#latest.number, 'only what is kept can be had again');
    if (number === this.#latest.number) return this.#latest;
    const orders = new Map<OrderId, Order>(this.#base.orders.map((order) => [order.id, order]));
    for (const change of this.#changes.slice(0, number - this.#base.number)) putChange(orders, change);
    return { ...this.#base, number, orders: [...orders.values()] };
  }

  hash(): Hash {
    this.#baseHash ??= feedBytes(EMPTY_HASH, encodeConfiguration(this.#base));
    const { low, high } = this.#changesDigest.hash;
    return feedNumbers(this.#baseHash, this.#base.number, this.#latest.number, low, high);
  }

  clone(): ConfigurationHistory {
    const copy = new ConfigurationHistory(this.#base);
    copy.#latest = this.#latest;
    copy.#changes = this.#changes;
    copy.#changesDigest = this.#changesDigest.clone();
    copy.#baseHash = this.#baseHash;
    this.#isShared = true;
    copy.#isShared = true;
    return copy;
  }

  #dropOldest(): void {
    // The founding is a change on nothing, so dropping it removes two changes.
    const dropped = this.#base.number === 0 ? 2 : 1;
    for (const change of this.#changes.splice(0, dropped)) {
      this.#base = withChange(this.#base, change);
      this.#changesDigest.remove(hashOf(this.#base.number, change));
    }
    this.#baseHash = undefined;
  }
}

function hashOf(number: number, change: ConfigurationChange): Hash {
  return feedBytes(feedNumbers(EMPTY_HASH, number), encodeChange(change));
}
