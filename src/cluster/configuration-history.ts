/** The latest configurations. They are stored as the oldest configuration and the changes that follow it. */
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
  /** Whether a clone shares `#changes`. The next addition then copies the array. */
  #isShared = false;
  #changesDigest = new SetDigest();
  /** Cache of the base's hash. Undefined after the base changed. */
  #baseHash: Hash | undefined;

  /** @param base the configuration before the first change; number 0 before the founding, which is a change, too */
  constructor(base: Configuration) {
    this.#base = base;
    this.#latest = base;
  }

  /** The configuration that the kept changes follow. */
  get base(): Configuration {
    return this.#base;
  }

  get changes(): readonly ConfigurationChange[] {
    return this.#changes;
  }

  /** The latest configuration. Its number is 0 before the founding. */
  get latest(): Configuration {
    return this.#latest;
  }

  get oldest(): number {
    return Math.max(1, this.#base.number);
  }

  /** Adds a valid change. */
  add(change: ConfigurationChange): void {
    if (this.#isShared) this.#changes = [...this.#changes];
    this.#isShared = false;
    this.#changes.push(change);
    this.#latest = withChange(this.#latest, change);
    this.#changesDigest.add(hashOf(this.#latest.number, change));
    if (this.#latest.number - this.oldest >= LIMITS.configuration.configurations) this.#dropOldest();
  }

  /** Returns a kept configuration by its number. */
  at(number: number): Configuration {
    assert(number >= this.oldest && number <= this.#latest.number, 'only a kept configuration is read');
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
    // The founding is a change of configuration 0, so dropping the founding removes two changes.
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
