/** Transactions, dependencies and anomalies in words. */
import { unreachable } from '../../../wire/assertion.ts';
import type { Anomaly, CycleStep } from './anomaly.ts';
import type { TransactionHistory, TransactionNumber, TransactionOperation, TransactionOutcome } from './history.ts';

/** Largest number of elements of a list that are shown. The last ones are shown, because they differ between reads. */
const ELEMENTS_SHOWN = 8;
const OPERATIONS_SHOWN = 12;
const ANOMALIES_SHOWN = 5;

export function describeElements(elements: readonly string[]): string {
  const hidden = Math.max(0, elements.length - ELEMENTS_SHOWN);
  const shown = elements.slice(hidden);
  return `[${(hidden > 0 ? [`… ${hidden} more`, ...shown] : shown).join(', ')}]`;
}

/** One line for each transaction, with its process, its interval and its operations. */
export function describeTransactions(history: TransactionHistory, numbers: readonly TransactionNumber[]): string {
  return [...new Set(numbers)].map((number) => describeTransaction(history, number)).join('\n');
}

function describeTransaction(history: TransactionHistory, number: TransactionNumber): string {
  const transaction = history[number];
  if (transaction === undefined) return `  T${number}`;
  const { process, invokedAt, outcome, operations } = transaction;
  const shown = operations.slice(0, OPERATIONS_SHOWN).map(describeOperation);
  if (operations.length > shown.length) shown.push(`… ${operations.length - shown.length} more`);
  return `  T${number} by ${process}, invoked at ${invokedAt}, ${describeOutcome(outcome)}: ${shown.join('; ')}`;
}

function describeOperation(operation: TransactionOperation): string {
  if (operation.kind === 'append') return `append ${operation.element} to ${operation.key}`;
  return `read ${operation.key} as ${describeElements(operation.elements)}`;
}

function describeOutcome(outcome: TransactionOutcome): string {
  if (outcome.kind === 'committed') return `committed at ${outcome.at}`;
  return outcome.kind === 'aborted' ? 'aborted' : 'of unknown outcome';
}

/** One line that names the kind of the edge, and why the one transaction comes before the other. */
export function describeStep(history: TransactionHistory, step: CycleStep): string {
  return `  T${step.from} is before T${step.to} (${step.dependency.kind}): ${reasonOf(history, step)}`;
}

function reasonOf(history: TransactionHistory, { from, to, dependency }: CycleStep): string {
  switch (dependency.kind) {
    case 'ww': {
      const { key, earlier, later, isLaterSeen } = dependency;
      const evidence = isLaterSeen
        ? `Reads of ${key} show ${earlier} first.`
        : `The longest read of ${key} lacks ${later}.`;
      return `T${from} appended ${earlier} to ${key} before T${to} appended ${later}. ${evidence}`;
    }
    case 'wr':
      return `T${to} read ${dependency.element} in ${dependency.key}, and T${from} appended it.`;
    case 'rw': {
      const { key, seen, missed } = dependency;
      return `T${from} read ${key} as ${describeElements(seen)}, without ${missed} that T${to} appended.`;
    }
    case 'real-time': {
      const outcome = history[from]?.outcome;
      const completed = outcome?.kind === 'committed' ? outcome.at : '?';
      return `T${from} committed at ${completed}, before T${to} was invoked at ${history[to]?.invokedAt ?? '?'}.`;
    }
    default:
      return unreachable(dependency);
  }
}

/** The explanations of the first anomalies, and the number of the others. */
export function describeAnomalies(anomalies: readonly Anomaly[]): string {
  const shown = anomalies.slice(0, ANOMALIES_SHOWN).map(({ explanation }) => explanation);
  if (anomalies.length > shown.length) shown.push(`… and ${anomalies.length - shown.length} more anomalies`);
  return shown.join('\n');
}
