import { expect, test } from 'vitest';
import { raft } from '../../src/consensus/raft/algorithm.ts';
import { LIMITS } from '../../src/wire/limits.ts';
import { decodeRaftMessage } from '../../src/wire/raft/raft-codec.ts';
import { Cluster, ELECTION_TICKS } from './cluster.ts';

test('a read is granted after a quorum answered, at the commit index or later', () => {
  const cluster = new Cluster(raft, 3);
  const leader = cluster.elect();
  cluster.propose(leader, 'a');
  cluster.tick(4);
  const outcome = leader.consensus.read();
  cluster.collect(leader);
  expect(leader.grants).toEqual([]);
  cluster.settle();
  if (outcome.kind !== 'accepted') throw new Error('refused');
  expect(leader.grants).toEqual([{ read: outcome.read, index: leader.consensus.status().committed }]);
});

test('a new leader grants no read before an entry of its own term is committed', () => {
  const cluster = new Cluster(raft, 3);
  const first = cluster.elect();
  const acknowledged = cluster.propose(first, 'acknowledged');
  cluster.settle();
  first.crash();
  for (const node of cluster.alive) node.consensus.reportUnreachable(first.id);
  cluster.passes = (_from, _to, message) => decodeRaftMessage(message).type !== 'append';
  const leader = cluster.elect();
  leader.consensus.read();
  cluster.tick(6);
  expect(leader.grants).toEqual([]);
  cluster.heal();
  cluster.tick(6);
  expect(leader.grants).toHaveLength(1);
  expect(leader.grants[0]?.index).toBeGreaterThan(acknowledged);
});

test('the reads of a replaced leader are abandoned', () => {
  const cluster = new Cluster(raft, 3);
  const old = cluster.elect();
  cluster.tick(4);
  const others = cluster.nodes.filter((node) => node !== old).map((node) => node.id);
  cluster.partition([old.id], others);
  const outcome = old.consensus.read();
  cluster.tick(4 * ELECTION_TICKS);
  expect(old.grants).toEqual([]);
  if (outcome.kind !== 'accepted') throw new Error('refused');
  expect(old.abandoned).toEqual([outcome.read]);
});

test('a read at the end of a term is abandoned', () => {
  const cluster = new Cluster(raft, 3);
  const old = cluster.elect();
  cluster.tick(4);
  cluster.passes = () => false;
  for (let at = 0; at < 3 * ELECTION_TICKS && old.consensus.status().role === 'leader'; at++) {
    old.consensus.read();
    old.consensus.tick();
  }
  cluster.collect(old);
  expect(old.consensus.status().role).not.toBe('leader');
  expect(old.grants).toEqual([]);
  expect(old.abandoned.length).toBeGreaterThan(ELECTION_TICKS / 2);
});

test('reads of one batch share one round of heartbeats', () => {
  const cluster = new Cluster(raft, 5);
  const leader = cluster.elect();
  cluster.tick(4);
  let heartbeats = 0;
  cluster.onSend = ({ message }) => {
    if (decodeRaftMessage(message).type === 'heartbeat') heartbeats++;
  };
  for (let at = 0; at < 100; at++) leader.consensus.read();
  cluster.settle();
  expect(leader.grants).toHaveLength(100);
  expect(heartbeats).toBe(4);
});

test('reads beyond the limit are rejected', () => {
  const cluster = new Cluster(raft, 3);
  const leader = cluster.elect();
  cluster.passes = () => false;
  for (let at = 0; at < LIMITS.raft.pendingReads; at++) {
    leader.consensus.read();
    if (at % 100 === 0) cluster.collect(leader);
  }
  expect(leader.consensus.read()).toEqual({ kind: 'rejected', reason: 'overloaded' });
});

test('a sole replica grants reads without a message', () => {
  const cluster = new Cluster(raft, 1);
  const leader = cluster.elect();
  cluster.tick(2);
  leader.consensus.read();
  cluster.settle();
  expect(leader.grants).toHaveLength(1);
});
