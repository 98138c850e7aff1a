/** Anomalies that one read shows, without a cycle. */
import type { SimpleAnomaly, SimpleClass } from './anomaly.ts';
import { describeTransactions } from './description.ts';
import type { TransactionNumber } from './history.ts';
import type { Append, KeyObservations, Observations, Read } from './observations.ts';

/**
 * Reads of elements that no transaction appended or that an aborted one did, and of intermediate states.
 * @param widest reads that together show every element that any read shows
 */
export function readAnomalies(
  observations: Observations,
  observed: KeyObservations,
  widest: readonly Read[],
): readonly SimpleAnomaly[] {
  const anomalies: SimpleAnomaly[] = [];
  const reported = new Set<string>();
  const report = (name: SimpleClass, read: Read, element: string, writer: TransactionNumber | undefined): void => {
    const fault = `${name} ${element}`;
    if (reported.has(fault)) return;
    reported.add(fault);
    anomalies.push(readAnomaly(observations, name, read, element, writer));
  };
  for (const read of widest) {
    for (const element of read.elements) {
      const append = observed.appends.get(element);
      if (append === undefined) report('garbage-read', read, element, undefined);
      else if (!observations.effective.has(append.transaction)) report('G1a', read, element, append.transaction);
    }
  }
  for (const read of observed.reads) {
    const last = observed.appends.get(read.elements[read.externalLength - 1] ?? '');
    if (last?.isIntermediate === true && last.transaction !== read.transaction) {
      report('G1b', read, last.element, last.transaction);
    }
  }
  return anomalies;
}

function readAnomaly(
  { history }: Observations,
  name: SimpleClass,
  { transaction, key }: Read,
  element: string,
  writer: TransactionNumber | undefined,
): SimpleAnomaly {
  const transactions = writer === undefined ? [transaction] : [transaction, writer];
  const writers: Partial<Record<SimpleClass, string>> = {
    G1a: `T${writer ?? ''} appended it and aborted.`,
    G1b: `T${writer ?? ''} appended it and appended to ${key} again, so no transaction may read this state.`,
  };
  const summary = `${name}: T${transaction} read ${element} in ${key}. ${writers[name] ?? 'No transaction appended it.'}`;
  return { name, transactions, explanation: [summary, describeTransactions(history, transactions)].join('\n') };
}

/**
 * Appends that were acknowledged, and that every read misses, although some read began later.
 * @param widest reads that together show every element that any read shows
 */
export function lostAppends(
  { history }: Observations,
  observed: KeyObservations,
  widest: readonly Read[],
): readonly SimpleAnomaly[] {
  const invokedAt = ({ transaction }: Read): number => history[transaction]?.invokedAt ?? Number.NEGATIVE_INFINITY;
  const seen = new Set(widest.flatMap(({ elements }) => elements));
  let latest: Read | undefined;
  for (const read of observed.reads) {
    if (latest === undefined || invokedAt(read) > invokedAt(latest)) latest = read;
  }
  if (latest === undefined) return [];
  const reader = latest.transaction;
  const readAt = invokedAt(latest);
  const isLost = ({ element, transaction }: Append): boolean => {
    const outcome = history[transaction]?.outcome;
    return outcome?.kind === 'committed' && !seen.has(element) && outcome.at < readAt;
  };
  return [...observed.appends.values()].filter(isLost).map(({ element, transaction, key }) => ({
    name: 'lost-append',
    transactions: [transaction, reader],
    explanation: [
      `lost-append: No read of ${key} shows ${element}. T${transaction} appended it and committed before T${reader} read.`,
      describeTransactions(history, [transaction, reader]),
    ].join('\n'),
  }));
}
