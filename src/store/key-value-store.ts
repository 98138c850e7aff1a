import { assert } from '../wire/assertion.ts';
import type { Command, LockRange, MachineEntry, Operation, Settle } from '../wire/entries/command.ts';
import type { ShardRange } from '../wire/configuration/configuration.ts';
import { asLogIndex, type ClientId, type LockId, type LogIndex, type Slot } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
import { TIMES } from '../wire/times.ts';
import type { List } from '../wire/frames/frame.ts';
import type { StateItem } from '../wire/records/state-chunk.ts';
import type {
  ApplyResult,
  LockedSlot,
  ReadQuestion,
  ReadResult,
  ShardKeeper,
  SlotLoad,
  StateMachine,
  StateMachineStatistics,
  StateRefusal,
} from './contract.ts';
import { EMPTY_HASH, feedNumbers, hashText } from './hash.ts';
import { RangeLocks } from './range-locks.ts';
import { refusal } from './refusal.ts';
import { SessionTable } from './session-table.ts';
import { type Origin, originAt } from './shard-map.ts';
import { ShardTable } from './shard-table.ts';
import { keyBytesOf, type KeyText, keyTextOf, slotOfKey } from './key.ts';
import { changesAfter } from './changes-after.ts';
import { isLocked, pageOf, valueAt } from './key-list.ts';
import { Machines, unknownHere } from './machines.ts';
import { CONFLICT, hasVersion, type Outcome } from './slot-state.ts';
import { SlotTable, sortedSlots } from './slot-table.ts';
import { itemsOfSlot, packed } from './state-items.ts';
import type { WriteMoment } from './stored-value.ts';
import { commit, type Decision, keysOfPart, LOCKED, prepare, settle } from './transactions.ts';

interface KeyValueOptions {
  readonly shards: readonly ShardRange[];
  /** First half of every versionstamp. */
  readonly generation: number;
  /** The machines of the application. Default: none. */
  readonly machines?: Machines | undefined;
}

interface KeyValueContents {
  readonly generation: number;
  readonly shards: ShardTable;
  /** Slots of the served shards. */
  readonly slots: SlotTable;
  readonly sessions: SessionTable;
  readonly rangeLocks: RangeLocks;
  readonly appliedIndex: LogIndex;
  readonly logTimeMs: number;
  readonly machines: Machines;
}

/**
 * Keys, values, and the sessions that make each command take effect once (design, rule 13). The store keeps the outcome
 * of a command until the client's watermark reaches the command. It refuses commands at or below the watermark.
 */
export class KeyValueStore implements StateMachine {
  readonly #generation: number;
  readonly #shards: ShardTable;
  readonly #slots: SlotTable;
  readonly #sessions: SessionTable;
  readonly #machines: Machines;
  readonly #rangeLocks: RangeLocks;
  #appliedIndex: LogIndex;
  #logTimeMs: number;

  constructor(contents: KeyValueContents) {
    this.#generation = contents.generation;
    this.#shards = contents.shards;
    this.#slots = contents.slots;
    this.#sessions = contents.sessions;
    this.#machines = contents.machines;
    this.#rangeLocks = contents.rangeLocks;
    this.#appliedIndex = contents.appliedIndex;
    this.#logTimeMs = contents.logTimeMs;
  }

  static create({ shards, generation, machines = new Machines() }: KeyValueOptions): KeyValueStore {
    return new KeyValueStore({
      generation,
      shards: ShardTable.create(generation, shards),
      slots: new SlotTable(),
      sessions: new SessionTable(),
      machines,
      rangeLocks: new RangeLocks(),
      appliedIndex: asLogIndex(0),
      logTimeMs: 0,
    });
  }

  get appliedIndex(): LogIndex {
    return this.#appliedIndex;
  }

  get shards(): ShardKeeper {
    return this.#shards;
  }

  get configuration(): undefined {
    return undefined;
  }

  refusalOf({ slot, shardEpoch, operation }: Command): StateRefusal | undefined {
    if (operation.kind !== 'machine' || this.#machines.has(operation.machine)) return undefined;
    const place = this.#placeOf(slot, shardEpoch, [operation.key]);
    return place.kind === 'refused' ? place : unknownHere(operation.machine);
  }

  get logTimeMs(): number {
    return this.#logTimeMs;
  }

  get nextExpiryMs(): number | undefined {
    return this.#slots.nextExpiryMs(this.#isHeld);
  }

  apply(entry: MachineEntry, index: LogIndex): ApplyResult {
    assert(index > this.#appliedIndex, 'entries are applied once, in log order');
    this.#appliedIndex = index;
    this.#logTimeMs = Math.max(this.#logTimeMs, entry.logTimeMs);
    for (const expired of this.#sessions.takeUnusedSince(this.#logTimeMs - TIMES.client.sessionExpiryMs)) {
      this.#slots.forget(expired.client, expired.unfinished);
    }
    // A key exists until it is removed. A read, a check and a write of one entry therefore always agree about it.
    this.#slots.expire(this.#logTimeMs, this.#isHeld, (slot) => this.#momentOf(slot));
    switch (entry.kind) {
      case 'command':
        return this.#command(entry.client, entry.command);
      case 'open-session':
        return this.#open(entry.client);
      case 'configure':
        return refusal(
          'INVALID_ARGUMENT',
          "This order keeps keys and values. Send configuration changes to the bondsmith's order.",
        );
      case 'expire':
        return { kind: 'unchanged' };
      case 'settle':
        return this.#settle(entry);
      case 'lock-range':
        return this.#lockRange(entry);
      case 'release-range':
        return { kind: 'range-released', index: this.#rangeLocks.release(entry.lock) };
      default: {
        const served = { slots: this.#slots, sessions: this.#sessions };
        const result = this.#shards.apply(entry, served, { index, logTimeMs: this.#logTimeMs });
        // The locks of a snapshot do not travel. The snapshot notices that a lock is gone, and begins again.
        if (entry.kind === 'freeze' && result.kind === 'changed') this.#rangeLocks.breakWithin(entry.shard);
        return result;
      }
    }
  }

  read(question: ReadQuestion, nowMs = this.#logTimeMs): ReadResult {
    if (question.kind === 'query') {
      return refusal(
        'INVALID_ARGUMENT',
        "This order keeps keys and values. Ask the bondsmith's order for configurations.",
      );
    }
    if (question.kind === 'list') return this.#list(question, nowMs);
    if (question.kind === 'watch') return changesAfter(this.#slots, this.#shards.served, question, this.#appliedIndex);
    const { slot, shardEpoch, key } = question;
    const place = this.#placeOf(slot, shardEpoch, [key]);
    if (place.kind === 'refused') return place;
    const state = this.#slots.get(slot);
    if (state?.locks?.blocksRead(keyTextOf(key)) === true) return LOCKED;
    const stored = state?.get(key);
    if (question.kind === 'machine-read') {
      return this.#machines.read(question.machine, stored?.value, question.question);
    }
    if (stored === undefined) return { kind: 'missing' };
    return { kind: 'value', ...valueAt(stored, nowMs) };
  }

  #list(question: List, nowMs: number): ReadResult {
    const missing = question.shards.find((shard) => !this.#shards.serves(shard));
    if (missing === undefined) {
      const page = pageOf(this.#slots, question, this.#appliedIndex, nowMs);
      return isLocked(this.#slots, question, page) ? LOCKED : page;
    }
    return notServed(missing);
  }

  digest(): string {
    const parts = [this.#slots.hash(), this.#sessions.hash(), this.#shards.hash(), this.#rangeLocks.hash()];
    const first = feedNumbers(EMPTY_HASH, this.#generation, this.#logTimeMs);
    return hashText(parts.reduce((hash, { low, high }) => feedNumbers(hash, low, high), first));
  }

  *lockedSlots(): Generator<LockedSlot> {
    for (const slot of this.#slots.locked) {
      const locks = this.#slots.get(slot)?.locks;
      const shard = this.#shards.served.find(slot);
      assert(locks !== undefined && shard !== undefined, 'the order serves its locked slots');
      yield { slot, shardEpoch: shard.epoch, locks: locks.locks(), commits: locks.commits() };
    }
  }

  lockedRanges(): readonly LockId[] {
    return this.#rangeLocks.ids();
  }

  loads(): readonly SlotLoad[] {
    return sortedSlots(this.#slots.values()).map((state) => state.load);
  }

  statistics(): StateMachineStatistics {
    let keys = 0;
    let bytes = 0;
    let outcomes = 0;
    for (const state of [...this.#slots.values(), ...this.#shards.unservedSlots()]) {
      keys += state.load.keys;
      bytes += state.load.bytes;
      outcomes += state.outcomeCount;
    }
    return { keys, bytes, sessions: this.#sessions.size, outcomes };
  }

  clone(): KeyValueStore {
    return new KeyValueStore({
      generation: this.#generation,
      shards: this.#shards.clone(),
      slots: this.#slots.clone(),
      sessions: this.#sessions.clone(),
      machines: this.#machines,
      rangeLocks: this.#rangeLocks.clone(),
      appliedIndex: this.#appliedIndex,
      logTimeMs: this.#logTimeMs,
    });
  }

  chunks(): Iterable<Uint8Array> {
    return packed(this.#items());
  }

  *#items(): Generator<StateItem> {
    yield {
      kind: 'head',
      generation: this.#generation,
      appliedIndex: this.#appliedIndex,
      logTimeMs: this.#logTimeMs,
      latestFreeze: this.#shards.latestFreeze,
    };
    yield* this.#shards.itemsOfServed();
    yield* this.#rangeLocks.items();
    const numbers = new Map<ClientId, number>();
    for (const { client, lastUsedMs, finishedThrough, openedAt, admissions } of this.#sessions.sorted()) {
      numbers.set(client, numbers.size);
      yield { kind: 'session', client, lastUsedMs, finishedThrough, openedAt };
      for (const since of admissions) yield { kind: 'admission', since };
    }
    for (const slot of sortedSlots(this.#slots.values())) yield* itemsOfSlot(slot, numbers);
    yield* this.#shards.itemsOfOthers(this.#sessions);
  }

  /** Opens a session. If the client already has a session, only the time of the last use changes. */
  #open(client: ClientId): ApplyResult {
    if (this.#sessions.use(client, this.#logTimeMs) !== undefined) return { kind: 'session-opened' };
    if (this.#sessions.size >= LIMITS.herald.sessions) {
      return refusal(
        'OVERLOADED',
        `This order keeps at most ${LIMITS.herald.sessions} sessions. Retry after unused ones have expired.`,
      );
    }
    this.#sessions.open(client, this.#logTimeMs, this.#appliedIndex);
    return { kind: 'session-opened' };
  }

  #command(client: ClientId, command: Command): ApplyResult {
    const { slot, sequence, operation } = command;
    const place = this.#placeOf(slot, command.shardEpoch, keysOf(operation));
    if (place.kind === 'refused') return place;
    const session = this.#sessions.use(client, this.#logTimeMs);
    if (session?.mayWrite(place.origin) !== true) {
      const message = 'This shard does not know the session of this client. Open a session as a new client.';
      return refusal('UNKNOWN_SESSION', message);
    }
    this.#slots.forget(client, session.finish(command.finishedThrough));
    if (sequence <= session.finishedThrough) {
      return refusal('STALE_REQUEST', `Command ${sequence} is finished, like all up to ${session.finishedThrough}.`);
    }
    const slotBefore = session.unfinished.get(sequence);
    if (slotBefore !== undefined && slotBefore !== slot) {
      return refusal('INVALID_ARGUMENT', `Sequence number ${sequence} was used for a key of slot ${slotBefore}.`);
    }
    const outcomeBefore = slotBefore === undefined ? undefined : this.#slots.get(slot)?.outcomeOf(client, sequence);
    if (outcomeBefore !== undefined) return this.#resultOf(outcomeBefore, command);
    if (session.unfinished.size >= LIMITS.herald.sessionOutcomes) {
      return refusal(
        'OVERLOADED',
        `This client has ${session.unfinished.size} unfinished commands. Finish some first.`,
      );
    }
    const decision = this.#decide(client, command);
    if (decision.kind === 'later') return decision.refusal;
    session.unfinished.set(sequence, slot);
    this.#slots.changeable(slot).keep(client, sequence, decision.outcome);
    return this.#resultOf(decision.outcome, command);
  }

  #decide(client: ClientId, { slot, sequence, operation }: Command): Decision {
    switch (operation.kind) {
      case 'prepare':
        return prepare(operation, this.#transactionState());
      case 'commit': {
        for (const part of operation.parts) {
          const place = this.#placeOf(part.slot, part.shardEpoch, keysOfPart(part));
          if (place.kind === 'refused') return { kind: 'later', refusal: place };
        }
        return commit(operation, { client, sequence }, this.#transactionState());
      }
      default:
        if (this.#isWriteBlocked(slot, operation.key)) {
          return { kind: 'later', refusal: LOCKED };
        }
        return { kind: 'outcome', outcome: this.#write(slot, operation) };
    }
  }

  #write(slot: Slot, operation: Operation): Outcome {
    if (operation.kind !== 'machine') return this.#slots.write(slot, operation, this.#momentOf(slot));
    const { key, condition, machine, value } = operation;
    const before = this.#slots.get(slot)?.get(key);
    if (condition !== undefined && !hasVersion(before, condition)) return CONFLICT;
    const step = this.#machines.apply(machine, before?.value, value);
    if (step.kind === 'refused') return step;
    const outcome = this.#slots.write(slot, { kind: 'put', key, value: step.state }, this.#momentOf(slot));
    // A reply of undefined has no bytes. A stored outcome does not distinguish it from a missing reply.
    return outcome.kind === 'written' && step.reply.length > 0 ? { ...outcome, reply: step.reply } : outcome;
  }

  /** Whether a transaction or a snapshot holds the key, so that it must not expire. */
  readonly #isHeld = (slot: Slot, key: KeyText): boolean => this.#isWriteBlocked(slot, keyBytesOf(key));

  #isWriteBlocked(slot: Slot, key: Uint8Array): boolean {
    if (this.#rangeLocks.blocks(slot, key)) return true;
    return this.#slots.get(slot)?.locks?.blocksWrite(keyTextOf(key)) === true;
  }

  /** Locks a range. Transactions that hold locks in the range finish first, and reads of their keys wait for that. */
  #lockRange(entry: LockRange): ApplyResult {
    const before = this.#rangeLocks.indexOf(entry.lock);
    if (before !== undefined) return { kind: 'range-locked', index: before };
    const missing = entry.shards.find((shard) => !this.#shards.serves(shard));
    if (missing !== undefined) return notServed(missing);
    if (this.#rangeLocks.size >= LIMITS.transactions.rangeLocks) {
      return refusal('OVERLOADED', 'The order has too many snapshots under way. Retry later.');
    }
    this.#rangeLocks.add(entry, this.#appliedIndex);
    return { kind: 'range-locked', index: this.#appliedIndex };
  }

  #settle(entry: Settle): ApplyResult {
    const place = this.#placeOf(entry.slot, entry.shardEpoch, []);
    if (place.kind === 'refused') return place;
    return { kind: 'settled', isCommitted: settle(entry, place.origin, this.#transactionState()) };
  }

  #transactionState() {
    const momentOf = (slot: Slot): WriteMoment => this.#momentOf(slot);
    return { momentOf, slots: this.#slots, sessions: this.#sessions, rangeLocks: this.#rangeLocks };
  }

  /** The moment of a write to a served slot with the current entry. */
  #momentOf(slot: Slot): WriteMoment {
    const shard = this.#shards.served.find(slot);
    assert(shard !== undefined, 'only served slots are written to');
    const position = { epoch: shard.epoch, index: this.#appliedIndex };
    return { generation: this.#generation, position, logTimeMs: this.#logTimeMs };
  }

  #resultOf(outcome: Outcome, { slot, operation }: Command): ApplyResult {
    if (outcome.kind !== 'conflict') return outcome;
    assert('key' in operation, 'only an operation on one key has this outcome');
    const stored = this.#slots.get(slot)?.get(operation.key);
    return { ...outcome, current: stored && valueAt(stored, this.#logTimeMs) };
  }

  /** The origin of the slot. Refuses a slot that is not served at that epoch, and keys of another slot. */
  #placeOf(slot: Slot, shardEpoch: number, keys: readonly Uint8Array[]): Place | StateRefusal {
    const shard = this.#shards.served.find(slot);
    if (shard === undefined) return refusal('WRONG_SHARD', `This order does not serve slot ${slot}.`);
    if (shard.epoch !== shardEpoch) {
      return refusal('WRONG_SHARD', `This order serves slot ${slot} at epoch ${shard.epoch}, not ${shardEpoch}.`);
    }
    for (const key of keys) {
      const right = slotOfKey(key);
      if (right !== slot) return refusal('INVALID_ARGUMENT', `The key is in slot ${right}, not in slot ${slot}.`);
    }
    return { kind: 'place', origin: originAt(shard, slot) };
  }
}

function notServed({ first, last }: ShardRange): StateRefusal {
  return refusal('WRONG_SHARD', `This order does not serve all slots of ${first}–${last}.`);
}

/** The keys of the operation that have to be in the slot of its command. */
function keysOf(operation: Command['operation']): readonly Uint8Array[] {
  if (operation.kind === 'commit') return NO_KEYS;
  return operation.kind === 'prepare' ? keysOfPart(operation.part) : [operation.key];
}

const NO_KEYS: readonly Uint8Array[] = [];

interface Place {
  readonly kind: 'place';
  readonly origin: Origin;
}
