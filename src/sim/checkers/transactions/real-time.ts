/** Adds the order of real time to a dependency graph. */
import type { DependencyGraph, NodeNumber } from './dependency-graph.ts';
import type { Observations } from './observations.ts';

const REAL_TIME = { kind: 'real-time' } as const;
const PASSAGE = { kind: 'passage', element: undefined } as const;

/**
 * A transaction comes before all transactions that were invoked after its completion. These pairs can number the square
 * of the transactions. The edges therefore lead through barriers: one joint for each run of completions without an
 * invocation between them. A barrier leads to the next barrier, and to the invocations between the two.
 */
export function addRealTime(graph: DependencyGraph, { history, effective }: Observations): void {
  const events = history.flatMap(({ invokedAt, outcome }, number) => {
    if (!effective.has(number)) return [];
    const invocation = { at: invokedAt, number, isCompletion: false };
    return outcome.kind === 'committed' ? [invocation, { at: outcome.at, number, isCompletion: true }] : [invocation];
  });
  // An invocation at the same position as a completion is not later than the completion.
  events.sort((one, other) => one.at - other.at || Number(one.isCompletion) - Number(other.isCompletion));
  let barrier: NodeNumber | undefined;
  let isOpen = false;
  for (const { number, isCompletion } of events) {
    if (!isCompletion) {
      isOpen = false;
      if (barrier !== undefined) graph.add(barrier, number, PASSAGE);
      continue;
    }
    if (barrier === undefined || !isOpen) {
      const next = graph.addJoint();
      if (barrier !== undefined) graph.add(barrier, next, PASSAGE);
      barrier = next;
      isOpen = true;
    }
    graph.add(number, barrier, REAL_TIME);
  }
}
