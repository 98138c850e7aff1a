import { type BenchCluster, findHerald } from './cluster.ts';

/**
 * Time until a put is acknowledged after the herald's browser was killed with kill -9. The put begins in another tab at
 * the moment of the kill.
 */
export async function measureFailover(cluster: BenchCluster, round: number): Promise<number> {
  const { herald, followers } = await findHerald(cluster);
  const survivor = cluster.tabs[followers[round % 2] ?? followers[0]];
  const browser = cluster.browsers[herald];
  if (survivor === undefined || browser === undefined) throw new Error('A cluster has three tabs.');
  await survivor.put('failover', 'before');
  const killedMs = performance.now();
  const killed = browser.kill();
  await survivor.put('failover', 'after');
  const tookMs = performance.now() - killedMs;
  await killed;
  return tookMs;
}
