import type { TransactionId, Versionstamp } from '../wire/entries/command.ts';
import { malformed } from '../wire/decoding.ts';
import type { ClientId, SequenceNumber, Slot } from '../wire/identifiers.ts';
import type { ErrorCode } from '../wire/errors.ts';
import { LIMITS } from '../wire/limits.ts';
import type {
  SlotItem,
  StateCommit,
  StateConflict,
  StateLock,
  StateLockedWrite,
  StateRefused,
  StateChange,
  StateSlot,
  StateTransacted,
  StateTrimmed,
  StateValue,
  StateWritten,
} from '../wire/records/state-chunk.ts';
import { type Change, comparePositions } from './change-window.ts';
import { type KeyText, keyTextOf, slotOfKey } from './key.ts';
import { type RecentChanges, WINDOW_ROOM } from './recent-changes.ts';
import { compareTransactions } from './slot-locks.ts';
import { type Outcome, SlotState } from './slot-state.ts';

/** The shard or state to which the restored slots belong. */
interface SlotContext {
  /** The highest generation that a versionstamp may have. */
  readonly generation: number;
  /** Whether the shard or state may hold the slot. */
  holds(slot: Slot): boolean;
  /**
   * Registers the outcome of a command in the slot.
   * @param session number of the session of the command
   * @returns the client of the session
   * @throws {ShardbearerError} `FRAME_MALFORMED` if the session cannot have that outcome
   */
  claim(session: number, sequence: SequenceNumber, slot: Slot): ClientId;
}

/**
 * The latest slot, and the latest item in that slot. The next item must come after it in the only valid order of items.
 */
interface OpenSlot {
  readonly slot: Slot;
  /** The latest value. Undefined once other items of the slot have followed. */
  readonly latestKey: KeyText | undefined;
  readonly latestChange: Change | undefined;
  /** The latest lock of the slot. Undefined while values may follow. */
  readonly latestLock: TransactionId | undefined;
  /** The latest commit of the slot. Undefined while locks may follow. */
  readonly latestCommit: TransactionId | undefined;
  /** The latest outcome of the slot. Undefined while other items may follow. */
  readonly latestOutcome: { readonly session: number; readonly sequence: SequenceNumber } | undefined;
  /** Number of outcomes of the latest session in this slot. */
  readonly outcomes: number;
}

/**
 * Restores slots item by item and checks the store's invariants. Items have one valid order, which excludes duplicates.
 */
export class SlotReader {
  readonly #slots: Map<Slot, SlotState>;
  #open: OpenSlot | undefined;
  /** Owner of the slots that this reader may change in place. */
  #owner: object = {};

  constructor(slots = new Map<Slot, SlotState>()) {
    this.#slots = slots;
  }

  /** Returns a copy. Afterwards, both readers clone a slot before they change it. */
  clone(): SlotReader {
    this.#owner = {};
    const copy = new SlotReader(new Map(this.#slots));
    copy.#open = this.#open;
    return copy;
  }

  /** The restored slots, sorted. Clone a slot before a change. */
  get slots(): Iterable<SlotState> {
    return this.#slots.values();
  }

  get isEmpty(): boolean {
    return this.#slots.size === 0;
  }

  take(item: SlotItem, context: SlotContext): void {
    switch (item.kind) {
      case 'slot':
        return this.#takeSlot(item, context);
      case 'trimmed':
        return this.#takeTrimmed(item);
      case 'value':
        return this.#takeValue(item, context);
      case 'change':
        return this.#takeChange(item, context);
      case 'written': {
        const { versionstamp, existed } = item;
        this.#checkVersionstamp(versionstamp, context);
        // The reply is a view that would keep the whole chunk in memory.
        const reply = item.reply?.slice();
        return this.#takeOutcome(item, { kind: 'written', versionstamp, existed, reply }, context);
      }
      case 'lock':
        return this.#takeLock(item);
      case 'locked-write':
        return this.#takeLockedWrite(item);
      case 'commit':
        return this.#takeCommit(item);
      case 'conflict':
        return this.#takeOutcome(item, { kind: 'conflict' }, context);
      case 'transacted':
        return this.#takeOutcome(item, { kind: 'transacted', result: item.result, conflicts: item.conflicts }, context);
      case 'refused':
        // The store keeps only refusals with these codes as outcomes.
        if (!isStoredCode(item.code)) throw malformed('a refusal that is never stored');
        return this.#takeOutcome(item, { kind: 'refused', code: item.code, message: item.message }, context);
    }
  }

  #takeSlot({ slot, revision }: StateSlot, context: SlotContext): void {
    if (slot <= (this.#open?.slot ?? -1)) throw malformed('slots out of order');
    if (!context.holds(slot)) throw malformed('a slot outside of its shards');
    const state = new SlotState(slot, this.#owner);
    state.restoreRevision(revision);
    this.#slots.set(slot, state);
    this.#open = { slot, latestKey: '', ...NO_LATEST, outcomes: 0 };
  }

  #takeTrimmed({ position }: StateTrimmed): void {
    const open = this.#openSlot();
    const state = this.#changeable(open);
    const isFirst = open.latestKey === '' && !isBehindValues(open);
    if (!isFirst || state.window.trimmedThrough !== undefined) throw malformed('a trimmed window out of order');
    state.restoreTrimmed(position);
  }

  #takeChange({ kind: _, ...item }: StateChange, context: SlotContext): void {
    const open = this.#openSlot();
    const state = this.#changeable(open);
    const { type, versionstamp, position, since } = item;
    if (slotOfKey(item.key) !== open.slot) throw malformed('a key of another slot');
    if (isBehindValues(open)) throw malformed('changes out of order');
    this.#checkVersionstamp(versionstamp, context);
    const key = keyTextOf(item.key);
    const change = { type, key, value: valueOfChange(state, item), versionstamp, position, since };
    const { latestChange } = open;
    if (latestChange !== undefined && !precedes(latestChange, change)) throw malformed('changes out of order');
    if (!state.window.covers(position)) throw malformed('a change that its window has dropped');
    this.#open = { ...open, latestKey: undefined, latestChange: change };
    state.restoreChange(change);
  }

  #takeValue({ key, value, versionstamp, expiresAtMs }: StateValue, context: SlotContext): void {
    const open = this.#openSlot();
    const text = keyTextOf(key);
    if (slotOfKey(key) !== open.slot) throw malformed('a key of another slot');
    const isInOrder = open.latestKey !== undefined && text > open.latestKey;
    if (isBehindValues(open) || !isInOrder) throw malformed('keys out of order');
    this.#checkVersionstamp(versionstamp, context);
    this.#open = { ...open, latestKey: text };
    this.#changeable(open).restoreValue(key, { value, versionstamp, expiresAtMs });
  }

  #takeLock({ transaction, home, isWholeSlot, checked }: StateLock): void {
    const open = this.#openSlot();
    const isBehind = (open.latestCommit ?? open.latestOutcome) !== undefined;
    if (isBehind || isAfter(open.latestLock, transaction)) throw malformed('locks out of order');
    if (home === open.slot) throw malformed('a home that prepared its own transaction');
    const keys = checked.map((key) => this.#keyOf(open, key));
    if (keys.some((key, at) => at > 0 && key < (keys[at - 1] ?? ''))) throw malformed('checked keys out of order');
    const state = this.#changeable(open);
    if ((state.locks?.lockCount ?? 0) >= LIMITS.transactions.locksOfSlot) throw malformed('a slot with too many locks');
    state.changeLocks((locks) => locks.add({ transaction, home, isWholeSlot, checked: keys, writes: [] }));
    this.#open = { ...open, latestLock: transaction };
  }

  #takeLockedWrite({ write }: StateLockedWrite): void {
    const open = this.#openSlot();
    const { latestLock, latestCommit, latestOutcome } = open;
    if (latestLock === undefined || (latestCommit ?? latestOutcome) !== undefined) {
      throw malformed('a locked write without its lock');
    }
    const key = this.#keyOf(open, write.key);
    const state = this.#changeable(open);
    // The state performs all writes of a lock at once, so each of them must be possible by itself.
    if (state.locks?.blocksRead(key) === true) throw malformed('a key that is locked twice');
    if (state.refusalOf(write) !== undefined) throw malformed('a locked write that is impossible');
    state.changeLocks((locks) => locks.addWrite(latestLock, write));
  }

  #takeCommit({ transaction, participants }: StateCommit): void {
    const open = this.#openSlot();
    if (open.latestOutcome !== undefined || isAfter(open.latestCommit, transaction)) {
      throw malformed('commits out of order');
    }
    this.#changeable(open).changeLocks((locks) => locks.record({ transaction, participants }));
    this.#open = { ...open, latestCommit: transaction };
  }

  #keyOf({ slot }: OpenSlot, key: Uint8Array): KeyText {
    if (slotOfKey(key) !== slot) throw malformed('a key of another slot');
    return keyTextOf(key);
  }

  #takeOutcome(item: OutcomeItem, outcome: Outcome, context: SlotContext): void {
    const open = this.#openSlot();
    const { session, sequence } = item;
    const latest = open.latestOutcome;
    const isOfLatest = session === latest?.session;
    if (latest !== undefined && (session < latest.session || (isOfLatest && sequence <= latest.sequence))) {
      throw malformed('outcomes out of order');
    }
    const outcomes = isOfLatest ? open.outcomes + 1 : 1;
    // A session can have more outcomes in all slots together, because arriving shards add outcomes. One slot never
    // exceeds the limit.
    if (outcomes > LIMITS.herald.sessionOutcomes) throw malformed('a session with too many outcomes');
    const client = context.claim(session, sequence, open.slot);
    this.#open = { ...open, latestOutcome: { session, sequence }, outcomes };
    this.#changeable(open).keep(client, sequence, outcome);
  }

  #openSlot(): OpenSlot {
    if (this.#open === undefined) throw malformed('a value or an outcome before any slot');
    return this.#open;
  }

  /** Checks that a versionstamp exceeds neither the slot's revision nor the state's generation. */
  #checkVersionstamp({ generation, revision }: Versionstamp, context: SlotContext): void {
    const latest = this.#slots.get(this.#openSlot().slot)?.load.writes ?? 0;
    if (revision === 0 || revision > latest || generation > context.generation) {
      throw malformed('a versionstamp above the revision or the generation');
    }
  }

  #changeable({ slot }: OpenSlot): SlotState {
    const current = this.#slots.get(slot) ?? new SlotState(slot, this.#owner);
    if (current.owner === this.#owner) return current;
    const state = current.clone(this.#owner);
    this.#slots.set(slot, state);
    return state;
  }
}

type OutcomeItem = StateWritten | StateConflict | StateRefused | StateTransacted;

function isStoredCode(code: ErrorCode): code is 'VALUE_TOO_LARGE' | 'INVALID_ARGUMENT' | 'COMMAND_REFUSED' {
  return code === 'VALUE_TOO_LARGE' || code === 'INVALID_ARGUMENT' || code === 'COMMAND_REFUSED';
}

const NO_LATEST = {
  latestChange: undefined,
  latestLock: undefined,
  latestCommit: undefined,
  latestOutcome: undefined,
} as const;

/** Whether items that come after the values and changes of the slot have come. */
function isBehindValues({ latestLock, latestCommit, latestOutcome }: OpenSlot): boolean {
  return (latestLock ?? latestCommit ?? latestOutcome) !== undefined;
}

/** Whether the latest transaction is the same as the next one or has to come after it. */
function isAfter(latest: TransactionId | undefined, next: TransactionId): boolean {
  return latest !== undefined && compareTransactions(latest, next) >= 0;
}

/** Returns the value of a change. A put of the current value shares its bytes. */
function valueOfChange(state: SlotState, { type, key, value, versionstamp }: Omit<StateChange, 'kind'>) {
  if (type !== 'put') return undefined;
  const stored = state.get(key);
  const isCurrent =
    stored?.versionstamp.revision === versionstamp.revision &&
    stored.versionstamp.generation === versionstamp.generation;
  return isCurrent ? stored.value : value.slice();
}

function precedes(one: Change, other: Change): boolean {
  return (
    one.since <= other.since &&
    comparePositions(one.position, other.position) <= 0 &&
    one.versionstamp.revision < other.versionstamp.revision
  );
}

/**
 * Checks that a state or shard has room for its recent changes.
 * @throws {ShardbearerError} `FRAME_MALFORMED`
 */
export function checkWindowSize({ size }: RecentChanges): void {
  const isTooLarge = size.changes > 1 && (size.changes > WINDOW_ROOM.changes || size.bytes > WINDOW_ROOM.bytes);
  if (isTooLarge) throw malformed('too many recent changes');
}
