/** Shortest cycles inside a strongly connected component. */
import type { Component, EdgeKinds } from './components.ts';
import type { DependencyGraph, Edge, NodeNumber } from './dependency-graph.ts';

/** No cycle is shorter. */
const FEWEST_STEPS = 2;
/**
 * Number of edges after which a search in one component keeps the best cycle that it has. Histories with bugs can have
 * components of thousands of transactions, where a search from every transaction takes too long.
 */
const EDGES_EXAMINED = 2_000_000;

/** The edges of a cycle in their order. Passages are among them. */
export type Cycle = readonly Edge[];

/** Searches one component. */
export class CycleSearch {
  readonly #graph: DependencyGraph;
  readonly #component: Component;
  #examined = 0;

  constructor(graph: DependencyGraph, component: Component) {
    this.#graph = graph;
    this.#component = component;
  }

  /** A shortest cycle of edges of these kinds. The component must be strongly connected by them. */
  shortest(kinds: EdgeKinds): Cycle | undefined {
    let best: FoundPath | undefined;
    for (const node of this.#component) {
      if (this.#graph.isJoint(node)) continue;
      best = this.#shortestPath(node, node, kinds, best?.steps) ?? best;
      if (best !== undefined && (best.steps <= FEWEST_STEPS || this.#isExhausted)) break;
    }
    return best?.edges;
  }

  /** A shortest cycle with exactly one read-write edge among edges of the given kinds. */
  shortestWithOneReadWrite(others: EdgeKinds): Cycle | undefined {
    let best: FoundPath | undefined;
    for (const node of this.#component) {
      for (const edge of this.#graph.edgesFrom(node)) {
        if (edge.label.kind !== 'rw' || !this.#component.has(edge.to)) continue;
        const found = this.#shortestPath(edge.to, node, others, best && best.steps - 1);
        if (found !== undefined) best = { edges: [edge, ...found.edges], steps: found.steps + 1 };
        if (this.#isExhausted || best?.steps === FEWEST_STEPS) return best?.edges;
      }
    }
    return best?.edges;
  }

  get #isExhausted(): boolean {
    return this.#examined > EDGES_EXAMINED;
  }

  /**
   * Searches breadth first. Passages add no step, so the joints of each distance are expanded before its transactions.
   * @param below only a path of fewer steps is of use
   */
  #shortestPath(
    from: NodeNumber,
    to: NodeNumber,
    kinds: EdgeKinds,
    below = Number.POSITIVE_INFINITY,
  ): FoundPath | undefined {
    const reachedBy = new Map<NodeNumber, Edge>();
    let level = [from];
    for (let steps = 0; steps < below && level.length > 0; steps++) {
      const next: NodeNumber[] = [];
      const expand = (node: NodeNumber, nodes: NodeNumber[]): boolean => {
        for (const edge of this.#graph.edgesFrom(node)) {
          this.#examined++;
          const isOutside = !kinds.has(edge.label.kind) || !this.#component.has(edge.to);
          if (isOutside || reachedBy.has(edge.to)) continue;
          reachedBy.set(edge.to, edge);
          if (edge.to === to) return true;
          nodes.push(edge.to);
        }
        return false;
      };
      // Joints that a joint leads to join the level while it is walked.
      for (const node of level) {
        if (this.#graph.isJoint(node) && expand(node, level)) return { edges: pathOf(reachedBy, from, to), steps };
      }
      if (steps + 1 >= below) return undefined;
      for (const node of level) {
        if (this.#graph.isJoint(node) || !expand(node, next)) continue;
        return { edges: pathOf(reachedBy, from, to), steps: steps + 1 };
      }
      level = next;
    }
    return undefined;
  }
}

interface FoundPath {
  readonly edges: Cycle;
  /** Number of edges that are no passages. */
  readonly steps: number;
}

function pathOf(reachedBy: ReadonlyMap<NodeNumber, Edge>, from: NodeNumber, to: NodeNumber): Cycle {
  const edges: Edge[] = [];
  let node = to;
  do {
    const edge = reachedBy.get(node);
    if (edge === undefined) break;
    edges.push(edge);
    node = edge.from;
  } while (node !== from);
  return edges.toReversed();
}
