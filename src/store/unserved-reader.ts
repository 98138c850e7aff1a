import type { ShardRange } from '../wire/configuration/configuration.ts';
import { malformed } from '../wire/decoding.ts';
import type { KeptItem, SlotItem, StateFrozen, StateIncoming } from '../wire/records/state-chunk.ts';
import { ContentsReader } from './contents-reader.ts';
import { FrozenShard } from './frozen-shard.ts';
import { IncomingShard } from './incoming-shard.ts';
import type { SessionTable } from './session-table.ts';
import { overlap, type ShardMap } from './shard-map.ts';

type OpenShard =
  | { readonly kind: 'frozen'; readonly item: StateFrozen; readonly reader: ContentsReader }
  | { readonly kind: 'incoming'; readonly shard: IncomingShard };

/** The parts of a state that precede its frozen and incoming shards. */
interface ServedSide {
  readonly generation: number;
  readonly served: ShardMap;
  readonly departed: ShardMap<ShardRange>;
  readonly sessions: SessionTable;
}

/** Reads the frozen and incoming shards of a state. The frozen shards precede the incoming ones. */
export class UnservedReader {
  readonly #side: ServedSide;
  readonly frozen: FrozenShard[] = [];
  readonly incoming: IncomingShard[] = [];
  #open: OpenShard | undefined;

  constructor(side: ServedSide) {
    this.#side = side;
  }

  take(item: StateFrozen | StateIncoming | KeptItem | SlotItem): void {
    if (item.kind === 'frozen') this.#openFrozen(item);
    else if (item.kind === 'incoming') this.#openIncoming(item);
    else if (this.#open?.kind === 'frozen') this.#open.reader.take(item);
    else if (this.#open?.kind === 'incoming') this.#open.shard.take(item);
    else throw malformed('a session of a shard before any shard');
  }

  /**
   * Completes the open shard.
   * @throws {ShardbearerError} `FRAME_MALFORMED`
   */
  close(): void {
    if (this.#open?.kind === 'frozen') {
      const { item, reader } = this.#open;
      this.frozen.push(new FrozenShard(item.shard, item.to, reader.finish(), item.logTimeMs));
    } else if (this.#open?.kind === 'incoming') this.incoming.push(this.#open.shard);
    this.#open = undefined;
  }

  #openFrozen(item: StateFrozen): void {
    this.close();
    if (this.incoming.length > 0) throw malformed('a frozen shard after incoming ones');
    this.#checkPlace(item.shard, this.frozen.at(-1)?.shard);
    if (this.#side.departed.overlapping(item.shard).length > 0) throw malformed('a departed slot that is also held');
    const before = this.frozen.at(-1)?.contents.sessions ?? this.#side.sessions.kept();
    this.#open = { kind: 'frozen', item, reader: new ContentsReader(item.shard, this.#side.generation, before) };
  }

  #openIncoming(item: StateIncoming): void {
    const { shard } = item;
    this.close();
    this.#checkPlace(shard, this.incoming.at(-1)?.shard);
    const departed = this.#side.departed.overlapping(shard);
    if (departed.some(({ epoch }) => epoch >= shard.epoch))
      throw malformed('an incoming shard at an epoch that has departed');
    this.#open = { kind: 'incoming', shard: IncomingShard.restore(item, this.#side.generation) };
  }

  #checkPlace(shard: ShardRange, before: ShardRange | undefined): void {
    if (before !== undefined && shard.first <= before.last) throw malformed('shards out of order');
    const isTaken =
      this.#side.served.overlapping(shard).length > 0 || this.frozen.some((one) => overlap(one.shard, shard));
    if (isTaken) throw malformed('a slot in two shards');
  }
}
