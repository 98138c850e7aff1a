/**
 * Counters of the situations that runs must cover. A counter that stays 0 shows that the simulator no longer tests a
 * situation.
 */
import { ORDER_TRANSITIONS, RADIANT_TRANSITIONS, type Transition } from '../cluster/lifecycle.ts';
import { COUNTED_FAULT_KINDS, LOSS_KINDS } from './fault-kinds.ts';

/** Events of logs, memberships and replica states. The checkers see them in written bytes and in views. */
const REPLICA_KINDS = [
  'election',
  'pre-vote-refused',
  'leadership-transferred',
  'truncation',
  'simple-change',
  'joint-change',
  'checkpoint',
  'snapshot-offered',
  'snapshot-sent',
  'snapshot-installed',
  'snapshot-resumed',
  'replacement',
  'companion-named',
  'companion-lost',
  'acknowledged-by-companion',
] as const;

/** Transactions by their outcome, and the entries that settle them. */
const TRANSACTION_KINDS = [
  'transaction-within-order',
  'transaction-across-orders',
  'transaction-rejected',
  'transaction-failed',
  'transaction-unknown',
  'transaction-prepared',
  'lock-committed',
  'lock-aborted',
  // A herald asked the home of a transaction that its client had left open.
  'transaction-resolved',
  'transaction-forgotten',
  'bank-snapshot',
  'locked-list',
  // A list of a locked range that does not count, because a lock was lost or a call failed.
  'locked-list-void',
  'range-locked',
  'range-released',
] as const;

/** Answers of the store to applications. */
const ANSWER_KINDS = [
  'condition-met',
  'conflict',
  'list-of-one-page',
  'machine-command',
  'machine-refused',
  'machine-read',
  'machine-call-failed',
  'list-of-pages',
  // A list that found its slots at several orders.
  'list-divided',
  'list-failed',
  'watch-change',
  'watch-resumed',
  // A watch whose position had left the window.
  'watch-resynced',
  'watch-question-failed',
] as const;

const CONFIGURATION_KINDS = [
  'join',
  'leave',
  'move',
  'move-completed',
  'fracture',
  'consolidation',
  'order-born',
  'order-dissolved',
  // The kinds with `under-way` happened while another shard was moving.
  'join-under-way',
  'leave-under-way',
  'fracture-under-way',
  'consolidation-under-way',
  'memory-lost-under-way',
  'departed',
  'departed-under-way',
  'vanished',
  'removed-while-away',
  'opened-late',
  'administered-at-once',
  'pure-client-answered',
  'bondsmith-changed',
  'bondsmith-changed-under-way',
  'stale-decision',
  'handover-resumed-by-its-source',
  'handover-resumed-by-its-target',
] as const;

/**
 * Counters of memberships by number of voters. Configurations name only odd numbers. Two and four voters occur while a
 * membership changes. Six voters are too rare to be expected here; the schedules of test/consensus cover them.
 */
export const VOTER_COUNTS = [
  [1, 'one voter'],
  [2, 'two voters'],
  [3, 'three voters'],
  [4, 'four voters'],
  [5, 'five voters'],
  [7, 'seven voters'],
] as const;

/** The counters of all transitions that a lifecycle allows. */
export type TransitionKind = `${'radiant' | 'order'}: ${string} → ${string}`;

export const transitionKind = ({
  of,
  from,
  to,
}: { [Key in keyof Transition]: string } & Pick<Transition, 'of'>): TransitionKind => `${of}: ${from} → ${to}`;

function transitions(of: 'radiant' | 'order', table: Readonly<Record<string, readonly string[]>>): TransitionKind[] {
  return Object.entries(table).flatMap(([from, next]) => next.map((to) => transitionKind({ of, from, to })));
}

export const TRANSITION_KINDS: readonly TransitionKind[] = [
  ...transitions('radiant', RADIANT_TRANSITIONS),
  ...transitions('order', ORDER_TRANSITIONS),
];

const FRAME_FAULT_KINDS = ['frame-lost', 'frame-held', 'frame-delayed', 'frame-duplicated', 'frame-reordered'] as const;

const OTHER_KINDS = [
  ...REPLICA_KINDS,
  ...VOTER_COUNTS.map(([, kind]) => kind),
  ...CONFIGURATION_KINDS,
  ...ANSWER_KINDS,
  ...TRANSACTION_KINDS,
  'retirement',
  ...COUNTED_FAULT_KINDS,
  ...LOSS_KINDS,
  ...FRAME_FAULT_KINDS,
  'flush-lost',
  'late-write-refused',
  'refused-for-full-disks',
] as const;

export type CoveredKind = (typeof OTHER_KINDS)[number] | TransitionKind;

export const COVERED_KINDS: readonly CoveredKind[] = [...OTHER_KINDS, ...TRANSITION_KINDS];

export type CoverageListener = (kind: CoveredKind) => void;

export class Coverage {
  readonly #counts = new Map<CoveredKind, number>();

  add(kind: CoveredKind, times = 1): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + times);
  }

  report(): CoverageReport {
    return Object.fromEntries(COVERED_KINDS.map((kind) => [kind, this.#counts.get(kind) ?? 0]));
  }
}

export type CoverageReport = Readonly<Record<string, number>>;

export function sumOfCoverage(reports: readonly CoverageReport[]): CoverageReport {
  const totals = new Map<string, number>(COVERED_KINDS.map((kind) => [kind, 0]));
  for (const report of reports) {
    for (const [kind, times] of Object.entries(report)) totals.set(kind, (totals.get(kind) ?? 0) + times);
  }
  return Object.fromEntries(totals);
}

export function uncovered(report: CoverageReport): readonly CoveredKind[] {
  return COVERED_KINDS.filter((kind) => (report[kind] ?? 0) === 0);
}
