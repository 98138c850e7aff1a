import { assert } from '../wire/assertion.ts';
import type { Operation, Versionstamp } from '../wire/entries/command.ts';
import type { ClientId, SequenceNumber, Slot } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
import type { SlotLoad } from './contract.ts';
import { EMPTY_HASH, feedBytes, feedNumbers, feedText, type Hash } from './hash.ts';
import { type KeyText, keyTextOf } from './key-text.ts';
import { createOrderedMap, type OrderedMap } from './ordered-map.ts';
import { type Outcome, OutcomeTable } from './outcome-table.ts';
import { SetDigest } from './set-digest.ts';

interface StoredValue {
  readonly value: Uint8Array;
  readonly versionstamp: Versionstamp;
  /** Hash of the value alone. An append extends it without rehashing the existing bytes. */
  readonly valueHash: Hash;
}

/** The replicated state of one slot. It moves with the slot. */
export class SlotState {
  readonly slot: Slot;
  /** The table that may change the slot. Other tables share it and clone it before a change. */
  readonly owner: object;
  readonly #values: OrderedMap<StoredValue>;
  readonly #outcomes: OutcomeTable;
  readonly #digest: SetDigest;
  /** Number of commands that took effect. Deleting all values does not reset it. */
  #revision = 0;
  #bytes = 0;
  /** Undefined after a change. */
  #hash: Hash | undefined;

  constructor(
    slot: Slot,
    owner: object,
    values = createOrderedMap<StoredValue>(),
    outcomes = new OutcomeTable(),
    digest = new SetDigest(),
  ) {
    this.slot = slot;
    this.owner = owner;
    this.#values = values;
    this.#outcomes = outcomes;
    this.#digest = digest;
  }

  clone(owner: object): SlotState {
    const { slot } = this;
    const copy = new SlotState(slot, owner, this.#values.clone(), this.#outcomes.clone(), this.#digest.clone());
    copy.#revision = this.#revision;
    copy.#bytes = this.#bytes;
    copy.#hash = this.#hash;
    return copy;
  }

  get outcomeCount(): number {
    return this.#outcomes.size;
  }

  get load(): SlotLoad {
    return { slot: this.slot, keys: this.#values.size, bytes: this.#bytes, writes: this.#revision };
  }

  /** Hash of the whole slot. */
  hash(): Hash {
    this.#hash ??= this.#computeHash();
    return this.#hash;
  }

  get(key: Uint8Array): StoredValue | undefined {
    return this.#values.get(keyTextOf(key));
  }

  outcomeOf(client: ClientId, sequence: SequenceNumber): Outcome | undefined {
    return this.#outcomes.get(client, sequence);
  }

  /** Executes a command and keeps its outcome. The caller has checked that no outcome exists. */
  execute(client: ClientId, sequence: SequenceNumber, operation: Operation, generation: number): Outcome {
    this.#hash = undefined;
    const outcome = this.#execute(operation, generation);
    this.#outcomes.add(client, sequence, outcome);
    return outcome;
  }

  /** Removes the outcome of a finished command. */
  forget(client: ClientId, sequence: SequenceNumber): void {
    this.#hash = undefined;
    this.#outcomes.remove(client, sequence);
  }

  /** Sorted by key bytes. */
  values(): Iterable<readonly [KeyText, StoredValue]> {
    return this.#values.entries();
  }

  /** Iterates in no particular order. */
  outcomes(): Iterable<readonly [ClientId, SequenceNumber, Outcome]> {
    return this.#outcomes;
  }

  /** Restores the revision of a new slot. */
  restoreRevision(revision: number): void {
    assert(this.#revision === 0, 'a revision never decreases');
    this.#hash = undefined;
    this.#revision = revision;
  }

  /** Restores a value that does not exist yet. Copies its bytes. */
  restoreValue(key: Uint8Array, value: Uint8Array, versionstamp: Versionstamp): void {
    this.#hash = undefined;
    this.#insert(keyTextOf(key), { value: value.slice(), versionstamp, valueHash: feedBytes(EMPTY_HASH, value) });
  }

  /** Restores an outcome that does not exist yet. */
  restoreOutcome(client: ClientId, sequence: SequenceNumber, outcome: Outcome): void {
    this.#hash = undefined;
    this.#outcomes.add(client, sequence, outcome);
  }

  #computeHash(): Hash {
    const values = this.#digest.hash;
    const outcomes = this.#outcomes.hash();
    return feedNumbers(EMPTY_HASH, this.slot, this.#revision, values.low, values.high, outcomes.low, outcomes.high);
  }

  #execute(operation: Operation, generation: number): Outcome {
    const key = keyTextOf(operation.key);
    const before = this.#values.get(key);
    const bytes = bytesAfter(operation, before);
    if (bytes > LIMITS.valueBytes) {
      const message = `the value would have ${bytes} bytes, the limit is ${LIMITS.valueBytes}`;
      return { kind: 'refused', code: 'VALUE_TOO_LARGE', message };
    }
    this.#revision++;
    const versionstamp = { generation, revision: this.#revision };
    if (before !== undefined) this.#remove(key, before);
    if (operation.kind !== 'delete') this.#insert(key, valueAfter(operation, before, versionstamp));
    return { kind: 'written', versionstamp, existed: before !== undefined };
  }

  #insert(key: KeyText, stored: StoredValue): void {
    this.#values.set(key, stored);
    this.#bytes += key.length + stored.value.length;
    this.#digest.add(hashOf(key, stored));
  }

  #remove(key: KeyText, stored: StoredValue): void {
    this.#values.delete(key);
    this.#bytes -= key.length + stored.value.length;
    this.#digest.remove(hashOf(key, stored));
  }
}

function bytesAfter(operation: Operation, before: StoredValue | undefined): number {
  if (operation.kind === 'delete') return 0;
  const kept = operation.kind === 'append' && before !== undefined ? before.value.length : 0;
  return kept + operation.value.length;
}

function valueAfter(
  operation: Exclude<Operation, { kind: 'delete' }>,
  before: StoredValue | undefined,
  versionstamp: Versionstamp,
): StoredValue {
  const { kind, value: given } = operation;
  if (kind === 'put' || before === undefined) {
    // Copy: the operation's bytes are a view of a frame or record, which they would keep in memory.
    return { value: given.slice(), versionstamp, valueHash: feedBytes(EMPTY_HASH, given) };
  }
  const value = new Uint8Array(before.value.length + given.length);
  value.set(before.value);
  value.set(given, before.value.length);
  return { value, versionstamp, valueHash: feedBytes(before.valueHash, given) };
}

function hashOf(key: KeyText, { value, versionstamp, valueHash }: StoredValue): Hash {
  const { generation, revision } = versionstamp;
  return feedNumbers(feedText(valueHash, key), key.length, value.length, generation, revision);
}
