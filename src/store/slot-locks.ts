/** The transactions of one slot: locks of undecided or unfinished ones, and records of committed ones. */
import { assert } from '../wire/assertion.ts';
import type { KeyWrite, Prepare, TransactionId, TransactionPart } from '../wire/entries/command.ts';
import type { Slot } from '../wire/identifiers.ts';
import { EMPTY_HASH, feedBytes, feedNumbers, feedText, type Hash, SetDigest } from './hash.ts';
import { type KeyText, keyTextOf } from './key.ts';

/** The locks of one transaction in one slot (design, rule 16). */
export interface Lock {
  readonly transaction: TransactionId;
  /** The slot that decides the transaction. */
  readonly home: Slot;
  /** Whether no key of the slot may change. */
  readonly isWholeSlot: boolean;
  /** Keys that may not change. Sorted. */
  readonly checked: readonly KeyText[];
  /** The writes that the slot performs once the transaction is committed. Other calls may not read these keys. */
  readonly writes: readonly KeyWrite[];
}

/** A committed transaction whose home is this slot. */
export interface CommitRecord {
  readonly transaction: TransactionId;
  /** The slots that had prepared. Some may not have performed their writes yet. Sorted. */
  readonly participants: readonly Slot[];
}

/** Name of a transaction. Other transactions have other names. */
export function transactionName({ client, sequence }: TransactionId): string {
  return `${client}/${sequence}`;
}

export class SlotLocks {
  readonly #locks: Map<string, Lock>;
  readonly #commits: Map<string, CommitRecord>;

  constructor(locks = new Map<string, Lock>(), commits = new Map<string, CommitRecord>()) {
    this.#locks = locks;
    this.#commits = commits;
  }

  clone(): SlotLocks {
    return new SlotLocks(new Map(this.#locks), new Map(this.#commits));
  }

  get isEmpty(): boolean {
    return this.#locks.size === 0 && this.#commits.size === 0;
  }

  /** The locks, sorted by the names of their transactions. */
  locks(): readonly Lock[] {
    return sortedByTransaction(this.#locks.values());
  }

  /** The commits, sorted by the names of their transactions. */
  commits(): readonly CommitRecord[] {
    return sortedByTransaction(this.#commits.values());
  }

  get lockCount(): number {
    return this.#locks.size;
  }

  /** Whether a transaction may be about to change the key, so that nobody may read it. */
  blocksRead(key: KeyText): boolean {
    for (const { writes } of this.#locks.values()) {
      if (writes.some((write) => keyTextOf(write.key) === key)) return true;
    }
    return false;
  }

  /** Whether a transaction depends on the key or may be about to change it, so that nobody else may change it. */
  blocksWrite(key: KeyText): boolean {
    if (this.#locks.size === 0) return false;
    for (const { isWholeSlot, checked } of this.#locks.values()) {
      if (isWholeSlot || checked.includes(key)) return true;
    }
    return this.blocksRead(key);
  }

  /** Whether a lock of another transaction excludes this part. */
  blocksPart({ revision, checks, writes }: TransactionPart): boolean {
    if (this.#locks.size === 0) return false;
    if (revision !== undefined && [...this.#locks.values()].some((lock) => lock.writes.length > 0)) return true;
    if (checks.some(({ key }) => this.blocksRead(keyTextOf(key)))) return true;
    return writes.some(({ key }) => this.blocksWrite(keyTextOf(key)));
  }

  add(lock: Lock): void {
    const name = transactionName(lock.transaction);
    assert(!this.#locks.has(name), 'a transaction prepares once in a slot');
    this.#locks.set(name, lock);
  }

  /** Adds a write to a lock that is being restored. */
  addWrite(transaction: TransactionId, write: KeyWrite): void {
    const name = transactionName(transaction);
    const lock = this.#locks.get(name);
    assert(lock !== undefined, 'a write belongs to a lock');
    this.#locks.set(name, { ...lock, writes: [...lock.writes, copyOf(write)] });
  }

  /** Removes and returns the lock of the transaction. */
  take(transaction: TransactionId): Lock | undefined {
    const name = transactionName(transaction);
    const lock = this.#locks.get(name);
    this.#locks.delete(name);
    return lock;
  }

  has(transaction: TransactionId): boolean {
    return this.#locks.has(transactionName(transaction));
  }

  record(commit: CommitRecord): void {
    this.#commits.set(transactionName(commit.transaction), commit);
  }

  isCommitted(transaction: TransactionId): boolean {
    return this.#commits.has(transactionName(transaction));
  }

  forget(transaction: TransactionId): void {
    this.#commits.delete(transactionName(transaction));
  }

  hash(): Hash {
    const digest = new SetDigest();
    for (const lock of this.#locks.values()) digest.add(hashOfLock(lock));
    for (const { transaction, participants } of this.#commits.values()) {
      digest.add(feedNumbers(feedText(EMPTY_HASH, `commit ${transactionName(transaction)}`), ...participants));
    }
    return digest.hash;
  }
}

/** Builds the lock of a prepared part. Copies the bytes, because they are views of a larger message. */
export function lockOf({ transaction, home, part }: Prepare): Lock {
  const checked = part.checks.map(({ key }) => keyTextOf(key)).toSorted();
  const isWholeSlot = part.revision !== undefined;
  return { transaction, home, isWholeSlot, checked, writes: part.writes.map(copyOf) };
}

function copyOf(write: KeyWrite): KeyWrite {
  const key = write.key.slice();
  return write.kind === 'delete' ? { kind: write.kind, key } : { kind: write.kind, key, value: write.value.slice() };
}

function sortedByTransaction<Item extends { readonly transaction: TransactionId }>(
  items: Iterable<Item>,
): readonly Item[] {
  return [...items].toSorted(({ transaction: one }, { transaction: other }) => compareTransactions(one, other));
}

export function compareTransactions(one: TransactionId, other: TransactionId): number {
  if (one.client !== other.client) return one.client < other.client ? -1 : 1;
  return one.sequence - other.sequence;
}

function hashOfLock({ transaction, home, isWholeSlot, checked, writes }: Lock): Hash {
  let hash = feedText(EMPTY_HASH, `lock ${transactionName(transaction)}`);
  hash = feedNumbers(hash, home, isWholeSlot ? 1 : 0, checked.length);
  for (const key of checked) hash = feedText(feedNumbers(hash, key.length), key);
  for (const write of writes) {
    const value = write.kind === 'delete' ? NO_BYTES : write.value;
    hash = feedNumbers(feedText(hash, write.kind), write.key.length, value.length);
    hash = feedBytes(feedBytes(hash, write.key), value);
  }
  return hash;
}

const NO_BYTES = new Uint8Array(0);
