/** Checks the steps of a reported cycle against the history, without the checker's own data. */
import type { CycleAnomaly, CycleStep } from '../../../../src/sim/checkers/transactions/anomaly.ts';
import type { TransactionHistory } from '../../../../src/sim/checkers/transactions/history.ts';

/** Faults of the cycle. Empty: the cycle is closed, has no transaction twice, and each step holds. */
export function faultsOfCycle(history: TransactionHistory, { name, steps }: CycleAnomaly): readonly string[] {
  const faults = steps.filter((step) => !holds(history, step)).map((step) => `untrue: ${JSON.stringify(step)}`);
  if (steps.some(({ to }, at) => to !== steps[(at + 1) % steps.length]?.from)) faults.push('the steps do not connect');
  if (new Set(steps.map(({ from }) => from)).size !== steps.length) faults.push('a transaction occurs twice');
  if (classOf(steps) !== name) faults.push(`the class is ${classOf(steps)}, not ${name}`);
  return faults;
}

function holds(history: TransactionHistory, { from, to, dependency }: CycleStep): boolean {
  const [one, other] = [history[from], history[to]];
  if (one === undefined || other === undefined) return false;
  const appends = (transaction: typeof one, key: string, element: string): boolean =>
    transaction.operations.some((done) => done.kind === 'append' && done.key === key && done.element === element);
  const reads = (transaction: typeof one, key: string): readonly (readonly string[])[] =>
    transaction.operations.flatMap((done) => (done.kind === 'read' && done.key === key ? [done.elements] : []));
  switch (dependency.kind) {
    case 'real-time':
      return one.outcome.kind === 'committed' && one.outcome.at < other.invokedAt;
    case 'wr': {
      const { key, element } = dependency;
      return appends(one, key, element) && reads(other, key).some((elements) => elements.includes(element));
    }
    case 'rw': {
      const { key, seen, missed } = dependency;
      const isSeen = (elements: readonly string[]): boolean => seen.every((element, at) => element === elements[at]);
      return appends(other, key, missed) && !seen.includes(missed) && reads(one, key).some(isSeen);
    }
    case 'ww': {
      const { key, earlier, later, isLaterSeen } = dependency;
      const all = history.filter(({ outcome }) => outcome.kind !== 'aborted').flatMap((one) => reads(one, key));
      const isShown = all.some((elements) => {
        const [first, second] = [elements.indexOf(earlier), elements.indexOf(later)];
        return first >= 0 && (isLaterSeen ? second > first : second < 0);
      });
      return appends(one, key, earlier) && appends(other, key, later) && isShown;
    }
  }
}

function classOf(steps: readonly CycleStep[]): string {
  const kinds = steps.map(({ dependency }) => dependency.kind);
  const antiDependencies = kinds.filter((kind) => kind === 'rw').length;
  const suffix = kinds.includes('real-time') ? '-realtime' : '';
  if (antiDependencies > 1) return `G2${suffix}`;
  if (antiDependencies === 1) return `G-single${suffix}`;
  return `${kinds.includes('wr') ? 'G1c' : 'G0'}${suffix}`;
}
