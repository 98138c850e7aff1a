import type { ShardEntry } from '../wire/entries/command.ts';
import type { ShardRange } from '../wire/configuration/configuration.ts';
import { isShardbearerError, ShardbearerError } from '../wire/errors.ts';
import { asLogIndex, type LogIndex, type OrderId } from '../wire/identifiers.ts';
import type { StateItem } from '../wire/records/state-chunk.ts';
import { addArrived, type Served } from './arrival.ts';
import type { ApplyResult, HeldShard, ShardKeeper } from './contract.ts';
import { FrozenShard } from './frozen-shard.ts';
import { EMPTY_HASH, feedNumbers, type Hash, SetDigest } from './hash.ts';
import { type ArrivedShard, IncomingShard, itemsOfPiece } from './incoming-shard.ts';
import type { KeptSessions } from './kept-sessions.ts';
import { RecentChanges, WINDOW_ROOM, type WindowRoom } from './recent-changes.ts';
import { refusal } from './refusal.ts';
import type { SessionTable } from './session-table.ts';
import { isSameShard, originsWithin, overlap, type ServedShard, ShardMap, servedSince } from './shard-map.ts';
import type { SlotState } from './slot-state.ts';
import { packed, type ShardContents } from './state-items.ts';

type Entry<Kind extends ShardEntry['kind']> = Extract<ShardEntry, { kind: Kind }>;

interface Moment {
  readonly index: LogIndex;
  readonly logTimeMs: number;
}

interface ShardTableContents {
  /** First half of new versionstamps. */
  readonly generation: number;
  readonly served: ShardMap;
  /** Index of the latest entry that froze a shard together with sessions. 0 if no such entry exists. */
  readonly latestFreeze: LogIndex;
  /**
   * Slots that have left, each with the epoch of its new owner. An arriving shard of the same or an earlier epoch is
   * rejected.
   */
  readonly departed: ShardMap<ShardRange>;
  readonly frozen: readonly FrozenShard[];
  readonly incoming: readonly IncomingShard[];
}

/** The shards of a state and their handovers (design, rule 10). Invariant: no slot is in two shards. */
export class ShardTable implements ShardKeeper {
  readonly #generation: number;
  /** The served shards. Only `apply` changes them. */
  served: ShardMap;
  /**
   * Index of the latest entry that froze a shard together with sessions. 0 if no such entry exists. Only `apply`
   * changes the field.
   */
  latestFreeze: LogIndex;
  #departed: ShardMap<ShardRange>;
  #frozen: readonly FrozenShard[];
  #incoming: readonly IncomingShard[];
  /** Cache of `held`. Undefined after a change. */
  #held: readonly HeldShard[] | undefined;

  constructor({ generation, served, latestFreeze, departed, frozen, incoming }: ShardTableContents) {
    this.#generation = generation;
    this.served = served;
    this.latestFreeze = latestFreeze;
    this.#departed = departed;
    this.#frozen = frozen;
    this.#incoming = incoming;
  }

  static create(generation: number, shards: readonly ShardRange[]): ShardTable {
    const [since, closedThrough] = [asLogIndex(0), asLogIndex(0)];
    const served = new ShardMap(shards.map((shard) => servedSince(shard, since, closedThrough)));
    const departed = new ShardMap<ShardRange>([]);
    return new ShardTable({ generation, served, latestFreeze: closedThrough, departed, frozen: [], incoming: [] });
  }

  /** Returns a copy. Both copies share the data until one of them changes it. */
  clone(): ShardTable {
    return new ShardTable({
      generation: this.#generation,
      served: this.served,
      latestFreeze: this.latestFreeze,
      departed: this.#departed,
      frozen: this.#frozen,
      incoming: this.#incoming.map((shard) => shard.clone()),
    });
  }

  held(): readonly HeldShard[] {
    this.#held ??= this.#listHeld();
    return this.#held;
  }

  serves(shard: ShardRange): boolean {
    return this.served.covering(shard)?.every(({ epoch }) => epoch === shard.epoch) ?? false;
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
        return this.#freeze(entry, served, moment);
      case 'install':
        return this.#install(entry, served, moment);
      case 'discard':
        return this.#discard(entry);
      case 'consolidate':
        return this.#consolidate(entry);
    }
  }

  hash(): Hash {
    let hash = feedNumbers(EMPTY_HASH, this.served.shards.length, this.#departed.shards.length, this.latestFreeze);
    for (const shard of this.served.shards) {
      hash = feedNumbers(hash, shard.first, shard.last, shard.epoch);
      for (const { first, since, closedThrough } of originsWithin(shard, [shard])) {
        hash = feedNumbers(hash, first, since, closedThrough);
      }
    }
    for (const { first, last, epoch } of this.#departed.shards) hash = feedNumbers(hash, first, last, epoch);
    const others = new SetDigest();
    for (const shard of this.#others()) others.add(shard.hash());
    return feedNumbers(hash, others.hash.low, others.hash.high);
  }

  /** The slots of the frozen and incoming shards. */
  unservedSlots(): readonly SlotState[] {
    return this.#others().flatMap(({ contents }) => contents.slots);
  }

  /** Yields the items of the served shards and of the slots that have left. */
  *itemsOfServed(): Generator<StateItem> {
    for (const shard of this.served.shards) {
      const { first, last, epoch } = shard;
      yield { kind: 'shard', shard: { first, last, epoch } };
      for (const origin of originsWithin(shard, [shard])) yield { kind: 'origin', ...origin };
    }
    for (const shard of this.#departed.shards) yield { kind: 'departed', shard };
  }

  /**
   * Yields the items of the frozen and incoming shards.
   * @param sessions current sessions; the items of the first frozen shard describe only its differences to them
   */
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
    const active = this.served.shards.map(({ first, last, epoch }): HeldShard => {
      return { first, last, epoch, shardState: { kind: 'active' } };
    });
    const others = this.#others().map(({ held }) => held);
    return [...active, ...others].toSorted((left, right) => left.first - right.first);
  }

  #others(): readonly (FrozenShard | IncomingShard)[] {
    return [...this.#frozen, ...this.#incoming];
  }

  /** Moves the slots out of the served state, so that later writes cannot change the frozen shard. */
  #freeze({ shard, to }: Entry<'freeze'>, served: Served, { index, logTimeMs }: Moment): ApplyResult {
    const parts = this.#partsBelow(shard);
    if (parts === undefined) return UNCHANGED;
    const contents = takenOut(shard, parts, served, this.#roomForFrozen());
    this.served = this.served.without(shard);
    this.#frozen = [...this.#frozen, new FrozenShard(shard, to, contents, logTimeMs)];
    this.latestFreeze = index;
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
        'A piece of a shard is malformed. The shard is requested again from its first piece.',
      );
    }
    // The slots come back at a later epoch, so their new owners must have received these frozen shards.
    this.#remove(this.#frozen.filter((one) => overlap(one.shard, shard)));
    const beside = others.filter((one) => !overlap(one.shard, shard));
    this.#incoming = arrived === undefined ? [...beside, incoming] : beside;
    if (arrived === undefined) return CHANGED;
    this.#departed = this.#departed.without(shard);
    this.served = this.served.with(servedSince(shard, moment.index, this.latestFreeze));
    // Clips the origins to each shard. A shard may list origins of slots that have left, but after a restoration it
    // lists none of these. All replicas must use the same origins.
    const origins = this.served.shards.flatMap((one) => originsWithin(one, [one]));
    const arrivals = new Set(origins.map(({ since }) => since));
    addArrived(arrived, served, moment.logTimeMs, arrivals);
    return CHANGED;
  }

  /**
   * Returns the incoming shard, or begins a new one. Undefined if this order serves one of the slots, or holds or held
   * one at the same or a later epoch.
   */
  #awaiting(shard: ShardRange, from: OrderId): IncomingShard | undefined {
    const known = this.#incoming.find((one) => isSameShard(one.shard, shard) && one.from === from);
    if (known !== undefined) return known;
    const isTaken =
      this.served.overlapping(shard).length > 0 ||
      this.#departed.overlapping(shard).some(({ epoch }) => epoch >= shard.epoch) ||
      this.#others().some((one) => overlap(one.shard, shard) && one.shard.epoch >= shard.epoch);
    return isTaken ? undefined : new IncomingShard(shard, from, this.#generation);
  }

  /** The room for recent changes that the frozen shards leave. */
  #roomForFrozen(): WindowRoom {
    const { changes, bytes } = RecentChanges.of(this.#frozen.flatMap(({ contents }) => contents.slots)).size;
    return { changes: WINDOW_ROOM.changes - changes, bytes: WINDOW_ROOM.bytes - bytes };
  }

  #discard({ shard }: Entry<'discard'>): ApplyResult {
    const discarded = this.#frozen.filter((one) => isSameShard(one.shard, shard));
    this.#remove(discarded);
    return discarded.length > 0 ? CHANGED : UNCHANGED;
  }

  /** Removes frozen shards that their new owner has received. */
  #remove(frozen: readonly FrozenShard[]): void {
    this.#frozen = this.#frozen.filter((one) => !frozen.includes(one));
    for (const { shard } of frozen) this.#departed = this.#departed.without(shard).with(shard);
  }

  /**
   * Joins served shards into one. Slots keep their origins, which decide about the sessions that may write to the
   * slots.
   */
  #consolidate({ shard }: Entry<'consolidate'>): ApplyResult {
    const parts = this.#partsBelow(shard);
    if (parts === undefined) return UNCHANGED;
    this.served = this.served.without(shard).with({ ...shard, origins: originsWithin(shard, parts) });
    return CHANGED;
  }

  /**
   * The served shards that cover the shard. Undefined if they leave out a slot, or if one of them has the same or a
   * later epoch.
   */
  #partsBelow(shard: ShardRange): readonly ServedShard[] | undefined {
    const parts = this.served.covering(shard);
    return parts?.every(({ epoch }) => epoch < shard.epoch) === true ? parts : undefined;
  }
}

/**
 * Takes out the slots of a shard, and copies the sessions that may write to all of them. Drops the outcomes of all
 * other sessions.
 * @param room room for the recent changes of the shard
 */
function takenOut(
  shard: ShardRange,
  parts: readonly ServedShard[],
  { slots, sessions }: Served,
  room: WindowRoom,
): ShardContents {
  const known = sessions.keptFor(originsWithin(shard, parts));
  for (const [slot, client, sequence] of slots.outcomesWithin(shard)) {
    sessions.release(client, sequence);
    if (known.get(client) === undefined) slots.changeable(slot).forget(client, sequence);
  }
  return { sessions: known, slots: slots.take(shard, room) };
}

/**
 * Adds one piece to an incoming shard.
 * @throws {ShardbearerError} `STORAGE_TOO_NEW` if a newer build wrote the piece; ignoring it would make replicas
 * diverge
 */
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
    const message = 'A newer version wrote a piece of a shard into the log. Reload the page.';
    throw new ShardbearerError('STORAGE_TOO_NEW', message, { cause: error });
  }
}

const CHANGED: ApplyResult = { kind: 'changed' };
const UNCHANGED: ApplyResult = { kind: 'unchanged' };
