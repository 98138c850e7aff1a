/** Checks each transaction against itself. */
import type { SimpleAnomaly } from './anomaly.ts';
import { describeElements, describeTransactions } from './description.ts';
import type { Transaction } from './history.ts';
import type { Observations } from './observations.ts';

/** A list as one transaction knows it from its own operations. */
interface KnownList {
  /** The result of its last read. Undefined: it has not read the key, so the beginning of the list is not known. */
  readonly read: readonly string[] | undefined;
  /** The elements that it appended since that read. */
  readonly appended: readonly string[];
}

const NOTHING_KNOWN: KnownList = { read: undefined, appended: [] };

/** Transactions that miss their own appends, read a key twice with different results, or read what they append later. */
export function internalAnomalies({ history, effective }: Observations): readonly SimpleAnomaly[] {
  return history.flatMap((transaction, number) => {
    const contradiction = effective.has(number) ? contradictionIn(transaction) : undefined;
    if (contradiction === undefined) return [];
    const summary = `internal: T${number} contradicts itself. It ${contradiction}.`;
    const explanation = [summary, describeTransactions(history, [number])].join('\n');
    return [{ name: 'internal', transactions: [number], explanation }];
  });
}

function contradictionIn({ operations }: Transaction): string | undefined {
  const known = new Map<string, KnownList>();
  for (const operation of operations) {
    const { key } = operation;
    const { read, appended } = known.get(key) ?? NOTHING_KNOWN;
    if (operation.kind === 'append') {
      const { element } = operation;
      if (read?.includes(element) === true) return `read ${element} in ${key} before it appended ${element}`;
      known.set(key, { read, appended: [...appended, element] });
      continue;
    }
    const { elements } = operation;
    if (read !== undefined && !areEqual(elements, [...read, ...appended])) {
      return mistakenRead(key, elements, describeElements([...read, ...appended]));
    }
    if (!areEqual(elements.slice(Math.max(0, elements.length - appended.length)), appended)) {
      return mistakenRead(key, elements, `its own ${describeElements(appended)} at the end`);
    }
    known.set(key, { read: elements, appended: [] });
  }
  return undefined;
}

function mistakenRead(key: string, elements: readonly string[], expected: string): string {
  return `read ${key} as ${describeElements(elements)}, and must read ${expected}`;
}

function areEqual(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((element, at) => element === other[at]);
}
