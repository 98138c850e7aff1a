/**
 * Checks histories of transactions on lists for strict serializability, by the method of Elle (Kingsbury and Alvaro,
 * VLDB 2020). Each read of a list tells the order of all earlier appends. The checker therefore derives from the reads
 * which transaction comes before which, and looks for cycles. It takes linear time, except for the cycles it reports.
 */
import type { Anomaly, SimpleAnomaly } from './anomaly.ts';
import { cycleAnomalies } from './cycles.ts';
import { addDataDependencies } from './data-dependencies.ts';
import { DependencyGraph } from './dependency-graph.ts';
import type { TransactionHistory } from './history.ts';
import { internalAnomalies } from './internal-consistency.ts';
import { observe } from './observations.ts';
import { lostAppends, readAnomalies } from './read-anomalies.ts';
import { addRealTime } from './real-time.ts';
import { versionOrder } from './version-order.ts';

/**
 * Finds what contradicts strict serializability. The list is empty exactly if some serial order of the transactions
 * follows real time and explains every read. A transaction of unknown outcome belongs to that order if a read shows one
 * of its appends.
 * @throws {InvariantError} if two appends to one key have the same element
 */
export function checkTransactions(history: TransactionHistory): readonly Anomaly[] {
  const observations = observe(history);
  const graph = new DependencyGraph(history.length);
  const anomalies: SimpleAnomaly[] = [...internalAnomalies(observations)];
  for (const observed of observations.keys) {
    const order = versionOrder(observations, observed);
    anomalies.push(...readAnomalies(observations, observed, order.widest), ...order.anomalies);
    anomalies.push(...lostAppends(observations, observed, order.widest));
    addDataDependencies(graph, observations, observed, order.elements);
  }
  addRealTime(graph, observations);
  return [...anomalies, ...cycleAnomalies(graph, history)];
}
