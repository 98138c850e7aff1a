import type { ShardEntry } from '../wire/entries/command.ts';
import type { ShardRange } from '../wire/configuration/configuration.ts';
import { isShardbearerError, ShardbearerError } from '../wire/errors.ts';
import { asLogIndex, type LogIndex, type OrderId, type Slot } from '../wire/identifiers.ts';
import type { StateItem } from '../wire/records/state-chunk.ts';
import { addArrived, type Served } from './arrival.ts';
import { packed } from './chunking.ts';
import type { ApplyResult, HeldShard, ShardKeeper } from './contract.ts';
import { FrozenShard } from './frozen-shard.ts';
import { EMPTY_HASH, feedNumbers, type Hash } from './hash.ts';
import { type ArrivedShard, IncomingShard, itemsOfPiece } from './incoming-shard.ts';
import type { KeptSessions } from './kept-sessions.ts';
import { refusal } from './refusal.ts';
import type { SessionTable } from './session-table.ts';
import { SetDigest } from './set-digest.ts';
import { isSameShard, overlap, type ServedShard, ShardMap } from './shard-map.ts';
import type { SlotState } from './slot-state.ts';

type Entry<Kind extends ShardEntry['kind']> = Extract<ShardEntry, { kind: Kind }>;

/** When an entry is applied. */
export interface Moment {
  readonly index: LogIndex;
  readonly logTimeMs: number;
}

/** What a table consists of. */
export interface ShardTableContents {
  /** First half of the versionstamps that are given. */
  readonly generation: number;
  readonly served: ShardMap;
  /** Slots that were here, and the epoch of whoever took them: nothing of an earlier one comes back. */
  readonly departed: ShardMap<ShardRange>;
  readonly frozen: readonly FrozenShard[];
  readonly incoming: readonly IncomingShard[];
}

/** Which shards a state holds, and how they come and go (design, rule 10). No slot lies in two of them. */
export class ShardTable implements ShardKeeper {
  readonly #generation: number;
  #served: ShardMap;
  #departed: ShardMap<ShardRange>;
  #frozen: readonly FrozenShard[];
  #incoming: readonly IncomingShard[];
  /** Undefined: something has changed since it was asked for. */
  #held: readonly HeldShard[] | undefined;

  constructor({ generation, served, departed, frozen, incoming }: ShardTableContents) {
    this.#generation = generation;
    this.#served = served;
    this.#departed = departed;
    this.#frozen = frozen;
    this.#incoming = incoming;
  }

  /** From birth on. */
  static create(generation: number, shards: readonly ShardRange[]): ShardTable {
    const served = new ShardMap(shards.map((shard) => ({ ...shard, since: asLogIndex(0) })));
    return new ShardTable({ generation, served, departed: new ShardMap<ShardRange>([]), frozen: [], incoming: [] });
  }

  /** Shares what neither changes. */
  clone(): ShardTable {
    return new ShardTable({
      generation: this.#generation,
      served: this.#served,
      departed: this.#departed,
      frozen: this.#frozen,
      incoming: this.#incoming.map((shard) => shard.clone()),
    });
  }

  /** The shard that a slot is served in; undefined: it is not served. */
  servedAt(slot: Slot): ServedShard | undefined {
    return this.#served.find(slot);
  }

  held(): readonly HeldShard[] {
    this.#held ??= this.#listHeld();
    return this.#held;
  }

  serves(shard: ShardRange): boolean {
    return this.#served.covering(shard)?.every(({ epoch }) => epoch === shard.epoch) ?? false;
  }

  pieces(shard: ShardRange): Iterable<Uint8Array> | undefined {
    const frozen = this.#frozen.find((one) => isSameShard(one.shard, shard));
    return frozen && packed(frozen.itemsToSend(this.#generation));
  }

  check(piece: Uint8Array): void {
    itemsOfPiece(piece);
  }

  apply(entry: ShardEntry, served: Served, moment: Moment): ApplyResult {
    this.#held = undefined;
    switch (entry.kind) {
      case 'freeze':
        return this.#freeze(entry, served);
      case 'install':
        return this.#install(entry, served, moment);
      case 'discard':
        return this.#discard(entry);
      case 'regroup':
        return this.#regroup(entry, moment);
    }
  }

  hash(): Hash {
    let hash = feedNumbers(EMPTY_HASH, this.#served.shards.length, this.#departed.shards.length);
    for (const { first, last, epoch, since } of this.#served.shards)
      hash = feedNumbers(hash, first, last, epoch, since);
    for (const { first, last, epoch } of this.#departed.shards) hash = feedNumbers(hash, first, last, epoch);
    const others = new SetDigest();
    for (const shard of this.#others()) others.add(shard.hash());
    return feedNumbers(hash, others.hash.low, others.hash.high);
  }

  /** The slots of shards that are not served. */
  slotsBeside(): readonly SlotState[] {
    return this.#others().flatMap(({ contents }) => contents.slots);
  }

  /** What is served, and what was here. */
  *itemsOfServed(): Generator<StateItem> {
    for (const { since, ...shard } of this.#served.shards) yield { kind: 'shard', shard, since };
    for (const shard of this.#departed.shards) yield { kind: 'departed', shard };
  }

  /** What is held beside, with all that it holds. @param sessions those of the state */
  *itemsOfOthers(sessions: SessionTable): Generator<StateItem> {
    let before: KeptSessions | undefined;
    for (const shard of this.#frozen.toSorted((left, right) => left.shard.first - right.shard.first)) {
      yield* shard.items(before ?? sessions.kept());
      before = shard.contents.sessions;
    }
    const incoming = this.#incoming.toSorted((left, right) => left.shard.first - right.shard.first);
    for (const shard of incoming) yield* shard.items();
  }

  #listHeld(): readonly HeldShard[] {
    const active = this.#served.shards.map(({ first, last, epoch }): HeldShard => {
      return { first, last, epoch, standing: { kind: 'active' } };
    });
    const others = this.#others().map(({ held }) => held);
    return [...active, ...others].toSorted((left, right) => left.first - right.first);
  }

  #others(): readonly (FrozenShard | IncomingShard)[] {
    return [...this.#frozen, ...this.#incoming];
  }

  /** What goes along is taken out of what is served: from here on neither changes the other. */
  #freeze({ shard, to }: Entry<'freeze'>, { slots, sessions }: Served): ApplyResult {
    if (!this.#isServedBelow(shard)) return UNCHANGED;
    const contents = { sessions: sessions.kept(), slots: slots.take(shard) };
    for (const state of contents.slots) {
      for (const [client, sequence] of state.outcomes()) sessions.release(client, sequence);
    }
    this.#served = this.#served.without(shard);
    this.#frozen = [...this.#frozen, new FrozenShard(shard, to, contents)];
    return CHANGED;
  }

  #install({ shard, from, chunk, isLast, bytes }: Entry<'install'>, served: Served, moment: Moment): ApplyResult {
    const incoming = this.#awaiting(shard, from);
    if (incoming?.chunks !== chunk) return UNCHANGED;
    const others = this.#incoming.filter((one) => one !== incoming);
    const arrived = arrivedWith(incoming, bytes, isLast);
    if (arrived === 'malformed') {
      this.#incoming = others;
      return refusal(
        'INVALID_ARGUMENT',
        'a piece of a shard cannot be read: it is asked for anew, from its first one on',
      );
    }
    // Whoever froze what came had taken all that this order had of it from earlier epochs.
    this.#letGo(this.#frozen.filter((one) => overlap(one.shard, shard)));
    const beside = others.filter((one) => !overlap(one.shard, shard));
    this.#incoming = arrived === undefined ? [...beside, incoming] : beside;
    if (arrived === undefined) return CHANGED;
    this.#departed = this.#departed.without(shard);
    this.#served = this.#served.with({ ...shard, since: moment.index });
    addArrived(arrived, served, moment.logTimeMs, moment.index);
    return CHANGED;
  }

  /** A shard on its way, or one that may come; undefined: this order serves, or holds or had what is not older. */
  #awaiting(shard: ShardRange, from: OrderId): IncomingShard | undefined {
    const known = this.#incoming.find((one) => isSameShard(one.shard, shard) && one.from === from);
    if (known !== undefined) return known;
    const isTaken =
      this.#served.overlapping(shard).length > 0 ||
      this.#departed.overlapping(shard).some(({ epoch }) => epoch >= shard.epoch) ||
      this.#others().some((one) => overlap(one.shard, shard) && one.shard.epoch >= shard.epoch);
    return isTaken ? undefined : new IncomingShard(shard, from, this.#generation);
  }

  #discard({ shard }: Entry<'discard'>): ApplyResult {
    const discarded = this.#frozen.filter((one) => isSameShard(one.shard, shard));
    this.#letGo(discarded);
    return discarded.length > 0 ? CHANGED : UNCHANGED;
  }

  /** Lets frozen shards go: their new owner has them. */
  #letGo(frozen: readonly FrozenShard[]): void {
    this.#frozen = this.#frozen.filter((one) => !frozen.includes(one));
    for (const { shard } of frozen) this.#departed = this.#departed.without(shard).with(shard);
  }

  #regroup({ shard }: Entry<'regroup'>, { index }: Moment): ApplyResult {
    if (!this.#isServedBelow(shard)) return UNCHANGED;
    // At this epoch it is new: no command was refused in it yet, so all sessions of now may write into it.
    this.#served = this.#served.without(shard).with({ ...shard, since: index });
    return CHANGED;
  }

  /** Whether all slots are served, at epochs below that of the shard. */
  #isServedBelow(shard: ShardRange): boolean {
    return this.#served.covering(shard)?.every(({ epoch }) => epoch < shard.epoch) ?? false;
  }
}

/** @throws {ShardbearerError} `STORAGE_TOO_NEW` where a newer build wrote it: to drop it would part the replicas */
function arrivedWith(
  incoming: IncomingShard,
  bytes: Uint8Array,
  isLast: boolean,
): ArrivedShard | 'malformed' | undefined {
  try {
    return incoming.add(bytes, isLast);
  } catch (error) {
    if (!isShardbearerError(error)) throw error;
    if (error.code === 'FRAME_MALFORMED' || error.code === 'FRAME_TOO_LARGE') return 'malformed';
    if (error.code !== 'VERSION_UNSUPPORTED') throw error;
    const message = 'the log holds a piece of a shard that a newer version wrote; reload the page';
    throw new ShardbearerError('STORAGE_TOO_NEW', message, { cause: error });
  }
}

const CHANGED: ApplyResult = { kind: 'changed' };
const UNCHANGED: ApplyResult = { kind: 'unchanged' };
