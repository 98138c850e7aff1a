import type { ShardRange } from '../wire/configuration/configuration.ts';
import { malformed } from '../wire/decoding.ts';
import type { OrderId } from '../wire/identifiers.ts';
import type {
  KeptItem,
  ShardEnd,
  ShardStart,
  SlotItem,
  StateIncoming,
  StateItem,
} from '../wire/records/state-chunk.ts';
import { decodeStateChunk } from '../wire/records/state-chunk-codec.ts';
import { ContentsReader, type Unfinished } from './contents-reader.ts';
import type { HeldShard } from './contract.ts';
import { EMPTY_HASH, feedNumbers, feedText, type Hash, hashText } from './hash.ts';
import { KeptSessions } from './kept-sessions.ts';
import { hashOfContents, itemsOfContents, type ShardContents } from './state-items.ts';
import { isSameShard } from './shard-map.ts';

export interface ArrivedShard extends ShardContents {
  readonly shard: ShardRange;
  readonly unfinished: Unfinished;
  /** Log time of the freeze at the order that sent the shard. */
  readonly logTimeMs: number;
}

/** A shard that arrives piece by piece. Unusable after an error. */
export class IncomingShard {
  readonly shard: ShardRange;
  readonly from: OrderId;
  readonly #generation: number;
  #chunks = 0;
  /** Log time of the freeze at the sending order. 0 until the first piece has arrived. */
  #logTimeMs = 0;
  #reader: ContentsReader;

  /** @param generation the generation of the receiving state */
  constructor(shard: ShardRange, from: OrderId, generation: number) {
    this.shard = shard;
    this.from = from;
    this.#generation = generation;
    this.#reader = new ContentsReader(shard, generation);
  }

  /** Begins to restore a shard of which some pieces have arrived. The caller passes the items to `take`. */
  static restore({ shard, from, chunks, logTimeMs }: StateIncoming, generation: number): IncomingShard {
    if (chunks === 0) throw malformed('an incoming shard without pieces');
    const incoming = new IncomingShard(shard, from, generation);
    incoming.#chunks = chunks;
    incoming.#logTimeMs = logTimeMs;
    return incoming;
  }

  /** Returns a copy. Both copies share the data until one of them changes it. */
  clone(): IncomingShard {
    const copy = new IncomingShard(this.shard, this.from, this.#generation);
    copy.#chunks = this.#chunks;
    copy.#logTimeMs = this.#logTimeMs;
    copy.#reader = this.#reader.clone();
    return copy;
  }

  /** Number of received pieces, which is also the number of the next piece. */
  get chunks(): number {
    return this.#chunks;
  }

  get held(): HeldShard {
    return { ...this.shard, shardState: { kind: 'incoming', from: this.from, chunks: this.#chunks } };
  }

  get contents(): ShardContents {
    return this.#reader.contents;
  }

  /**
   * Takes the next piece. Keeps no reference to the bytes of `piece`.
   * @returns the shard after its last piece; undefined while pieces are missing
   * @throws {ShardbearerError} `FRAME_MALFORMED` for a piece out of order, or if the digest does not match
   */
  add(piece: Uint8Array, isLast: boolean): ArrivedShard | undefined {
    let hasEnded = false;
    let isBegun = this.#chunks > 0;
    for (const item of itemsOfPiece(piece)) {
      if (hasEnded) throw malformed('items after the end of a shard');
      if (isBegun === (item.kind === 'start')) throw malformed('a shard with a second start or without one');
      isBegun = true;
      if (item.kind === 'start') this.#takeStart(item);
      else if (item.kind !== 'end') this.take(item);
      else {
        this.#checkEnd(item);
        hasEnded = true;
      }
    }
    if (!isBegun) throw malformed('a shard without a start');
    if (hasEnded !== isLast) throw malformed('a shard whose end is not in its last piece');
    this.#chunks++;
    if (!isLast) return undefined;
    const { unfinished } = this.#reader;
    return { shard: this.shard, ...this.#reader.finish(), unfinished, logTimeMs: this.#logTimeMs };
  }

  take(item: KeptItem | SlotItem): void {
    this.#reader.take(item);
  }

  hash(): Hash {
    const { first, last, epoch } = this.shard;
    const { low, high } = hashOfContents(this.contents);
    const hash = feedNumbers(feedText(EMPTY_HASH, `incoming ${this.from}`), first, last, epoch, this.#chunks);
    return feedNumbers(hash, this.#logTimeMs, low, high);
  }

  *items(): Generator<StateItem> {
    const { shard, from, chunks } = this;
    yield { kind: 'incoming', shard, from, chunks, logTimeMs: this.#logTimeMs };
    yield* itemsOfContents(this.contents, KeptSessions.none());
  }

  #takeStart({ generation, shard, logTimeMs }: ShardStart): void {
    if (!isSameShard(shard, this.shard)) throw malformed('a piece of another shard');
    if (generation > this.#generation) throw malformed('a shard of a later generation');
    this.#logTimeMs = logTimeMs;
  }

  #checkEnd({ digest }: ShardEnd): void {
    if (digest !== hashText(hashOfContents(this.contents))) throw malformed('a shard whose digest does not match');
  }
}

type PieceItem = KeptItem | SlotItem | ShardStart | ShardEnd;

/**
 * Decodes a piece of a shard and performs all checks that do not depend on earlier pieces.
 * @throws {ShardbearerError} `VERSION_UNSUPPORTED` if a newer build wrote the piece; `FRAME_MALFORMED`,
 * `FRAME_TOO_LARGE`
 */
export function itemsOfPiece(piece: Uint8Array): readonly PieceItem[] {
  return decodeStateChunk(piece).map((item) => {
    switch (item.kind) {
      case 'head':
      case 'shard':
      case 'origin':
      case 'departed':
      case 'range-lock':
      case 'session':
      case 'admission':
      case 'frozen':
      case 'incoming':
        throw malformed('a piece of a shard with an item of a state');
      default:
        return item;
    }
  });
}
