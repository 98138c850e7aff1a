import { transactionName } from '../../store/slot-locks.ts';
import type { Entry, SettleEntry } from '../../wire/entries/command.ts';
import type { OrderId } from '../../wire/identifiers.ts';
import type { CoverageListener } from '../coverage.ts';
import { check } from '../violation.ts';
import type { EntryListener } from './log-listener.ts';

/** Checks that all orders settle a transaction in the same way: they commit it or they abort it. */
export class Settlements implements EntryListener {
  readonly #covered: CoverageListener;
  readonly #decisions = new Map<string, SettleEntry['step']>();

  constructor(covered: CoverageListener) {
    this.#covered = covered;
  }

  decided(_order: OrderId, _index: number, entry: Entry): void {
    if (entry.kind === 'command' && entry.command.operation.kind === 'prepare') this.#covered('transaction-prepared');
    if (entry.kind === 'lock-range') this.#covered('range-locked');
    if (entry.kind === 'release-range') this.#covered('range-released');
    if (entry.kind !== 'settle') return;
    const { step, transaction } = entry;
    if (step === 'resolve') this.#covered('transaction-resolved');
    else if (step === 'forget') this.#covered('transaction-forgotten');
    else {
      this.#covered(step === 'commit' ? 'lock-committed' : 'lock-aborted');
      const name = transactionName(transaction);
      const before = this.#decisions.get(name) ?? step;
      check(before === step, 'a transaction has one decision', () => `${name}: ${before}, and then ${step}`);
      this.#decisions.set(name, step);
    }
  }
}
