/** Which transactions took effect, and what they appended and read. */
import { assert } from '../../../wire/assertion.ts';
import type { Transaction, TransactionHistory, TransactionNumber } from './history.ts';

/** One append in a history. */
export interface Append {
  readonly transaction: TransactionNumber;
  readonly key: string;
  readonly element: string;
  /** Number of appends to the key that the transaction makes before this one. */
  readonly rank: number;
  /** Whether the transaction appends to the key again. */
  readonly isIntermediate: boolean;
}

export interface Read {
  readonly transaction: TransactionNumber;
  readonly key: string;
  readonly elements: readonly string[];
  /** Number of elements at the start of the list that do not come from the transaction itself. */
  readonly externalLength: number;
}

/** All that is known of one key. */
export interface KeyObservations {
  readonly key: string;
  /** By element: its append, by a transaction of any outcome. */
  readonly appends: ReadonlyMap<string, Append>;
  /** Reads by transactions that took effect. */
  readonly reads: readonly Read[];
}

export interface Observations {
  readonly history: TransactionHistory;
  readonly keys: readonly KeyObservations[];
  /**
   * The transactions that took effect: those whose commit was acknowledged, and those of unknown outcome of which another
   * such transaction read an append.
   */
  readonly effective: ReadonlySet<TransactionNumber>;
}

interface OpenKey {
  readonly key: string;
  readonly appends: Map<string, Append>;
  readonly reads: Read[];
  /** By element: the transaction of unknown outcome that appended it. */
  readonly doubtful: Map<string, TransactionNumber>;
}

/** @throws {InvariantError} if two appends to one key have the same element */
export function observe(history: TransactionHistory): Observations {
  const keys = new Map<string, OpenKey>();
  for (const [number, transaction] of history.entries()) collectAppends(keys, number, transaction);
  const committed = history.flatMap(({ outcome }, number) => (outcome.kind === 'committed' ? [number] : []));
  const effective = new Set(committed);
  // The reads of a transaction of unknown outcome can reveal others. The loop also visits what it adds.
  for (const number of effective) {
    for (const read of readsOf(number, history[number])) {
      const observed = openKey(keys, read.key);
      observed.reads.push(read);
      if (observed.doubtful.size === 0) continue;
      for (const element of read.elements) {
        const writer = observed.doubtful.get(element);
        if (writer !== undefined) effective.add(writer);
      }
    }
  }
  return { history, keys: [...keys.values()], effective };
}

function openKey(keys: Map<string, OpenKey>, key: string): OpenKey {
  const known = keys.get(key);
  if (known !== undefined) return known;
  const opened = { key, appends: new Map<string, Append>(), reads: [], doubtful: new Map<string, TransactionNumber>() };
  keys.set(key, opened);
  return opened;
}

function collectAppends(
  keys: Map<string, OpenKey>,
  number: TransactionNumber,
  { operations, outcome }: Transaction,
): void {
  const totals = new Map<string, number>();
  for (const { kind, key } of operations) if (kind === 'append') totals.set(key, (totals.get(key) ?? 0) + 1);
  const ranks = new Map<string, number>();
  for (const operation of operations) {
    if (operation.kind === 'read') continue;
    const { key, element } = operation;
    const { appends, doubtful } = openKey(keys, key);
    if (outcome.kind === 'unknown') doubtful.set(element, number);
    assert(!appends.has(element), `each append to a key has its own element, but ${key} gets ${element} twice`);
    const rank = ranks.get(key) ?? 0;
    ranks.set(key, rank + 1);
    appends.set(element, {
      transaction: number,
      key,
      element,
      rank,
      isIntermediate: rank + 1 < (totals.get(key) ?? 0),
    });
  }
}

function readsOf(number: TransactionNumber, transaction: Transaction | undefined): readonly Read[] {
  const reads: Read[] = [];
  const own = new Map<string, Set<string>>();
  for (const operation of transaction?.operations ?? []) {
    const { key } = operation;
    const ownElements = own.get(key) ?? new Set<string>();
    if (operation.kind === 'append') {
      own.set(key, ownElements.add(operation.element));
      continue;
    }
    const { elements } = operation;
    let externalLength = elements.length;
    while (externalLength > 0 && ownElements.has(elements[externalLength - 1] ?? '')) externalLength--;
    reads.push({ transaction: number, key, elements, externalLength });
  }
  return reads;
}
