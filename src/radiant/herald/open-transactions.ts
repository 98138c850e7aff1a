/** The transactions of an order that somebody left open: locks, and records of commits (design, rule 16). */
import { transactionName } from '../../store/slot-locks.ts';
import type { LockedSlot } from '../../store/contract.ts';
import type { TransactionId } from '../../wire/entries/command.ts';
import type { LockId, LogIndex, Slot } from '../../wire/identifiers.ts';
import type { Times } from '../../wire/times.ts';
import type { Acknowledgement } from './deferred-replies.ts';

export type OpenTransaction = {
  /** Identifies the lock or the record among all of this order. */
  readonly name: string;
  readonly transaction: TransactionId;
  readonly slot: Slot;
  readonly shardEpoch: number;
} & (
  | { readonly kind: 'lock'; readonly home: Slot }
  /** Some of the participants may not have performed their writes yet. */
  | { readonly kind: 'commit'; readonly participants: readonly Slot[] }
);

/** The lock of a snapshot. Its client has probably gone, or reads too slowly. */
interface OpenRange {
  readonly kind: 'range';
  readonly name: string;
  readonly lock: LockId;
}

/** The log of an order that this radiant leads. */
interface LedOrder {
  readonly applied: LogIndex;
  lockedSlots(): Iterable<LockedSlot>;
  lockedRanges(): readonly LockId[];
}

interface Seen {
  readonly sinceMs: number;
  /** The applied index at the first sight. */
  readonly index: LogIndex;
}

/** Finds the transactions that have been open for long. Ages are local, so they start again with each herald. */
export class OpenTransactions {
  readonly #order: LedOrder;
  readonly #companionship: Acknowledgement;
  readonly #times: Times['transactions'];
  #seen: ReadonlyMap<string, Seen> = new Map();

  constructor(order: LedOrder, companionship: Acknowledgement, times: Times['transactions']) {
    this.#order = order;
    this.#companionship = companionship;
    this.#times = times;
  }

  /**
   * Returns the transactions and ranges that have been open for long. Call this in every tick while this radiant leads.
   * The companion of a sole voter holds them as well (design, rule 6). Otherwise a commit could be told to other orders
   * and then be lost with the voter's disk.
   */
  due(nowMs: number): readonly (OpenTransaction | OpenRange)[] {
    const seen = new Map<string, Seen>();
    const due: (OpenTransaction | OpenRange)[] = [];
    const acknowledged = this.#companionship.acknowledgeable();
    for (const open of this.#open()) {
      const first = this.#seen.get(open.name) ?? { sinceMs: nowMs, index: this.#order.applied };
      seen.set(open.name, first);
      const patienceMs = open.kind === 'range' ? this.#times.rangePatienceMs : this.#times.lockPatienceMs;
      if (nowMs - first.sinceMs >= patienceMs && first.index <= acknowledged) due.push(open);
    }
    this.#seen = seen;
    return due;
  }

  *#open(): Generator<OpenTransaction | OpenRange> {
    yield* openTransactions(this.#order.lockedSlots());
    for (const lock of this.#order.lockedRanges()) yield { kind: 'range', name: `range ${lock}`, lock };
  }

  stepDown(): void {
    this.#seen = new Map();
  }
}

function* openTransactions(slots: Iterable<LockedSlot>): Generator<OpenTransaction> {
  for (const { slot, shardEpoch, locks, commits } of slots) {
    const at = { slot, shardEpoch };
    for (const { transaction, home } of locks) {
      yield { kind: 'lock', name: `lock ${slot} ${transactionName(transaction)}`, transaction, home, ...at };
    }
    for (const { transaction, participants } of commits) {
      yield {
        kind: 'commit',
        name: `commit ${slot} ${transactionName(transaction)}`,
        transaction,
        participants,
        ...at,
      };
    }
  }
}
