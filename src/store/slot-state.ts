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

export interface StoredValue {
  readonly value: Uint8Array;
  readonly versionstamp: Versionstamp;
  /** Of the value alone: an append feeds it on, at the cost of what is appended and not of what is there. */
  readonly valueHash: Hash;
}

/** Everything that is kept for one slot, and moves with it when shards are consolidated. */
export class SlotState {
  readonly slot: Slot;
  /** Who may change it; for all others it is shared, and cloned before a change. */
  readonly owner: object;
  readonly #values: OrderedMap<StoredValue>;
  readonly #outcomes: OutcomeTable;
  readonly #digest: SetDigest;
  /** Grows by one with every command that takes effect; survives the values. */
  #revision = 0;
  #bytes = 0;
  /** Undefined: something has changed since it was asked for. */
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

  /** Of all that this state is. */
  hash(): Hash {
    this.#hash ??= this.#hashAnew();
    return this.#hash;
  }

  get(key: Uint8Array): StoredValue | undefined {
    return this.#values.get(keyTextOf(key));
  }

  outcomeOf(client: ClientId, sequence: SequenceNumber): Outcome | undefined {
    return this.#outcomes.get(client, sequence);
  }

  /** Carries a command out and remembers its outcome: the caller has made sure that there is none yet. */
  execute(client: ClientId, sequence: SequenceNumber, operation: Operation, generation: number): Outcome {
    this.#hash = undefined;
    const outcome = this.#execute(operation, generation);
    this.#outcomes.add(client, sequence, outcome);
    return outcome;
  }

  /** The client has finished the command: its outcome is not asked for any more. */
  forget(client: ClientId, sequence: SequenceNumber): void {
    this.#hash = undefined;
    this.#outcomes.remove(client, sequence);
  }

  /** In the order of their bytes. */
  values(): Iterable<readonly [KeyText, StoredValue]> {
    return this.#values.entries();
  }

  /** In no particular order. */
  outcomes(): Iterable<readonly [ClientId, SequenceNumber, Outcome]> {
    return this.#outcomes;
  }

  /** Puts back how many commands took effect in a slot in which nothing has been done yet. */
  restoreRevision(revision: number): void {
    assert(this.#revision === 0, 'a revision never goes back');
    this.#hash = undefined;
    this.#revision = revision;
  }

  /** Puts back a value that is not here. Its bytes are copied. */
  restoreValue(key: Uint8Array, value: Uint8Array, versionstamp: Versionstamp): void {
    this.#hash = undefined;
    this.#insert(keyTextOf(key), { value: value.slice(), versionstamp, valueHash: feedBytes(EMPTY_HASH, value) });
  }

  /** Puts back an outcome that is not here. */
  restoreOutcome(client: ClientId, sequence: SequenceNumber, outcome: Outcome): void {
    this.#hash = undefined;
    this.#outcomes.add(client, sequence, outcome);
  }

  #hashAnew(): Hash {
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
    // A copy: an operation's bytes are a view of the frame or record that they came in, and would keep all of it alive.
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
