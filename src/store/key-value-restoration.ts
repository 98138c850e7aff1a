import { assert } from '../wire/assertion.ts';
import type { Versionstamp } from '../wire/command.ts';
import type { ShardRange } from '../wire/configuration.ts';
import { malformed } from '../wire/decoding.ts';
import type { SequenceNumber, Slot } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
import type {
  StateHead,
  StateItem,
  StateRefused,
  StateSession,
  StateSlot,
  StateValue,
  StateWritten,
} from '../wire/state-chunk.ts';
import { decodeStateChunk } from '../wire/state-chunk-codec.ts';
import type { Restoration } from './contract.ts';
import { type KeyText, keyTextOf } from './key-text.ts';
import { KeyValueStore } from './key-value-store.ts';
import type { Outcome } from './outcome-table.ts';
import { type Session, SessionTable } from './session-table.ts';
import { slotOfKey } from './slot.ts';
import { SlotState } from './slot-state.ts';

/** Where the latest item stands in its slot: the next one comes behind it. */
interface OpenSlot {
  readonly state: SlotState;
  latestKey: KeyText;
  /** Undefined: values may still come. */
  latestOutcome: { readonly session: number; readonly sequence: SequenceNumber } | undefined;
}

/**
 * Every item is checked for what the store relies on, so that whatever is taken can go on as if it had come about
 * entry by entry. Items come in one order only, in which nothing can be there twice.
 */
export class KeyValueRestoration implements Restoration {
  #head: StateHead | undefined;
  readonly #shards: ShardRange[] = [];
  readonly #sessions: Session[] = [];
  readonly #sessionTable = new SessionTable();
  readonly #slots = new Map<Slot, SlotState>();
  /** Of the slots: the store that they come into clones each before its first change. */
  readonly #owner: object = {};
  #open: OpenSlot | undefined;
  #isFinished = false;

  add(chunk: Uint8Array): void {
    assert(!this.#isFinished, 'a finished state takes no more pieces');
    for (const item of decodeStateChunk(chunk)) this.#take(item);
  }

  finish(): KeyValueStore {
    assert(!this.#isFinished, 'a state is finished once');
    this.#isFinished = true;
    const { generation, appliedIndex, logTimeMs } = this.#headFirst();
    return new KeyValueStore(
      { generation, shards: this.#shards },
      { slots: this.#slots, sessions: this.#sessionTable, appliedIndex, logTimeMs },
    );
  }

  #take(item: StateItem): void {
    switch (item.kind) {
      case 'head':
        if (this.#head !== undefined) throw malformed('a state with two heads');
        this.#head = item;
        return;
      case 'shard':
        return this.#takeShard(item.shard);
      case 'session':
        return this.#takeSession(item);
      case 'slot':
        return this.#takeSlot(item);
      case 'value':
        return this.#takeValue(item);
      case 'written':
        this.#checkVersionstamp(item.versionstamp);
        return this.#takeOutcome(item, { kind: 'written', versionstamp: item.versionstamp, existed: item.existed });
      case 'refused':
        // Other refusals are made anew each time, and never kept.
        if (item.code !== 'VALUE_TOO_LARGE') throw malformed('an outcome that no command has');
        return this.#takeOutcome(item, { kind: 'refused', code: item.code, message: item.message });
    }
  }

  #headFirst(): StateHead {
    if (this.#head === undefined) throw malformed('a state without its head');
    return this.#head;
  }

  #takeShard(shard: ShardRange): void {
    this.#headFirst();
    if (this.#sessions.length > 0 || this.#open !== undefined) throw malformed('a shard behind sessions or slots');
    const before = this.#shards.at(-1)?.last ?? -1;
    if (shard.first <= before || shard.last < shard.first) throw malformed('shards that do not follow one another');
    this.#shards.push(shard);
  }

  #takeSession({ client, lastUsedMs, finishedThrough }: StateSession): void {
    const { logTimeMs } = this.#headFirst();
    const before = this.#sessions.at(-1);
    if (this.#open !== undefined) throw malformed('a session behind slots');
    if (this.#sessions.length === LIMITS.sessions) throw malformed('a state with too many sessions');
    if (this.#sessionTable.has(client)) throw malformed('a state with two sessions of one client');
    if (lastUsedMs < (before?.lastUsedMs ?? 0) || lastUsedMs > logTimeMs) throw malformed('a session out of its time');
    this.#sessions.push(this.#sessionTable.restore(client, lastUsedMs, finishedThrough));
  }

  #takeSlot({ slot, revision }: StateSlot): void {
    this.#headFirst();
    if (slot <= (this.#open?.state.slot ?? -1)) throw malformed('slots that do not follow one another');
    const state = new SlotState(slot, this.#owner);
    state.restoreRevision(revision);
    this.#slots.set(slot, state);
    this.#open = { state, latestKey: '', latestOutcome: undefined };
  }

  #takeValue({ key, value, versionstamp }: StateValue): void {
    const open = this.#openSlot();
    const text = keyTextOf(key);
    if (slotOfKey(key) !== open.state.slot) throw malformed('a key that lies in another slot');
    if (open.latestOutcome !== undefined || text <= open.latestKey)
      throw malformed('keys that do not follow one another');
    this.#checkVersionstamp(versionstamp);
    open.latestKey = text;
    open.state.restoreValue(key, value, versionstamp);
  }

  #takeOutcome({ session: number, sequence }: StateWritten | StateRefused, outcome: Outcome): void {
    const open = this.#openSlot();
    const { latestOutcome: latest, state } = open;
    const session = this.#sessions[number];
    if (session === undefined) throw malformed('an outcome of an unknown session');
    if (
      latest !== undefined &&
      (number < latest.session || (number === latest.session && sequence <= latest.sequence))
    ) {
      throw malformed('outcomes that do not follow one another');
    }
    if (sequence <= session.finishedThrough) throw malformed('an outcome that its client has finished');
    if (session.unfinished.has(sequence)) throw malformed('a command with two outcomes');
    if (session.unfinished.size === LIMITS.sessionOutcomes) throw malformed('a session with too many outcomes');
    open.latestOutcome = { session: number, sequence };
    session.unfinished.set(sequence, state.slot);
    state.restoreOutcome(session.client, sequence, outcome);
  }

  #openSlot(): OpenSlot {
    if (this.#open === undefined) throw malformed('a value or an outcome outside of any slot');
    return this.#open;
  }

  /** It was given in the open slot, at or before the revision and the generation that the state has. */
  #checkVersionstamp({ generation, revision }: Versionstamp): void {
    const latest = this.#openSlot().state.load.writes;
    if (revision === 0 || revision > latest || generation > this.#headFirst().generation) {
      throw malformed('a versionstamp that was not given yet');
    }
  }
}
