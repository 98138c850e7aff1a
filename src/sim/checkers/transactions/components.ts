/** Strongly connected components of a dependency graph. */
import type { DependencyGraph, EdgeKind, NodeNumber } from './dependency-graph.ts';

/** Edges of these kinds belong to the graph that is looked at. */
export type EdgeKinds = ReadonlySet<EdgeKind>;

/** Nodes that all reach each other. It has at least two nodes, so it contains a cycle. */
export type Component = ReadonlySet<NodeNumber>;

/** Marks nodes whose component is complete. */
const DONE = -1;
const UNVISITED = 0;

/** Tarjan's algorithm (1972) with a stack of its own, because a path can be longer than the call stack. */
export function stronglyConnectedComponents(graph: DependencyGraph, kinds: EdgeKinds): readonly Component[] {
  const components: Component[] = [];
  /** By node: the number of its first visit, from 1. */
  const visits = new Int32Array(graph.size);
  /** By node: the earliest visit that the node is known to reach. */
  const earliest = new Int32Array(graph.size);
  /** By node: the number of its edges that are followed. */
  const followed = new Int32Array(graph.size);
  const open: NodeNumber[] = [];
  const path: NodeNumber[] = [];
  let visit = 0;
  const enter = (node: NodeNumber): void => {
    visit++;
    visits[node] = visit;
    earliest[node] = visit;
    open.push(node);
    path.push(node);
  };
  const lower = (node: NodeNumber, value: number): void => {
    earliest[node] = Math.min(earliest[node] ?? value, value);
  };
  const leave = (node: NodeNumber): void => {
    path.pop();
    const reached = earliest[node] ?? DONE;
    const parent = path.at(-1);
    if (parent !== undefined) lower(parent, reached);
    if (reached !== visits[node]) return;
    const members = open.splice(open.lastIndexOf(node));
    for (const member of members) visits[member] = DONE;
    if (members.length > 1) components.push(new Set(members));
  };
  for (let root = 0; root < graph.size; root++) {
    if (visits[root] !== UNVISITED) continue;
    enter(root);
    for (let node = path.at(-1); node !== undefined; node = path.at(-1)) {
      const at = followed[node] ?? 0;
      followed[node] = at + 1;
      const edge = graph.edgesFrom(node)[at];
      if (edge === undefined) leave(node);
      else if (!kinds.has(edge.label.kind) || visits[edge.to] === DONE) continue;
      else if (visits[edge.to] === UNVISITED) enter(edge.to);
      else lower(node, visits[edge.to] ?? DONE);
    }
  }
  return components;
}
