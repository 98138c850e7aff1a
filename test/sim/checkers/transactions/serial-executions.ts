/** Generates histories of transactions that ran one after another, and plants faults in them. */
import fc from 'fast-check';
import type {
  Transaction,
  TransactionHistory,
  TransactionOperation,
  TransactionOutcome,
} from '../../../../src/sim/checkers/transactions/history.ts';

/** Distance between the points at which two neighbours take effect. */
const DISTANCE = 10;

type Fate = 'committed' | 'aborted' | 'unknown with effect' | 'unknown without effect';

const UNKNOWN: readonly Fate[] = ['unknown with effect', 'unknown without effect'];

interface Plan {
  readonly operations: readonly { readonly kind: 'append' | 'read'; readonly key: string }[];
  readonly fate: Fate;
  /** Length of the transaction before and after the point at which it takes effect. */
  readonly before: number;
  readonly after: number;
}

export interface ExecutionOptions {
  readonly keys: readonly string[];
  readonly transactions: number;
  /** 0: no transaction overlaps another one. */
  readonly longest: number;
  readonly canBeUnknown: boolean;
}

/** A history that the serial order of its transactions explains. Reads of all keys stand at its end. */
export function serialExecution(options: ExecutionOptions): fc.Arbitrary<TransactionHistory> {
  const { keys, transactions, longest, canBeUnknown } = options;
  const operation = fc.record({
    kind: fc.constantFrom('append' as const, 'read' as const),
    key: fc.constantFrom(...keys),
  });
  const fate = fc.oneof(
    { weight: 7, arbitrary: fc.constant<Fate>('committed') },
    { weight: 1, arbitrary: fc.constantFrom<Fate>('aborted', ...(canBeUnknown ? UNKNOWN : [])) },
  );
  const plan = fc.record({
    operations: fc.array(operation, { minLength: 1, maxLength: 4 }),
    fate,
    before: fc.nat(longest),
    after: fc.nat(longest),
  });
  const last: Plan = {
    operations: keys.map((key) => ({ kind: 'read', key })),
    fate: 'committed',
    before: 0,
    after: 0,
  };
  return fc.array(plan, { minLength: 1, maxLength: transactions }).map((plans) => execute([...plans, last]));
}

function execute(plans: readonly Plan[]): TransactionHistory {
  const lists = new Map<string, readonly string[]>();
  return plans.map(({ operations, fate, before, after }, number): Transaction => {
    const own = new Map(lists);
    const done = operations.map(({ kind, key }, at): TransactionOperation => {
      const elements = own.get(key) ?? [];
      if (kind === 'read') return { kind, key, elements };
      const element = `${number}.${at}`;
      own.set(key, [...elements, element]);
      return { kind, key, element };
    });
    if (fate === 'committed' || fate === 'unknown with effect') {
      for (const [key, elements] of own) lists.set(key, elements);
    }
    const point = DISTANCE * number;
    return {
      process: `tab ${number % 5}`,
      invokedAt: point - before,
      outcome: outcomeOf(fate, point + after),
      operations: done,
    };
  });
}

function outcomeOf(fate: Fate, at: number): TransactionOutcome {
  if (fate === 'committed') return { kind: 'committed', at };
  return { kind: fate === 'aborted' ? 'aborted' : 'unknown' };
}

/** A change of one read. The places are taken modulo the number of reads, and of elements. */
export interface Fault {
  readonly kind: 'swap' | 'drop' | 'stale' | 'insert';
  readonly read: number;
  readonly place: number;
  readonly source: number;
}

export const fault: fc.Arbitrary<Fault> = fc.record({
  kind: fc.constantFrom('swap', 'drop', 'stale', 'insert'),
  read: fc.nat(),
  place: fc.nat(),
  source: fc.nat(),
});

/** Changes one read of a committed transaction. The history stays the same if the fault does not apply. */
export function plant(history: TransactionHistory, { kind, read, place, source }: Fault): TransactionHistory {
  const reads = history.flatMap(({ outcome, operations }, number) =>
    outcome.kind === 'committed'
      ? operations.flatMap((operation, at) => (operation.kind === 'read' ? [{ number, at, operation }] : []))
      : [],
  );
  const chosen = reads[read % reads.length];
  if (chosen === undefined) return history;
  const { key, elements } = chosen.operation;
  const at = elements.length === 0 ? 0 : place % elements.length;
  const changed = [...elements];
  if (kind === 'drop') changed.splice(at, 1);
  else if (kind === 'stale') changed.splice(at);
  else if (kind === 'swap') changed.splice(at, 2, ...elements.slice(at, at + 2).toReversed());
  else {
    const appended = history.flatMap(({ operations }) =>
      operations.flatMap((operation) =>
        operation.kind === 'append' && operation.key === key ? [operation.element] : [],
      ),
    );
    changed.splice(place % (elements.length + 1), 0, ...appended.slice(source % (appended.length + 1)).slice(0, 1));
  }
  return replaceRead(history, chosen, changed);
}

/**
 * Lets a transaction append to a list although the list changed after it was read, as if the check of the version were
 * skipped. Undefined: no transaction reads a list, that another one appended to, before it appends.
 */
export function skipCheck(history: TransactionHistory): TransactionHistory | undefined {
  for (const [number, { outcome, operations }] of history.entries()) {
    if (outcome.kind !== 'committed') continue;
    for (const [at, operation] of operations.entries()) {
      if (operation.kind !== 'read' || operation.elements.length === 0) continue;
      const { key, elements } = operation;
      const others = operations.filter((other) => other.key === key);
      const isPlainUpdate = others[0] === operation && others.slice(1).every(({ kind }) => kind === 'append');
      if (isPlainUpdate && others.length > 1) return replaceRead(history, { number, at }, elements.slice(0, -1));
    }
  }
  return undefined;
}

function replaceRead(
  history: TransactionHistory,
  { number, at }: { readonly number: number; readonly at: number },
  elements: readonly string[],
): TransactionHistory {
  return history.map((transaction, one) =>
    one === number
      ? {
          ...transaction,
          operations: transaction.operations.map((operation, place) =>
            place === at && operation.kind === 'read' ? { ...operation, elements } : operation,
          ),
        }
      : transaction,
  );
}
