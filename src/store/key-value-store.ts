import { assert } from '../wire/assertion.ts';
import type { Command, MachineEntry } from '../wire/command.ts';
import type { ShardRange } from '../wire/configuration.ts';
import { asLogIndex, type ClientId, type LogIndex, type SequenceNumber, type Slot } from '../wire/identifiers.ts';
import { INTERVALS, LIMITS } from '../wire/limits.ts';
import type { StateItem } from '../wire/state-chunk.ts';
import { StateChunkWriter } from '../wire/state-chunk-codec.ts';
import type {
  ApplyResult,
  ReadQuestion,
  ReadResult,
  SlotLoad,
  StateMachine,
  StateMachineStatistics,
  StateRefusal,
  StateRefusalCode,
} from './contract.ts';
import { EMPTY_HASH, feedNumbers, hashText } from './hash.ts';
import { type Session, SessionTable } from './session-table.ts';
import { SetDigest } from './set-digest.ts';
import { ShardMap } from './shard-map.ts';
import { slotOfKey } from './slot.ts';
import { itemsOfSlot } from './slot-items.ts';
import { SlotState } from './slot-state.ts';

/** Where a store begins. */
export interface KeyValueOptions {
  readonly shards: readonly ShardRange[];
  /** First half of every versionstamp. */
  readonly generation: number;
}

/** What a store holds beside what it is. */
export interface KeyValueContents {
  readonly slots: Map<Slot, SlotState>;
  readonly sessions: SessionTable;
  readonly appliedIndex: LogIndex;
  readonly logTimeMs: number;
}

/**
 * Keys with values, and the sessions that make each command take effect once (design, rule 13): its outcome is
 * remembered until the client says that it has finished it, and what was finished is refused.
 */
export class KeyValueStore implements StateMachine {
  readonly #generation: number;
  readonly #shards: ShardMap;
  readonly #slots: Map<Slot, SlotState>;
  readonly #sessions: SessionTable;
  /** Of the slots that this store may change; a clone and its original both begin with none. */
  #owner: object = {};
  #appliedIndex: LogIndex;
  #logTimeMs: number;

  constructor(options: KeyValueOptions, contents: KeyValueContents = nothing()) {
    this.#generation = options.generation;
    this.#shards = new ShardMap(options.shards);
    this.#slots = contents.slots;
    this.#sessions = contents.sessions;
    this.#appliedIndex = contents.appliedIndex;
    this.#logTimeMs = contents.logTimeMs;
  }

  get appliedIndex(): LogIndex {
    return this.#appliedIndex;
  }

  get shards(): undefined {
    return undefined;
  }

  get configuration(): undefined {
    return undefined;
  }

  get logTimeMs(): number {
    return this.#logTimeMs;
  }

  apply(entry: MachineEntry, index: LogIndex): ApplyResult {
    assert(index > this.#appliedIndex, 'entries are applied once, in the order of the log');
    this.#appliedIndex = index;
    this.#logTimeMs = Math.max(this.#logTimeMs, entry.logTimeMs);
    this.#expireSessions();
    switch (entry.kind) {
      case 'command':
        return this.#command(entry.client, entry.command);
      case 'open-session':
        return this.#open(entry.client);
      default:
        return refusal('INVALID_ARGUMENT', `an order of keys and values has no part in ${entry.kind}`);
    }
  }

  read(question: ReadQuestion): ReadResult {
    if (question.kind === 'query') {
      return refusal(
        'INVALID_ARGUMENT',
        "this order keeps keys and values: configurations are asked of the bondsmith's",
      );
    }
    const { slot, shardEpoch, key } = question;
    const misplaced = this.#misplaced(slot, shardEpoch, key);
    if (misplaced !== undefined) return misplaced;
    const stored = this.#slots.get(slot)?.get(key);
    if (stored === undefined) return { kind: 'missing' };
    return { kind: 'value', value: stored.value, versionstamp: stored.versionstamp };
  }

  digest(): string {
    const slots = new SetDigest();
    for (const state of this.#slots.values()) slots.add(state.hash());
    const parts = [slots.hash, this.#sessions.hash(), this.#shards.hash()];
    const first = feedNumbers(EMPTY_HASH, this.#generation, this.#logTimeMs);
    return hashText(parts.reduce((hash, { low, high }) => feedNumbers(hash, low, high), first));
  }

  loads(): readonly SlotLoad[] {
    return Array.from(this.#slots.values(), (state) => state.load).toSorted((left, right) => left.slot - right.slot);
  }

  statistics(): StateMachineStatistics {
    let keys = 0;
    let bytes = 0;
    let outcomes = 0;
    for (const state of this.#slots.values()) {
      keys += state.load.keys;
      bytes += state.load.bytes;
      outcomes += state.outcomeCount;
    }
    return { keys, bytes, sessions: this.#sessions.size, outcomes };
  }

  clone(): KeyValueStore {
    this.#owner = {};
    return new KeyValueStore(
      { shards: this.#shards.shards, generation: this.#generation },
      {
        slots: new Map(this.#slots),
        sessions: this.#sessions.clone(),
        appliedIndex: this.#appliedIndex,
        logTimeMs: this.#logTimeMs,
      },
    );
  }

  *chunks(): Generator<Uint8Array> {
    const writer = new StateChunkWriter();
    for (const item of this.#items()) {
      if (writer.bytes >= LIMITS.snapshotChunkBytes) yield writer.take();
      writer.add(item);
    }
    yield writer.take();
  }

  *#items(): Generator<StateItem> {
    yield {
      kind: 'head',
      generation: this.#generation,
      appliedIndex: this.#appliedIndex,
      logTimeMs: this.#logTimeMs,
    };
    for (const shard of this.#shards.shards) yield { kind: 'shard', shard };
    const numbers = new Map<ClientId, number>();
    for (const { client, lastUsedMs, finishedThrough } of this.#sessions.sorted()) {
      numbers.set(client, numbers.size);
      yield { kind: 'session', client, lastUsedMs, finishedThrough };
    }
    const slots = [...this.#slots.values()].toSorted((left, right) => left.slot - right.slot);
    for (const slot of slots) yield* itemsOfSlot(slot, numbers);
  }

  /** Opening a session that is open changes nothing but when it was used. */
  #open(client: ClientId): ApplyResult {
    if (this.#sessions.has(client)) {
      this.#sessions.use(client, this.#logTimeMs, () => undefined);
      return { kind: 'session-opened' };
    }
    if (this.#sessions.size >= LIMITS.sessions) {
      return refusal('OVERLOADED', `this order keeps ${LIMITS.sessions} sessions: wait until unused ones expire`);
    }
    this.#sessions.open(client, this.#logTimeMs);
    return { kind: 'session-opened' };
  }

  #command(client: ClientId, command: Command): ApplyResult {
    const misplaced = this.#misplaced(command.slot, command.shardEpoch, command.operation.key);
    if (misplaced !== undefined) return misplaced;
    return (
      this.#sessions.use(client, this.#logTimeMs, (session) => this.#commandOf(session, command)) ??
      refusal('UNKNOWN_SESSION', 'this order does not know the session of this client: open one as a new client')
    );
  }

  #commandOf(session: Session, command: Command): ApplyResult {
    const { client } = session;
    const { sequence, slot } = command;
    this.#forget(client, session.finish(command.finishedThrough));
    if (sequence <= session.finishedThrough) {
      return refusal('STALE_REQUEST', `command ${sequence} was finished, as all up to ${session.finishedThrough}`);
    }
    const slotBefore = session.unfinished.get(sequence);
    if (slotBefore !== undefined && slotBefore !== slot) {
      return refusal('INVALID_ARGUMENT', `sequence number ${sequence} was used for a key of slot ${slotBefore}`);
    }
    const outcomeBefore = this.#slots.get(slot)?.outcomeOf(client, sequence);
    if (outcomeBefore !== undefined) return outcomeBefore;
    if (session.unfinished.size >= LIMITS.sessionOutcomes) {
      return refusal('OVERLOADED', `this client has not finished ${session.unfinished.size} commands`);
    }
    session.unfinished.set(sequence, slot);
    return this.#changeable(slot).execute(client, sequence, command.operation, this.#generation);
  }

  /** Why the slot at that epoch does not lie here, or the key not in the slot. */
  #misplaced(slot: Slot, shardEpoch: number, key: Uint8Array): StateRefusal | undefined {
    const epoch = this.#shards.epochOf(slot);
    if (epoch === undefined) return refusal('WRONG_SHARD', `this order does not serve slot ${slot}`);
    if (epoch !== shardEpoch) {
      return refusal('WRONG_SHARD', `this order serves slot ${slot} at epoch ${epoch}, not ${shardEpoch}`);
    }
    const right = slotOfKey(key);
    return right === slot ? undefined : refusal('INVALID_ARGUMENT', `the key lies in slot ${right}, not in ${slot}`);
  }

  #expireSessions(): void {
    const lastUsedMs = this.#logTimeMs - INTERVALS.sessionExpiryMs;
    let expired = this.#sessions.takeUnusedSince(lastUsedMs);
    while (expired !== undefined) {
      this.#forget(expired.client, expired.unfinished);
      expired = this.#sessions.takeUnusedSince(lastUsedMs);
    }
  }

  #forget(client: ClientId, finished: ReadonlyMap<SequenceNumber, Slot>): void {
    for (const [sequence, slot] of finished) this.#changeable(slot).forget(client, sequence);
  }

  #changeable(slot: Slot): SlotState {
    const current = this.#slots.get(slot);
    if (current?.owner === this.#owner) return current;
    const state = current?.clone(this.#owner) ?? new SlotState(slot, this.#owner);
    this.#slots.set(slot, state);
    return state;
  }
}

function nothing(): KeyValueContents {
  return { slots: new Map(), sessions: new SessionTable(), appliedIndex: asLogIndex(0), logTimeMs: 0 };
}

function refusal(code: StateRefusalCode, message: string): StateRefusal {
  return { kind: 'refused', code, message };
}
