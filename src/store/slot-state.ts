/** The replicated state of one slot: its values, its recent changes, and the outcomes of unfinished commands. */
import { assert } from '../wire/assertion.ts';
import type {
  Condition,
  KeyCheck,
  KeyWrite,
  PlainOperation,
  TransactionPart,
  Versionstamp,
} from '../wire/entries/command.ts';
import type { ClientId, LogIndex, SequenceNumber, Slot } from '../wire/identifiers.ts';
import type { ChangePosition, Transacted } from '../wire/frames/frame.ts';
import { type Change, ChangeWindow } from './change-window.ts';
import type { SlotLoad, StateRefusal, WrittenResult } from './contract.ts';
import { EMPTY_HASH, feedBytes, feedNumbers, feedText, type Hash, SetDigest } from './hash.ts';
import { type KeyText, keyTextOf } from './key.ts';
import { createOrderedMap, type OrderedMap } from './ordered-map.ts';
import { SlotLocks } from './slot-locks.ts';
import {
  expiryAfter,
  hashOfValue,
  type StoredValue,
  storedValue,
  valueAfter,
  type WriteMoment,
} from './stored-value.ts';

/**
 * The outcome of a command, kept until its client has received the answer. A kept conflict does not hold the current
 * value.
 */
export type Outcome = WriteOutcome | Transacted;

export type WriteOutcome = WrittenResult | StateRefusal | { readonly kind: 'conflict' };

type Outcomes = Map<ClientId, Map<SequenceNumber, Outcome>>;

/** The replicated state of one slot. All of it moves if another order takes over the slot. */
export class SlotState {
  readonly slot: Slot;
  /** The table that may change the slot. Other tables share the slot and clone it before a change. */
  readonly owner: object;
  readonly #values: OrderedMap<StoredValue>;
  readonly #outcomes: Outcomes;
  /** The locks and commits of transactions. Most slots have none. */
  #locks: SlotLocks | undefined;
  /** The digest of the values. */
  readonly #digest: SetDigest;
  /** The number of commands that took effect. Deleting all values does not reset it. */
  #revision = 0;
  #bytes = 0;
  /** Number of keys that expire. */
  #expiring = 0;
  #window = new ChangeWindow();
  /** Cache of the hash. Undefined after a change. */
  #hash: Hash | undefined;

  constructor(
    slot: Slot,
    owner: object,
    values = createOrderedMap<StoredValue>(),
    outcomes: Outcomes = new Map(),
    digest = new SetDigest(),
  ) {
    this.slot = slot;
    this.owner = owner;
    this.#values = values;
    this.#outcomes = outcomes;
    this.#digest = digest;
  }

  clone(owner: object): SlotState {
    const outcomes: Outcomes = new Map(Array.from(this.#outcomes, ([client, kept]) => [client, new Map(kept)]));
    const copy = new SlotState(this.slot, owner, this.#values.clone(), outcomes, this.#digest.clone());
    copy.#locks = this.#locks?.clone();
    copy.#revision = this.#revision;
    copy.#bytes = this.#bytes;
    copy.#expiring = this.#expiring;
    copy.#window = this.#window.clone();
    copy.#hash = this.#hash;
    return copy;
  }

  get outcomeCount(): number {
    let count = 0;
    for (const kept of this.#outcomes.values()) count += kept.size;
    return count;
  }

  get load(): SlotLoad {
    return { slot: this.slot, keys: this.#values.size, bytes: this.#bytes, writes: this.#revision };
  }

  /** The keys that expire, each with its log time. */
  expiries(): readonly (readonly [KeyText, number])[] {
    if (this.#expiring === 0) return [];
    const found: (readonly [KeyText, number])[] = [];
    for (const [key, { expiresAtMs }] of this.#values.entries()) {
      if (expiresAtMs !== undefined) found.push([key, expiresAtMs]);
    }
    return found;
  }

  /** The recent changes of the slot. */
  get window(): Pick<ChangeWindow, 'changes' | 'covers' | 'trimmedThrough'> {
    return this.#window;
  }

  hash(): Hash {
    this.#hash ??= this.#computeHash();
    return this.#hash;
  }

  get(key: Uint8Array): StoredValue | undefined {
    return this.#values.get(keyTextOf(key));
  }

  valueOf(key: KeyText): StoredValue | undefined {
    return this.#values.get(key);
  }

  outcomeOf(client: ClientId, sequence: SequenceNumber): Outcome | undefined {
    return this.#outcomes.get(client)?.get(sequence);
  }

  /** The locks and commits of transactions. Undefined if the slot has none. Only `changeLocks` changes them. */
  get locks(): SlotLocks | undefined {
    return this.#locks;
  }

  changeLocks<Result>(change: (locks: SlotLocks) => Result): Result {
    const locks = this.#locks ?? new SlotLocks();
    const result = change(locks);
    this.#locks = locks.isEmpty ? undefined : locks;
    this.#hash = undefined;
    return result;
  }

  /** Returns the reason why this write could not be performed now. */
  refusalOf(write: KeyWrite): StateRefusal | undefined {
    const after = valueAfter(this.get(write.key), write);
    return 'kind' in after ? after : undefined;
  }

  /** Returns whether each check of the part holds. The check of the slot's revision follows those of the keys. */
  checksOf({ checks, revision }: TransactionPart): readonly boolean[] {
    const ofKeys = checks.map((check) => hasVersion(this.get(check.key), check));
    return revision === undefined ? ofKeys : [...ofKeys, revision === this.#revision];
  }

  /** Performs an operation on one key, if its condition is met and the new value is valid. */
  write(operation: PlainOperation, moment: WriteMoment): WriteOutcome {
    const key = keyTextOf(operation.key);
    const before = this.#values.get(key);
    const { condition } = operation;
    if (condition !== undefined && !hasVersion(before, condition)) return CONFLICT;
    const value = valueAfter(before, operation);
    if ('kind' in value) return value;
    const versionstamp = this.#nextVersionstamp(moment);
    const expiresAtMs = expiryAfter(before, operation, moment);
    const after =
      value.given === undefined
        ? undefined
        : { ...storedValue(value.extended, value.given), versionstamp, expiresAtMs };
    this.#change(key, before, after, versionstamp, moment, 'delete');
    return { kind: 'written', versionstamp, existed: before !== undefined };
  }

  /** Removes a key whose time is over. */
  expire(key: KeyText, moment: WriteMoment): void {
    const before = this.#values.get(key);
    assert(before !== undefined, 'only an existing key expires');
    this.#change(key, before, undefined, this.#nextVersionstamp(moment), moment, 'expire');
  }

  /** Converts the times of all keys that expire to the log time of another order. */
  convertExpiries(convert: (expiresAtMs: number) => number): void {
    this.#hash = undefined;
    for (const [key, expiresAtMs] of this.expiries()) {
      const before = this.#values.get(key);
      if (before !== undefined) this.#replace(key, before, { ...before, expiresAtMs: convert(expiresAtMs) });
    }
  }

  /** Keeps the outcome of a command. */
  keep(client: ClientId, sequence: SequenceNumber, outcome: Outcome): void {
    const kept = this.#outcomes.get(client) ?? new Map<SequenceNumber, Outcome>();
    assert(!kept.has(sequence), 'a command takes effect once');
    kept.set(sequence, outcome);
    this.#outcomes.set(client, kept);
    this.#hash = undefined;
  }

  /** Removes the outcome of a command that its client has finished. */
  forget(client: ClientId, sequence: SequenceNumber): void {
    const kept = this.#outcomes.get(client);
    assert(kept?.delete(sequence) === true, 'only a kept outcome is removed');
    if (kept.size === 0) this.#outcomes.delete(client);
    this.#hash = undefined;
  }

  /** Returns the values, sorted by the bytes of their keys. */
  values(): Iterable<readonly [KeyText, StoredValue]> {
    return this.#values.entries();
  }

  /** Yields the kept outcomes in an arbitrary order, each with the client and sequence number of its command. */
  *outcomes(): Generator<readonly [ClientId, SequenceNumber, Outcome]> {
    for (const [client, kept] of this.#outcomes) {
      for (const [sequence, outcome] of kept) yield [client, sequence, outcome];
    }
  }

  restoreRevision(revision: number): void {
    assert(this.#revision === 0, 'a revision never decreases');
    this.#hash = undefined;
    this.#revision = revision;
  }

  /** Restores a value that does not exist yet. Copies its bytes. */
  restoreValue(key: Uint8Array, { value, versionstamp, expiresAtMs }: Omit<StoredValue, 'valueHash'>): void {
    this.#hash = undefined;
    const valueHash = feedBytes(EMPTY_HASH, value);
    this.#replace(keyTextOf(key), undefined, { value: value.slice(), versionstamp, expiresAtMs, valueHash });
  }

  /** Drops the oldest change of the window. */
  trimWindow(): void {
    this.#hash = undefined;
    this.#window.dropFirst();
  }

  /** Notes that the slot arrived at this order with the entry at the index. */
  arrived(index: LogIndex): void {
    this.#hash = undefined;
    this.#window = this.#window.arrivedWith(index);
  }

  /** Notes that changes up to the position were dropped. */
  restoreTrimmed(position: ChangePosition): void {
    this.#hash = undefined;
    this.#window = new ChangeWindow([], position);
  }

  restoreChange(change: Change): void {
    this.#hash = undefined;
    this.#window.add(change);
  }

  #computeHash(): Hash {
    const digest = new SetDigest();
    for (const outcome of this.outcomes()) digest.add(hashOfOutcome(...outcome));
    const parts = [this.#digest.hash, digest.hash, this.#window.hash()];
    const numbers = parts.flatMap(({ low, high }) => [low, high]);
    const hash = feedNumbers(EMPTY_HASH, this.slot, this.#revision, ...numbers);
    if (this.#locks === undefined) return hash;
    const locks = this.#locks.hash();
    return feedNumbers(hash, locks.low, locks.high);
  }

  #nextVersionstamp({ generation }: WriteMoment): Versionstamp {
    this.#revision++;
    return { generation, revision: this.#revision };
  }

  /** Changes a key and adds the change to the window. Every change of a key passes here. */
  #change(
    key: KeyText,
    before: StoredValue | undefined,
    after: StoredValue | undefined,
    versionstamp: Versionstamp,
    { position }: WriteMoment,
    removal: 'delete' | 'expire',
  ): void {
    this.#hash = undefined;
    this.#replace(key, before, after);
    if (before === undefined && after === undefined) return;
    const type = after === undefined ? removal : 'put';
    this.#window.add({ type, key, value: after?.value, versionstamp, position, since: position.index });
  }

  #replace(key: KeyText, before: StoredValue | undefined, after: StoredValue | undefined): void {
    if (before !== undefined) {
      this.#bytes -= key.length + before.value.length;
      this.#digest.remove(hashOfValue(key, before));
      if (before.expiresAtMs !== undefined) this.#expiring -= 1;
    }
    if (after === undefined) {
      this.#values.delete(key);
      return;
    }
    this.#values.set(key, after);
    this.#bytes += key.length + after.value.length;
    this.#digest.add(hashOfValue(key, after));
    if (after.expiresAtMs !== undefined) this.#expiring += 1;
  }
}

export function hasVersion(stored: StoredValue | undefined, { versionstamp }: Condition | KeyCheck): boolean {
  const current = stored?.versionstamp;
  return current?.generation === versionstamp?.generation && current?.revision === versionstamp?.revision;
}

export const CONFLICT = { kind: 'conflict' } as const;

function hashOfOutcome(client: ClientId, sequence: SequenceNumber, outcome: Outcome): Hash {
  const hash = feedNumbers(feedText(EMPTY_HASH, client), sequence);
  if (outcome.kind === 'conflict') return feedText(hash, outcome.kind);
  if (outcome.kind === 'transacted') return feedNumbers(feedText(hash, outcome.result), ...outcome.conflicts);
  if (outcome.kind === 'refused') return feedText(hash, `${outcome.code} ${outcome.message}`);
  const { generation, revision } = outcome.versionstamp;
  const written = feedNumbers(hash, generation, revision, outcome.existed ? 1 : 0);
  if (outcome.reply === undefined) return written;
  return feedNumbers(feedBytes(written, outcome.reply), outcome.reply.length);
}
