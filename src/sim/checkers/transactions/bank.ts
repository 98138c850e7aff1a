/** Checks that transfers between accounts keep the total, in every snapshot of all accounts. */

export type Balances = ReadonlyMap<string, number>;

/** One read of all accounts at one point. */
export interface BankSnapshot {
  readonly process: string;
  readonly invokedAt: number;
  readonly completedAt: number;
  readonly balances: Balances;
}

/** @returns one explanation for each snapshot that differs from the initial balances in its sum or its accounts */
export function checkBank(initial: Balances, snapshots: readonly BankSnapshot[]): readonly string[] {
  const total = sumOf(initial);
  const explanations: string[] = [];
  let lastRight: BankSnapshot | undefined;
  for (const snapshot of snapshots.toSorted((one, other) => one.completedAt - other.completedAt)) {
    const fault = faultIn(initial, total, snapshot.balances);
    if (fault === undefined) lastRight = snapshot;
    else explanations.push(explain(snapshot, fault, lastRight?.balances ?? initial, lastRight));
  }
  return explanations;
}

function faultIn(initial: Balances, total: number, balances: Balances): string | undefined {
  const missing = [...initial.keys()].filter((account) => !balances.has(account));
  if (missing.length > 0) return `lacks the accounts ${missing.join(', ')}`;
  const unknown = [...balances.keys()].filter((account) => !initial.has(account));
  if (unknown.length > 0) return `has the unknown accounts ${unknown.join(', ')}`;
  const sum = sumOf(balances);
  if (sum === total) return undefined;
  const difference = sum > total ? `${sum - total} too much` : `${total - sum} too little`;
  return `has the sum ${sum}, ${difference}. All transfers keep the sum ${total}`;
}

function explain(
  { process, invokedAt, completedAt, balances }: BankSnapshot,
  fault: string,
  before: Balances,
  lastRight: BankSnapshot | undefined,
): string {
  const changes = [...balances].filter(([account, balance]) => before.get(account) !== balance);
  const origin =
    lastRight === undefined ? 'at the start' : `in the last right snapshot, completed at ${lastRight.completedAt}`;
  return [
    `The snapshot of ${process}, from ${invokedAt} to ${completedAt}, ${fault}.`,
    `  balances: ${describe([...balances])}`,
    `  changed: ${describe(changes)}`,
    `  ${origin}: ${describe(changes.map(([account]) => [account, before.get(account)]))}`,
  ].join('\n');
}

function describe(balances: readonly (readonly [string, number | undefined])[]): string {
  return balances.map(([account, balance]) => `${account} ${balance ?? 'missing'}`).join(', ') || 'nothing';
}

function sumOf(balances: Balances): number {
  return [...balances.values()].reduce((sum, balance) => sum + balance, 0);
}
