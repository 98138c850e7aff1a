import type { ClientId, SequenceNumber } from '../wire/identifiers.ts';
import type { KeptItem } from '../wire/records/state-chunk.ts';
import { EMPTY_HASH, feedNumbers, feedText, type Hash, SetDigest } from './hash.ts';
import { createOrderedMap, type OrderedMap } from './ordered-map.ts';

/**
 * The watermarks of the sessions that travel with a shard, as of its freeze, by client. Sessions are sorted by client
 * id. The position of a session in this sorted list is its session number.
 */
export class KeptSessions {
  readonly #finishedThrough: OrderedMap<SequenceNumber, ClientId>;
  /** Cache of the hash. Undefined after a change. */
  #hash: Hash | undefined;

  private constructor(finishedThrough: OrderedMap<SequenceNumber, ClientId>) {
    this.#finishedThrough = finishedThrough;
  }

  static none(): KeptSessions {
    return new KeptSessions(createOrderedMap());
  }

  /** Returns a copy. The copies share all data until one of them changes. */
  clone(): KeptSessions {
    const copy = new KeptSessions(this.#finishedThrough.clone());
    copy.#hash = this.#hash;
    return copy;
  }

  get size(): number {
    return this.#finishedThrough.size;
  }

  get(client: ClientId): SequenceNumber | undefined {
    return this.#finishedThrough.get(client);
  }

  set(client: ClientId, finishedThrough: SequenceNumber): void {
    if (this.get(client) === finishedThrough) return;
    this.#hash = undefined;
    this.#finishedThrough.set(client, finishedThrough);
  }

  drop(client: ClientId): void {
    this.#hash = undefined;
    this.#finishedThrough.delete(client);
  }

  entries(): Iterable<readonly [ClientId, SequenceNumber]> {
    return this.#finishedThrough.entries();
  }

  /** Clients by session number. */
  clients(): readonly ClientId[] {
    return this.#finishedThrough.keysArray();
  }

  hash(): Hash {
    this.#hash ??= this.#computeHash();
    return this.#hash;
  }

  /** Returns the items that change `others` into these sessions, sorted by client. */
  itemsAfter(others: KeptSessions): readonly KeptItem[] {
    const items: KeptItem[] = [];
    for (const [client, finishedThrough] of this.entries()) {
      if (others.get(client) !== finishedThrough) items.push({ kind: 'kept', client, finishedThrough });
    }
    for (const client of others.clients()) if (this.get(client) === undefined) items.push({ kind: 'dropped', client });
    return items.toSorted((left, right) => (left.client < right.client ? -1 : 1));
  }

  #computeHash(): Hash {
    const digest = new SetDigest();
    for (const [client, finishedThrough] of this.entries()) {
      digest.add(feedNumbers(feedText(EMPTY_HASH, client), finishedThrough));
    }
    return digest.hash;
  }
}
