import type { ShardRange } from '../wire/configuration/configuration.ts';
import type { OrderId } from '../wire/identifiers.ts';
import type { StateItem } from '../wire/records/state-chunk.ts';
import type { HeldShard } from './contract.ts';
import { EMPTY_HASH, feedNumbers, feedText, type Hash, hashText } from './hash.ts';
import { KeptSessions } from './kept-sessions.ts';
import { hashOfContents, itemsOfContents, type ShardContents } from './state-items.ts';

/** A shard with its slots and sessions that waits until its new owner has received it. Immutable. */
export class FrozenShard {
  /** The range of the shard. The epoch is that of the new owner. */
  readonly shard: ShardRange;
  readonly to: OrderId;
  readonly contents: ShardContents;
  /** Log time of the freeze. The times of the keys stand still from then on. */
  readonly logTimeMs: number;
  #contentsHash: Hash | undefined;

  constructor(shard: ShardRange, to: OrderId, contents: ShardContents, logTimeMs: number) {
    this.shard = shard;
    this.to = to;
    this.contents = contents;
    this.logTimeMs = logTimeMs;
  }

  get held(): HeldShard {
    return { ...this.shard, shardState: { kind: 'frozen', to: this.to } };
  }

  hash(): Hash {
    const { first, last, epoch } = this.shard;
    const { low, high } = this.#hashOfContents();
    return feedNumbers(feedText(EMPTY_HASH, `frozen ${this.to}`), first, last, epoch, this.logTimeMs, low, high);
  }

  /**
   * Yields the items for a snapshot of the state.
   * @param before sessions that the reader already knows; only differences to them are yielded
   */
  *items(before: KeptSessions): Generator<StateItem> {
    const { shard, to, logTimeMs } = this;
    yield { kind: 'frozen', shard, to, logTimeMs };
    yield* itemsOfContents(this.contents, before);
  }

  *itemsToSend(generation: number): Generator<StateItem> {
    yield { kind: 'start', generation, shard: this.shard, logTimeMs: this.logTimeMs };
    yield* itemsOfContents(this.contents, KeptSessions.none());
    yield { kind: 'end', digest: hashText(this.#hashOfContents()) };
  }

  #hashOfContents(): Hash {
    this.#contentsHash ??= hashOfContents(this.contents);
    return this.#contentsHash;
  }
}
