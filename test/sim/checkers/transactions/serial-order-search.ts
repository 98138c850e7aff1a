/** Decides strict serializability by trying all orders. It is slow, and independent of the checker. */
import type {
  Transaction,
  TransactionHistory,
  TransactionNumber,
} from '../../../../src/sim/checkers/transactions/history.ts';

type Lists = ReadonlyMap<string, readonly string[]>;

/** Whether an order of the transactions follows real time and explains every read. */
export function hasSerialOrder(history: TransactionHistory): boolean {
  const possible = [...history.keys()].filter((number) => history[number]?.outcome.kind !== 'aborted');
  return canContinue(history, possible, new Map());
}

function canContinue(history: TransactionHistory, left: readonly TransactionNumber[], lists: Lists): boolean {
  // A transaction of unknown outcome may have no effect.
  if (left.every((number) => history[number]?.outcome.kind === 'unknown')) return true;
  return left.some((number) => {
    const transaction = history[number];
    if (transaction === undefined) return false;
    const others = left.filter((other) => other !== number);
    const isTooEarly = others.some((other) => completedBefore(history[other], transaction));
    const after = isTooEarly ? undefined : execute(transaction, lists);
    return after !== undefined && canContinue(history, others, after);
  });
}

function completedBefore(one: Transaction | undefined, other: Transaction): boolean {
  return one?.outcome.kind === 'committed' && one.outcome.at < other.invokedAt;
}

/** The lists after the transaction. Undefined: they contradict its reads. */
function execute({ operations }: Transaction, before: Lists): Lists | undefined {
  const lists = new Map(before);
  for (const operation of operations) {
    const elements = lists.get(operation.key) ?? [];
    if (operation.kind === 'append') lists.set(operation.key, [...elements, operation.element]);
    else if (elements.join() !== operation.elements.join()) return undefined;
  }
  return lists;
}
