import { expect, test } from 'vitest';
import { raft } from '../../src/consensus/raft/algorithm.ts';
import { Cluster } from './cluster.ts';

test('three replicas elect one leader, and what it commits everyone applies in order', () => {
  const cluster = new Cluster(raft, 3);
  const leader = cluster.elect();
  for (let at = 0; at < 100; at++) cluster.propose(leader, `${at}`);
  cluster.tick(10);
  const expected = Array.from({ length: 100 }, (_, at) => `${at}`);
  for (const node of cluster.nodes) expect(node.texts()).toEqual(expected);
});
