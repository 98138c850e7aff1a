/** Derives the order of the appends to a key from the reads of the key. */
import type { SimpleAnomaly } from './anomaly.ts';
import { describeElements, describeTransactions } from './description.ts';
import type { TransactionHistory } from './history.ts';
import type { KeyObservations, Observations, Read } from './observations.ts';

export interface VersionOrder {
  /** The elements of the longest read. Every other read shows a beginning of them. Undefined: the reads disagree. */
  readonly elements: readonly string[] | undefined;
  /** Reads that together show every element that any read shows. */
  readonly widest: readonly Read[];
  readonly anomalies: readonly SimpleAnomaly[];
}

/**
 * Every read of a list shows all earlier appends in their order. The longest read therefore shows the order of all
 * appends that any read shows.
 */
export function versionOrder(observations: Observations, observed: KeyObservations): VersionOrder {
  const { history } = observations;
  const { key, reads } = observed;
  const longest = longestRead(reads);
  if (longest === undefined) return { elements: [], widest: [], anomalies: [] };
  const disagreement = firstDisagreement(history, observed, longest);
  const widest = disagreement === undefined ? [longest] : reads;
  const anomaly =
    firstDuplicate(history, key, widest) ?? disagreement ?? firstDisorder(observations, observed, longest);
  return anomaly === undefined
    ? { elements: longest.elements, widest, anomalies: [] }
    : { elements: undefined, widest, anomalies: [anomaly] };
}

function longestRead(reads: readonly Read[]): Read | undefined {
  let longest: Read | undefined;
  for (const read of reads) {
    if (longest === undefined || read.elements.length > longest.elements.length) longest = read;
  }
  return longest;
}

function firstDuplicate(history: TransactionHistory, key: string, reads: readonly Read[]): SimpleAnomaly | undefined {
  const read = reads.find(({ elements }) => new Set(elements).size < elements.length);
  if (read === undefined) return undefined;
  const element = read.elements.find((one, at) => read.elements.indexOf(one) < at) ?? '';
  return {
    name: 'duplicate-element',
    transactions: [read.transaction],
    explanation: [
      `duplicate-element: T${read.transaction} read ${element} twice in ${key}. It was appended once.`,
      describeTransactions(history, [read.transaction]),
    ].join('\n'),
  };
}

function firstDisagreement(
  history: TransactionHistory,
  { key, reads }: KeyObservations,
  longest: Read,
): SimpleAnomaly | undefined {
  for (const read of reads) {
    const at = read.elements.findIndex((element, place) => longest.elements[place] !== element);
    if (at < 0) continue;
    const [one, other] = [read.transaction, longest.transaction];
    return {
      name: 'incompatible-order',
      transactions: [one, other],
      explanation: [
        `incompatible-order: T${one} and T${other} read ${key} differently from element ${at + 1} on.`,
        `  T${one} read ${describeElements(read.elements.slice(0, at + 1))}.`,
        `  T${other} read ${describeElements(longest.elements.slice(0, at + 1))}.`,
        describeTransactions(history, [one, other]),
      ].join('\n'),
    };
  }
  return undefined;
}

/** Finds a transaction whose appends stand in another order than the transaction made them, or with a gap. */
function firstDisorder(
  { history, effective }: Observations,
  { key, appends }: KeyObservations,
  longest: Read,
): SimpleAnomaly | undefined {
  const expected = new Map<number, number>();
  for (const element of longest.elements) {
    const append = appends.get(element);
    if (append === undefined || !effective.has(append.transaction)) continue;
    const writer = append.transaction;
    const rank = expected.get(writer) ?? 0;
    expected.set(writer, rank + 1);
    if (append.rank === rank) continue;
    return {
      name: 'incompatible-order',
      transactions: [longest.transaction, writer],
      explanation: [
        `incompatible-order: T${longest.transaction} read ${element} in ${key} without an append that T${writer} made before it.`,
        describeTransactions(history, [longest.transaction, writer]),
      ].join('\n'),
    };
  }
  return undefined;
}
