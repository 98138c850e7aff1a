/** Replicas detect lost and damaged disks. */
import { expect, test } from 'vitest';
import { type DurableState, isBehind } from '../../src/consensus/contract.ts';
import { raft } from '../../src/consensus/raft/algorithm.ts';
import type { Position } from '../../src/wire/frames/frame.ts';
import { asLogIndex, asReplicaId, type ReplicaId } from '../../src/wire/identifiers.ts';
import { encodeRaftHardState } from '../../src/wire/raft/raft-codec.ts';
import { Cluster, ELECTION_TICKS, HEARTBEAT_TICKS } from './cluster.ts';

const EMPTY_LOG = { firstIndex: asLogIndex(1), entries: [] };

function restartedFrom(durable: DurableState, id: ReplicaId, cluster: Cluster): Position {
  const voters = cluster.nodes.map((node) => node.id);
  const options = {
    random: () => 0,
    heartbeatTicks: HEARTBEAT_TICKS,
    electionTicks: ELECTION_TICKS,
    snapshot: () => undefined,
  };
  return raft.create({ replica: id, firstMembership: { voters, learners: [] }, durable, ...options }).position();
}

test('a wiped or rolled-back disk is recognized by its position', () => {
  const cluster = new Cluster(raft, 3);
  cluster.settle();
  const born = cluster.nodes.map((node) => node.disk.durable());
  const leader = cluster.elect();
  const elected = cluster.nodes.map((node) => node.disk.durable());
  cluster.propose(leader, 'acknowledged');
  cluster.tick(4);
  cluster.nodes.forEach((node, at) => {
    const told = node.consensus.position();
    const now = restartedFrom(node.disk.durable(), node.id, cluster);
    expect(isBehind(now, told)).toBe(false);
    const wiped: DurableState = { state: undefined, compactionPoint: undefined, log: EMPTY_LOG };
    for (const old of [born[at] ?? wiped, elected[at] ?? wiped, wiped]) {
      expect(isBehind(restartedFrom(old, node.id, cluster), told)).toBe(true);
    }
  });
});

test('a disk that lost a vote is behind, even if it has the term', () => {
  const state = (vote: number | undefined) =>
    encodeRaftHardState({ term: 5, vote: vote === undefined ? vote : asReplicaId(vote), commit: asLogIndex(0) });
  const cluster = new Cluster(raft, 3);
  const before = restartedFrom(
    { state: state(undefined), compactionPoint: undefined, log: EMPTY_LOG },
    asReplicaId(1),
    cluster,
  );
  const after = restartedFrom({ state: state(2), compactionPoint: undefined, log: EMPTY_LOG }, asReplicaId(1), cluster);
  expect(isBehind(before, after)).toBe(true);
  expect(isBehind(after, before)).toBe(false);
});

test('a damaged, missing or misplaced record means a lost disk', () => {
  const cluster = new Cluster(raft, 3);
  cluster.propose(cluster.elect(), 'a');
  cluster.tick(2 * ELECTION_TICKS);
  const { state, log } = cluster.node(1).disk.durable();
  const first = asLogIndex(1);
  for (const [lost, entries] of [
    [state, log.entries.slice(1)],
    [state, []],
    [undefined, log.entries],
    [state, [...log.entries, new Uint8Array([255])]],
  ] as const) {
    const durable: DurableState = { state: lost, compactionPoint: undefined, log: { firstIndex: first, entries } };
    expect(() => restartedFrom(durable, cluster.node(1).id, cluster)).toThrow(
      expect.objectContaining({ code: 'STORAGE_LOST' }),
    );
  }
});

test('an idle group writes its commit index once', () => {
  const cluster = new Cluster(raft, 3);
  const leader = cluster.elect();
  const index = cluster.propose(leader, 'a');
  cluster.tick(2 * ELECTION_TICKS);
  for (const node of cluster.nodes) expect(node.consensus.position().committedIndex).toBe(index);
  const writes = cluster.nodes.map((node) => node.persistCount);
  cluster.tick(4 * ELECTION_TICKS);
  expect(cluster.nodes.map((node) => node.persistCount)).toEqual(writes);
});

test('a restarted replica hands out everything up to the durable commit index at once', () => {
  const cluster = new Cluster(raft, 3);
  cluster.propose(cluster.elect(), 'a');
  cluster.tick(2 * ELECTION_TICKS);
  const node = cluster.node(2);
  node.crash();
  node.restart();
  cluster.collect(node);
  expect(node.texts()).toEqual(['a']);
});
