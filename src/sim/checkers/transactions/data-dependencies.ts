/** Adds what reads and appends of one key say about the order of transactions. */
import type { DependencyGraph, EdgeLabel, NodeNumber } from './dependency-graph.ts';
import type { TransactionNumber } from './history.ts';
import type { Append, KeyObservations, Observations, Read } from './observations.ts';

/**
 * Adds write-read edges (`wr`), and if the order of the appends is known, write-write (`ww`) and read-write edges (`rw`).
 * Edges connect neighbours in the order of the appends only. All other dependencies are paths of these edges.
 * @param elements the elements of the longest read, in their order; undefined if reads disagree about the order
 */
export function addDataDependencies(
  graph: DependencyGraph,
  observations: Observations,
  observed: KeyObservations,
  elements: readonly string[] | undefined,
): void {
  for (const read of observed.reads) {
    const last = lastAppend(observations, observed, read);
    if (last !== undefined) {
      graph.add(last.transaction, read.transaction, { kind: 'wr', key: last.key, element: last.element });
    }
  }
  if (elements === undefined) return;
  const order = elements.map((element) => effectiveAppend(observations, observed, element));
  const seen = order.filter((append) => append !== undefined);
  for (const [at, later] of seen.entries()) {
    const earlier = seen[at - 1];
    if (earlier === undefined) continue;
    const label = { kind: 'ww', key: later.key, earlier: earlier.element, later: later.element } as const;
    graph.add(earlier.transaction, later.transaction, label);
  }
  const unseen = unseenAppends(observations, observed, elements);
  const tail = unseen.length > 0 ? new UnseenAppends(graph, unseen) : undefined;
  const final = seen.at(-1);
  if (final !== undefined) {
    tail?.addEdges(final.transaction, { kind: 'ww', key: final.key, earlier: final.element, later: undefined });
  }
  const nextAppends = appendsFrom(order);
  for (const read of observed.reads) {
    const next = nextAppends[read.externalLength];
    const label = { kind: 'rw', key: read.key, seen: externalElements(read) } as const;
    if (next === undefined) tail?.addEdges(read.transaction, { ...label, missed: undefined });
    else graph.add(read.transaction, next.transaction, { ...label, missed: next.element });
  }
}

function externalElements({ elements, externalLength }: Read): readonly string[] {
  return externalLength === elements.length ? elements : elements.slice(0, externalLength);
}

function effectiveAppend(
  { effective }: Observations,
  { appends }: KeyObservations,
  element: string,
): Append | undefined {
  const append = appends.get(element);
  return append !== undefined && effective.has(append.transaction) ? append : undefined;
}

/** The last append that the read shows and that neither was aborted nor comes from the transaction itself. */
function lastAppend(observations: Observations, observed: KeyObservations, read: Read): Append | undefined {
  for (let at = read.externalLength - 1; at >= 0; at--) {
    const append = effectiveAppend(observations, observed, read.elements[at] ?? '');
    if (append !== undefined) return append;
  }
  return undefined;
}

/** By place in the order: the first append from there on that took effect. */
function appendsFrom(order: readonly (Append | undefined)[]): readonly (Append | undefined)[] {
  const next: (Append | undefined)[] = [];
  for (let at = order.length - 1; at >= 0; at--) next[at] = order[at] ?? next[at + 1];
  return next;
}

/** Appends that took effect and that no read shows. One for each transaction. */
function unseenAppends(
  { effective }: Observations,
  { appends }: KeyObservations,
  elements: readonly string[],
): readonly Append[] {
  const shown = new Set(elements);
  const unseen = new Map<TransactionNumber, Append>();
  for (const append of appends.values()) {
    const { transaction, element } = append;
    if (!shown.has(element) && !unseen.has(transaction) && effective.has(transaction)) unseen.set(transaction, append);
  }
  return [...unseen.values()];
}

/**
 * The appends that no read shows. They come after all appends that reads show, in an order that nobody knows. A
 * transaction before them comes before each of them except its own. Two chains of joints express that. One leads to the
 * appends up to a place, the other one to the appends from a place on.
 */
class UnseenAppends {
  readonly #graph: DependencyGraph;
  readonly #places: ReadonlyMap<TransactionNumber, number>;
  readonly #upTo: readonly NodeNumber[];
  readonly #from: readonly NodeNumber[];

  constructor(graph: DependencyGraph, appends: readonly Append[]) {
    this.#graph = graph;
    this.#places = new Map(appends.map(({ transaction }, place) => [transaction, place]));
    this.#upTo = this.#chain(appends);
    this.#from = this.#chain(appends.toReversed()).toReversed();
  }

  /** Adds edges from the transaction to all other transactions with such appends. */
  addEdges(from: TransactionNumber, label: EdgeLabel): void {
    const own = this.#places.get(from);
    const joints =
      own === undefined ? [this.#upTo.at(-1)] : [own > 0 ? this.#upTo[own - 1] : undefined, this.#from[own + 1]];
    for (const joint of joints) if (joint !== undefined) this.#graph.add(from, joint, label);
  }

  /** Joints that each lead to one append and to the joint before. */
  #chain(appends: readonly Append[]): NodeNumber[] {
    const joints: NodeNumber[] = [];
    for (const { transaction, element } of appends) {
      const joint = this.#graph.addJoint();
      const before = joints.at(-1);
      this.#graph.add(joint, transaction, { kind: 'passage', element });
      if (before !== undefined) this.#graph.add(joint, before, { kind: 'passage', element: undefined });
      joints.push(joint);
    }
    return joints;
  }
}
