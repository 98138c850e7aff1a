/** Names the cycles of a dependency graph. */
import { assert } from '../../../wire/assertion.ts';
import type { CycleAnomaly, CycleClass, CycleStep, Dependency } from './anomaly.ts';
import { type Component, type EdgeKinds, stronglyConnectedComponents } from './components.ts';
import type { DependencyGraph, Edge, EdgeKind, NodeNumber } from './dependency-graph.ts';
import { describeStep, describeTransactions } from './description.ts';
import type { TransactionHistory } from './history.ts';
import { type Cycle, CycleSearch } from './shortest-cycle.ts';

function kinds(...members: readonly EdgeKind[]): EdgeKinds {
  return new Set([...members, 'passage']);
}

/** Largest number of steps of a cycle that are described. */
const STEPS_SHOWN = 12;
const ALL_KINDS = kinds('ww', 'wr', 'rw', 'real-time');

/** From the most basic cycles on. `others`: the kinds of the other edges in a cycle with one read-write edge. */
const LEVELS: readonly { readonly all: EdgeKinds; readonly others: EdgeKinds | undefined }[] = [
  { all: kinds('ww'), others: undefined },
  { all: kinds('ww', 'wr'), others: undefined },
  { all: kinds('ww', 'wr', 'rw'), others: kinds('ww', 'wr') },
  { all: kinds('ww', 'real-time'), others: undefined },
  { all: kinds('ww', 'wr', 'real-time'), others: undefined },
  { all: ALL_KINDS, others: kinds('ww', 'wr', 'real-time') },
];

/**
 * A shortest cycle of the most basic class in each strongly connected component. A component is not reported again at a
 * later level, where it is part of a larger one.
 */
export function cycleAnomalies(graph: DependencyGraph, history: TransactionHistory): readonly CycleAnomaly[] {
  if (stronglyConnectedComponents(graph, ALL_KINDS).length === 0) return [];
  const anomalies: CycleAnomaly[] = [];
  const reported = new Set<NodeNumber>();
  for (const { all, others } of LEVELS) {
    for (const component of stronglyConnectedComponents(graph, all)) {
      const isReported = [...component].some((node) => reported.has(node));
      for (const node of component) reported.add(node);
      if (!isReported) anomalies.push(anomalyOf(history, cycleIn(graph, component, all, others)));
    }
  }
  return anomalies;
}

function cycleIn(graph: DependencyGraph, component: Component, all: EdgeKinds, others: EdgeKinds | undefined): Cycle {
  const search = new CycleSearch(graph, component);
  const cycle = (others && search.shortestWithOneReadWrite(others)) ?? search.shortest(all);
  assert(cycle !== undefined, 'a strongly connected component has a cycle');
  return cycle;
}

function anomalyOf(history: TransactionHistory, cycle: Cycle): CycleAnomaly {
  const steps = stepsOf(cycle);
  const name = classOf(steps);
  const transactions = steps.map(({ from }) => from);
  const order = name.endsWith('realtime') ? 'no serial order that follows real time' : 'no serial order';
  return {
    name,
    transactions,
    steps,
    explanation: [
      `${name}: ${transactions.length} transactions form a cycle, so ${order} explains what they read.`,
      describeTransactions(history, transactions.slice(0, STEPS_SHOWN)),
      ...steps.slice(0, STEPS_SHOWN).map((step) => describeStep(history, step)),
      ...(steps.length > STEPS_SHOWN ? [`  … and ${steps.length - STEPS_SHOWN} more steps`] : []),
    ].join('\n'),
  };
}

/** Joins each edge with the passages after it. */
function stepsOf(cycle: Cycle): readonly CycleStep[] {
  const steps: CycleStep[] = [];
  for (const [at, edge] of cycle.entries()) {
    if (edge.label.kind === 'passage') continue;
    let last = edge;
    for (const passage of cycle.slice(at + 1)) {
      if (passage.label.kind !== 'passage') break;
      last = passage;
    }
    steps.push({ from: edge.from, to: last.to, dependency: dependencyOf(edge, last) });
  }
  return steps;
}

function dependencyOf({ label }: Edge, last: Edge): Dependency {
  assert(label.kind !== 'passage', 'a step begins with an edge that has a kind');
  const unseen = last.label.kind === 'passage' ? (last.label.element ?? '') : '';
  switch (label.kind) {
    case 'ww':
      return { ...label, later: label.later ?? unseen, isLaterSeen: label.later !== undefined };
    case 'rw':
      return { ...label, missed: label.missed ?? unseen };
    default:
      return label;
  }
}

function classOf(steps: readonly CycleStep[]): CycleClass {
  const count = (kind: Dependency['kind']): number => steps.filter(({ dependency }) => dependency.kind === kind).length;
  const antiDependencies = count('rw');
  const withReads = count('wr') > 0 ? 'G1c' : 'G0';
  const withAntiDependency = antiDependencies === 1 ? 'G-single' : 'G2';
  const name = antiDependencies > 0 ? withAntiDependency : withReads;
  return count('real-time') > 0 ? `${name}-realtime` : name;
}
