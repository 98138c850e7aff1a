/** The graph of dependencies between transactions. An edge leads to a transaction that must come later. */
import type { Dependency } from './anomaly.ts';

/**
 * A node is a transaction, or a joint. A joint stands between many transactions and many others, so that their edges
 * number the sum and not the product. The edge into the joint has the kind, and the edges out of it are passages.
 */
export type NodeNumber = number;

export type EdgeKind = Dependency['kind'] | 'passage';

export type EdgeLabel =
  | Exclude<Dependency, { readonly kind: 'ww' | 'rw' }>
  /** Undefined `later`: the passage out of the joint tells it. */
  | { readonly kind: 'ww'; readonly key: string; readonly earlier: string; readonly later: string | undefined }
  | { readonly kind: 'rw'; readonly key: string; readonly seen: readonly string[]; readonly missed: string | undefined }
  /** Undefined `element`: the passage leads to another joint, or comes from real time. */
  | { readonly kind: 'passage'; readonly element: string | undefined };

export interface Edge {
  readonly from: NodeNumber;
  readonly to: NodeNumber;
  readonly label: EdgeLabel;
}

export class DependencyGraph {
  /** The first nodes are the transactions of the history. All later nodes are joints. */
  readonly transactions: number;
  readonly #edges: Edge[][];

  constructor(transactions: number) {
    this.transactions = transactions;
    this.#edges = Array.from({ length: transactions }, () => []);
  }

  get size(): number {
    return this.#edges.length;
  }

  isJoint(node: NodeNumber): boolean {
    return node >= this.transactions;
  }

  addJoint(): NodeNumber {
    return this.#edges.push([]) - 1;
  }

  /** A dependency of a transaction on itself is no edge. */
  add(from: NodeNumber, to: NodeNumber, label: EdgeLabel): void {
    if (from !== to) this.#edges[from]?.push({ from, to, label });
  }

  edgesFrom(node: NodeNumber): readonly Edge[] {
    return this.#edges[node] ?? [];
  }
}
