import { expect, test } from 'vitest';
import { naive } from '../../src/consensus/naive/algorithm.ts';
import { Cluster } from './cluster.ts';

test('without faults every replica applies every write, and the smallest replica leads', () => {
  const cluster = new Cluster(naive, 3);
  cluster.tick(5);
  const leader = cluster.leader();
  expect(leader.id).toBe(1);
  for (const text of ['a', 'b', 'c']) cluster.propose(leader, text);
  cluster.tick(5);
  for (const node of cluster.nodes) expect(node.texts()).toEqual(['a', 'b', 'c']);
});

test('a replica that was down catches up, and the next smallest replica leads after a goodbye', () => {
  const cluster = new Cluster(naive, 3);
  cluster.tick(5);
  cluster.node(3).crash();
  cluster.propose(cluster.leader(), 'a');
  cluster.tick(2);
  cluster.node(3).restart();
  cluster.tick(6);
  expect(cluster.node(3).texts()).toEqual(['a']);
  cluster.node(1).crash();
  for (const id of [2, 3]) cluster.node(id).consensus.reportUnreachable(cluster.node(1).id);
  cluster.propose(cluster.leader(), 'b');
  cluster.tick(4);
  expect(cluster.leader().id).toBe(2);
  expect(cluster.node(3).texts()).toEqual(['a', 'b']);
});

test('a partition makes two primaries that both acknowledge writes', () => {
  const cluster = new Cluster(naive, 3);
  cluster.tick(5);
  cluster.partition([1], [2, 3]);
  cluster.tick(40);
  cluster.propose(cluster.node(1), 'here');
  cluster.propose(cluster.node(2), 'there');
  cluster.tick(4);
  expect(cluster.node(1).texts()).toEqual(['here']);
  expect(cluster.node(2).texts()).toEqual(['there']);
});
