/** Anomalies in histories of transactions. */
import type { TransactionNumber } from './history.ts';

/**
 * Classes of cycles, the most basic first (Adya, 1999). A class that ends in `realtime` needs a real-time edge. Such a
 * cycle breaks strict serializability only.
 */
export type CycleClass = DataCycleClass | `${DataCycleClass}-realtime`;

/**
 * - `G0`: writes depend on each other in a circle.
 * - `G1c`: information flows in a circle, through writes and at least one read.
 * - `G-single`: the cycle has exactly one anti-dependency, as when a read is stale or an update is lost.
 * - `G2`: the cycle has two or more anti-dependencies, as in write skew.
 */
type DataCycleClass = 'G0' | 'G1c' | 'G-single' | 'G2';

/**
 * Classes that need no cycle.
 * - `G1a`: a transaction read what an aborted transaction appended.
 * - `G1b`: a transaction read a state from the middle of another transaction.
 * - `garbage-read`: a transaction read an element that no transaction appended.
 * - `duplicate-element`: a list had one element twice.
 * - `incompatible-order`: two reads show the elements of a list in different orders. Or one read contradicts the order of
 *   the appends inside a transaction.
 * - `lost-append`: an acknowledged append is missing in every read, although some read began after the acknowledgement.
 * - `internal`: a transaction contradicts itself. It misses its own append, or reads one key differently.
 */
export type SimpleClass =
  | 'G1a'
  | 'G1b'
  | 'garbage-read'
  | 'duplicate-element'
  | 'incompatible-order'
  | 'lost-append'
  | 'internal';

/** Why one transaction comes before another in every serial order. */
export type Dependency =
  /** Both appended to the key. If no read shows the later element, it comes after all elements that reads show. */
  | {
      readonly kind: 'ww';
      readonly key: string;
      readonly earlier: string;
      readonly later: string;
      readonly isLaterSeen: boolean;
    }
  /** The second transaction read the element that the first one appended. */
  | { readonly kind: 'wr'; readonly key: string; readonly element: string }
  /** The first transaction read the key without the element that the second one appended. */
  | { readonly kind: 'rw'; readonly key: string; readonly seen: readonly string[]; readonly missed: string }
  /** The first transaction completed before the second one was invoked. */
  | { readonly kind: 'real-time' };

export interface CycleStep {
  readonly from: TransactionNumber;
  readonly to: TransactionNumber;
  readonly dependency: Dependency;
}

interface AnomalyFacts {
  /** The transactions that the anomaly involves. */
  readonly transactions: readonly TransactionNumber[];
  /** Several lines: what each transaction did, and why this is an anomaly. */
  readonly explanation: string;
}

export interface SimpleAnomaly extends AnomalyFacts {
  readonly name: SimpleClass;
}

export interface CycleAnomaly extends AnomalyFacts {
  readonly name: CycleClass;
  /** The steps of the cycle. Each step begins where the step before ends, and the last one ends where the first begins. */
  readonly steps: readonly CycleStep[];
}

export type Anomaly = SimpleAnomaly | CycleAnomaly;
