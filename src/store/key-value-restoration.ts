import { assert } from '../wire/assertion.ts';
import type { ShardRange } from '../wire/configuration/configuration.ts';
import { malformed } from '../wire/decoding.ts';
import type { ClientId, LogIndex, SequenceNumber, Slot } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
import type {
  SlotItem,
  StateAdmission,
  StateDeparted,
  StateHead,
  StateItem,
  StateOrigin,
  StateRangeLock,
  StateSession,
  StateShard,
} from '../wire/records/state-chunk.ts';
import { decodeStateChunk } from '../wire/records/state-chunk-codec.ts';
import type { Restoration } from './contract.ts';
import { KeyValueStore } from './key-value-store.ts';
import { Machines } from './machines.ts';
import { type Session, SessionTable } from './session-table.ts';
import { originAt, overlap, type ServedShard, ShardMap } from './shard-map.ts';
import { RangeLocks } from './range-locks.ts';
import { ShardTable } from './shard-table.ts';
import { checkWindowSize, SlotReader } from './slot-reader.ts';
import { SlotTable } from './slot-table.ts';
import { UnservedReader } from './unserved-reader.ts';

/**
 * Restores a store and checks every invariant that the store relies on. Items have one valid order, which excludes
 * duplicates. The head comes first, then the served shards, the slots that have left, the sessions, and the served
 * slots. The frozen and incoming shards follow, each with its contents.
 */
export class KeyValueRestoration implements Restoration {
  #head: StateHead | undefined;
  readonly #shards: ServedShard[] = [];
  readonly #departed: ShardRange[] = [];
  readonly #sessions: Session[] = [];
  /** The session whose admissions may follow. Undefined if no session is open. */
  #session: { readonly item: StateSession; readonly admissions: LogIndex[] } | undefined;
  readonly #sessionTable = new SessionTable();
  readonly #rangeLocks = new RangeLocks();
  readonly #slots = new SlotReader();
  /** The served shards. Undefined while more of them may follow. */
  #served: ShardMap | undefined;
  /** The reader of the frozen and incoming shards. Undefined before the first of them. */
  #unserved: UnservedReader | undefined;
  #isFinished = false;
  readonly #machines: Machines;

  /** @param machines the machines of the application; default: none */
  constructor(machines = new Machines()) {
    this.#machines = machines;
  }

  add(chunk: Uint8Array): void {
    assert(!this.#isFinished, 'a finished state accepts no pieces');
    for (const item of decodeStateChunk(chunk)) this.#take(item);
  }

  finish(): KeyValueStore {
    assert(!this.#isFinished, 'a state is completed once');
    this.#isFinished = true;
    this.#closeSession();
    const { generation, appliedIndex, logTimeMs, latestFreeze } = this.#headFirst();
    this.#unserved?.close();
    const slots = new SlotTable();
    for (const state of this.#slots.slots) slots.put(state);
    this.#checkWindows(slots);
    const { frozen, incoming } = this.#unserved ?? { frozen: [], incoming: [] };
    const served = this.#servedShards();
    const departed = new ShardMap(this.#departed);
    return new KeyValueStore({
      generation,
      machines: this.#machines,
      shards: new ShardTable({ generation, served, latestFreeze, departed, frozen, incoming }),
      slots,
      sessions: this.#sessionTable,
      rangeLocks: this.#rangeLocks,
      appliedIndex,
      logTimeMs,
    });
  }

  #take(item: StateItem): void {
    if (item.kind === 'admission') return this.#takeAdmission(item);
    this.#closeSession();
    switch (item.kind) {
      case 'head':
        return this.#takeHead(item);
      case 'shard':
        return this.#takeShard(item);
      case 'origin':
        return this.#takeOrigin(item);
      case 'departed':
        return this.#takeDeparted(item);
      case 'range-lock':
        return this.#takeRangeLock(item);
      case 'session':
        return this.#takeSession(item);
      case 'slot':
      case 'trimmed':
      case 'value':
      case 'change':
      case 'lock':
      case 'locked-write':
      case 'commit':
      case 'written':
      case 'conflict':
      case 'transacted':
      case 'refused':
        return this.#unserved === undefined ? this.#takeServed(item) : this.#unserved.take(item);
      case 'frozen':
      case 'incoming':
      case 'kept':
      case 'dropped':
        return this.#unservedShards().take(item);
      case 'start':
      case 'end':
        throw malformed('a state with an item of a piece of a shard');
    }
  }

  #takeHead(head: StateHead): void {
    if (this.#head !== undefined) throw malformed('a state with two heads');
    if (head.latestFreeze > head.appliedIndex) throw malformed('a freeze after the applied index');
    this.#head = head;
  }

  #headFirst(): StateHead {
    if (this.#head === undefined) throw malformed('a state without its head');
    return this.#head;
  }

  #servedShards(): ShardMap {
    this.#served ??= new ShardMap(this.#wholeShards());
    return this.#served;
  }

  #wholeShards(): readonly ServedShard[] {
    for (const { last, origins } of this.#shards) {
      if (origins.at(-1)?.last !== last) throw malformed('a shard whose origins do not cover all its slots');
    }
    return this.#shards;
  }

  #unservedShards(): UnservedReader {
    const { generation } = this.#headFirst();
    this.#unserved ??= new UnservedReader({
      generation,
      served: this.#servedShards(),
      departed: new ShardMap(this.#departed),
      sessions: this.#sessionTable,
    });
    return this.#unserved;
  }

  #takeShard({ shard }: StateShard): void {
    this.#headFirst();
    if (this.#sessions.length > 0 || this.#served !== undefined) throw malformed('a shard after sessions or slots');
    if (this.#departed.length > 0) throw malformed('a served shard after departed ones');
    const before = this.#shards.at(-1)?.last ?? -1;
    if (shard.first <= before) throw malformed('shards out of order');
    this.#shards.push({ ...shard, origins: [] });
  }

  #takeOrigin({ kind: _, ...origin }: StateOrigin): void {
    const { appliedIndex, latestFreeze } = this.#headFirst();
    const { first, last, since, closedThrough } = origin;
    const shard = this.#shards.pop();
    const isBehind = this.#sessions.length > 0 || this.#departed.length > 0 || this.#served !== undefined;
    if (shard === undefined || isBehind) throw malformed('an origin without its shard');
    const next = (shard.origins.at(-1)?.last ?? shard.first - 1) + 1;
    if (first !== next || last > shard.last) throw malformed('origins of a shard out of order');
    if (since > appliedIndex) throw malformed('an origin after the applied index');
    const isOutOfTurn = closedThrough > latestFreeze || (closedThrough > 0 && closedThrough >= since);
    if (isOutOfTurn) throw malformed('an origin that was closed after it arrived');
    this.#shards.push({ ...shard, origins: [...shard.origins, origin] });
  }

  #takeDeparted({ shard }: StateDeparted): void {
    this.#headFirst();
    if (this.#sessions.length > 0 || this.#served !== undefined) throw malformed('a shard after sessions or slots');
    const before = this.#departed.at(-1)?.last ?? -1;
    if (shard.first <= before) throw malformed('shards out of order');
    if (this.#shards.some((served) => overlap(served, shard))) throw malformed('a departed slot that is also served');
    this.#departed.push(shard);
  }

  #takeRangeLock({ lock, shards, from, to, index }: StateRangeLock): void {
    const { appliedIndex } = this.#headFirst();
    if (this.#sessions.length > 0 || this.#served !== undefined)
      throw malformed('a range lock after sessions or slots');
    const latest = this.#rangeLocks.ids().at(-1);
    if (latest !== undefined && lock <= latest) throw malformed('range locks out of order');
    if (this.#rangeLocks.size >= LIMITS.transactions.rangeLocks) throw malformed('a state with too many range locks');
    if (index === 0 || index > appliedIndex) throw malformed('a range lock after the applied index');
    this.#rangeLocks.add({ kind: 'lock-range', lock, shards, from, to }, index);
  }

  #takeSession(item: StateSession): void {
    const { client, lastUsedMs, openedAt } = item;
    const { logTimeMs, appliedIndex } = this.#headFirst();
    const before = this.#sessions.at(-1);
    if (this.#served !== undefined) throw malformed('a session after slots');
    if (this.#sessions.length === LIMITS.herald.sessions) throw malformed('a state with too many sessions');
    if (this.#sessionTable.has(client)) throw malformed('a state with two sessions of one client');
    if (lastUsedMs < (before?.lastUsedMs ?? 0) || lastUsedMs > logTimeMs)
      throw malformed('a session whose last use is out of order or in the future');
    if (openedAt > appliedIndex) throw malformed('a session that was opened after the applied index');
    this.#session = { item, admissions: [] };
  }

  #takeAdmission({ since }: StateAdmission): void {
    if (this.#session === undefined) throw malformed('an admission without its session');
    const { admissions } = this.#session;
    if (since <= (admissions.at(-1) ?? 0)) throw malformed('admissions out of order');
    if (since > this.#headFirst().appliedIndex) throw malformed('an admission after the applied index');
    admissions.push(since);
  }

  #closeSession(): void {
    if (this.#session === undefined) return;
    const { item, admissions } = this.#session;
    this.#session = undefined;
    this.#sessions.push(this.#sessionTable.restore(item, admissions));
  }

  #checkWindows({ recent }: SlotTable): void {
    checkWindowSize(recent);
    for (const { change } of recent.latestFirst()) {
      if (change.since > this.#headFirst().appliedIndex) throw malformed('a change after the applied index');
    }
  }

  #takeServed(item: SlotItem): void {
    const { generation } = this.#headFirst();
    const served = this.#servedShards();
    this.#slots.take(item, {
      generation,
      holds: (slot) => served.find(slot) !== undefined,
      claim: (session, sequence, slot) => this.#claim(session, sequence, slot),
    });
  }

  #claim(number: number, sequence: SequenceNumber, slot: Slot): ClientId {
    const session = this.#sessions[number];
    if (session === undefined) throw malformed('an outcome of an unknown session');
    if (sequence <= session.finishedThrough) throw malformed('an outcome that its client has finished');
    if (session.unfinished.has(sequence)) throw malformed('a command with two outcomes');
    const shard = this.#servedShards().find(slot);
    if (shard === undefined || !session.mayWrite(originAt(shard, slot)))
      throw malformed('an outcome of a session unknown to the shard');
    session.unfinished.set(sequence, slot);
    return session.client;
  }
}
