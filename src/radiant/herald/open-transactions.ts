/** The transactions of an order that somebody left open: locks, and records of commits (design, rule 16). */
import { transactionName } from '../../store/slot-locks.ts';
import type { LockedSlot } from '../../store/contract.ts';
import type { TransactionId } from '../../wire/entries/command.ts';
import type { LogIndex, Slot } from '../../wire/identifiers.ts';
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

/** The log of an order that this radiant leads. */
interface LedOrder {
  readonly applied: LogIndex;
  lockedSlots(): Iterable<LockedSlot>;
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
   * Returns the transactions that have been open for `lockPatienceMs`. Call this in every tick while this radiant leads.
   * The companion of a sole voter holds them as well (design, rule 6). Otherwise a commit could be told to other orders
   * and then be lost with the voter's disk.
   */
  due(nowMs: number): readonly OpenTransaction[] {
    const seen = new Map<string, Seen>();
    const due: OpenTransaction[] = [];
    const acknowledged = this.#companionship.acknowledgeable();
    for (const open of openTransactions(this.#order.lockedSlots())) {
      const first = this.#seen.get(open.name) ?? { sinceMs: nowMs, index: this.#order.applied };
      seen.set(open.name, first);
      if (nowMs - first.sinceMs >= this.#times.lockPatienceMs && first.index <= acknowledged) due.push(open);
    }
    this.#seen = seen;
    return due;
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
