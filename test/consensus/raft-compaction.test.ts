import { expect, test } from 'vitest';
import type { DurableState } from '../../src/consensus/contract.ts';
import { raft } from '../../src/consensus/raft/algorithm.ts';
import { compactionPointAt } from '../../src/consensus/raft/compaction.ts';
import { simpleMembership } from '../../src/consensus/raft/membership.ts';
import { asLogIndex, asReplicaId } from '../../src/wire/identifiers.ts';
import { LIMITS } from '../../src/wire/limits.ts';
import { encodeRaftEntry, encodeRaftHardState } from '../../src/wire/raft/raft-codec.ts';
import { Cluster, ELECTION_TICKS, HEARTBEAT_TICKS } from './cluster.ts';
import type { Node } from './node.ts';

function followerOf(cluster: Cluster, leader: Node): Node {
  const follower = cluster.nodes.find((node) => node !== leader);
  if (follower === undefined) throw new Error('there is no follower');
  return follower;
}

test('a restarted replica hands out only entries after its compaction point', () => {
  const cluster = new Cluster(raft, 3);
  const leader = cluster.elect();
  for (const text of ['a', 'b']) cluster.propose(leader, text);
  cluster.tick(4);
  const node = followerOf(cluster, leader);
  cluster.compact(node);
  const compactionPoint = node.disk.checkpoint?.compactionPoint;
  for (const text of ['c', 'd']) cluster.propose(leader, text);
  cluster.tick(2 * ELECTION_TICKS);
  const told = node.consensus.position();
  node.crash();
  node.restart();
  expect(node.texts()).toEqual(['a', 'b']);
  expect(node.consensus.status().committed).toBeGreaterThanOrEqual(compactionPoint?.index ?? 0);
  expect(node.consensus.position()).toEqual(told);
  cluster.collect(node);
  expect(node.texts()).toEqual(['a', 'b', 'c', 'd']);
});

test('a compaction point holds the membership of the applied index, not of entries handed out', () => {
  const cluster = new Cluster(raft, 2, 1, 1);
  const leader = cluster.elect();
  cluster.tick(4);
  const before = leader.consensus.compactionPoint();
  leader.consensus.reconcile({ voters: [asReplicaId(1)], learners: [asReplicaId(2)] });
  // The leader has flushed the entry of the change and handed it out, but it has not applied the entry.
  const persisted = leader.consensus.take()?.persist;
  if (persisted === undefined) throw new Error('nothing is written');
  leader.consensus.persisted(persisted.number);
  const work = leader.consensus.take();
  const change = work?.committed.at(-1);
  expect(leader.consensus.status().membership.learners).toEqual([2]);
  expect(leader.consensus.compactionPoint()).toEqual(before);
  leader.consensus.applied(asLogIndex(change?.index ?? 0));
  const term = leader.consensus.status().term;
  const membership = simpleMembership([asReplicaId(1)], [asReplicaId(2)]);
  expect(leader.consensus.compactionPoint()).toEqual(
    compactionPointAt({ index: change?.index ?? 0, term }, membership),
  );
});

test('a leader keeps only the entries that an active follower lacks', () => {
  const cluster = new Cluster(raft, 3);
  const leader = cluster.elect();
  for (let at = 0; at < 40; at++) cluster.propose(leader, `${at}`);
  cluster.tick(4);
  const slow = followerOf(cluster, leader);
  slow.diskStalled = true;
  const has = slow.applied;
  for (let at = 0; at < 5; at++) cluster.propose(leader, `more ${at}`);
  cluster.tick(2);
  cluster.compact(leader);
  expect(leader.disk.firstIndex).toBe(has + 1);
  // Once the disk continues, the follower needs no snapshot.
  slow.diskStalled = false;
  cluster.tick(4);
  expect(slow.texts()).toEqual(leader.texts());
  expect(slow.installs).toBe(0);
  // The leader does not keep its log for a silent follower.
  slow.crash();
  cluster.tick(2 * ELECTION_TICKS);
  const index = cluster.propose(leader, 'without it');
  cluster.tick(4);
  cluster.compact(leader);
  expect(leader.disk.firstIndex).toBe(index + 1);
});

test('the entries kept for a slow follower are bounded', () => {
  const cluster = new Cluster(raft, 3);
  const leader = cluster.elect();
  const payload = 'x'.repeat(500_000);
  for (let at = 0; at < 4; at++) cluster.propose(leader, payload);
  cluster.tick(4);
  const slow = followerOf(cluster, leader);
  slow.diskStalled = true;
  const has = slow.disk.log.length;
  // The counts lie slightly below and above the number of entries that the leader keeps.
  for (const [count, isKept] of [
    [3, true],
    [8, false],
  ] as const) {
    for (let at = 0; at < count; at++) {
      cluster.propose(leader, payload);
      cluster.settle();
    }
    cluster.tick(2);
    cluster.compact(leader);
    expect(leader.disk.firstIndex === has + 1).toBe(isKept);
    const bytes = leader.disk.log.reduce((sum, { length }) => sum + length, 0);
    expect(bytes).toBeLessThanOrEqual(LIMITS.raft.laggingFollowerBytes);
  }
  slow.diskStalled = false;
  cluster.tick(4);
  expect(slow.texts()).toEqual(leader.texts());
});

test('a leader with a fully compacted log still finds where a follower differs', () => {
  const cluster = new Cluster(raft, 3, 4);
  const old = cluster.elect();
  cluster.tick(4);
  cluster.partition(
    [old.id],
    cluster.nodes.filter((node) => node !== old).map(({ id }) => id),
  );
  for (let at = 0; at < 5; at++) cluster.propose(old, `lost ${at}`);
  cluster.tickUntil(() => cluster.alive.some((node) => node !== old && node.consensus.status().role === 'leader'));
  cluster.propose(cluster.leader(), 'kept');
  cluster.tick(4);
  for (const node of cluster.nodes) if (node !== old) cluster.compact(node);
  cluster.heal();
  cluster.tick(2 * ELECTION_TICKS);
  for (const node of cluster.nodes) expect(node.texts()).toEqual(['kept']);
});

const FIRST = asLogIndex(1);
const entry = (index: number, term: number) =>
  encodeRaftEntry({ index: asLogIndex(index), term, kind: 'normal', payload: new Uint8Array([index]) });
const state = (term: number, commit: number) =>
  encodeRaftHardState({ term, vote: undefined, commit: asLogIndex(commit) });
const point = (index: number, term: number) =>
  compactionPointAt({ index, term }, simpleMembership([1, 2, 3].map(asReplicaId), []));

function created(durable: DurableState): { committed: number; lastIndex: number } {
  return raft
    .create({
      replica: asReplicaId(1),
      firstMembership: { voters: [1, 2, 3].map(asReplicaId), learners: [] },
      durable,
      random: () => 0,
      heartbeatTicks: HEARTBEAT_TICKS,
      electionTicks: ELECTION_TICKS,
      snapshot: () => undefined,
    })
    .status();
}

function log(firstIndex: number, ...entries: readonly Uint8Array[]): DurableState['log'] {
  return { firstIndex: asLogIndex(firstIndex), entries };
}

test('a log may begin anywhere up to its compaction point', () => {
  const durable = { state: state(2, 3), compactionPoint: point(5, 2) };
  for (const [found, lastIndex] of [
    [log(6), 5],
    [log(FIRST), 5],
    [log(5, entry(5, 2)), 5],
    [log(3, entry(3, 1), entry(4, 1), entry(5, 2), entry(6, 2)), 6],
    [log(6, entry(6, 2), entry(7, 2)), 7],
  ] as const) {
    expect(created({ ...durable, log: found })).toMatchObject({ committed: 5, lastIndex });
  }
});

test('a checkpoint that contradicts the log or the state means a lost disk', () => {
  const sound: DurableState = { state: state(2, 3), compactionPoint: point(5, 2), log: log(6, entry(6, 2)) };
  expect(created(sound)).toMatchObject({ committed: 5, lastIndex: 6 });
  const lost: readonly Partial<DurableState>[] = [
    { state: undefined },
    { state: undefined, log: log(6) },
    { log: log(7, entry(7, 2)) },
    { log: log(3, entry(3, 1), entry(4, 1)) },
    { log: log(5, entry(5, 1), entry(6, 2)) },
    { log: log(6, entry(6, 1)) },
    { log: log(6, entry(6, 2), entry(8, 2)) },
    { log: log(6, entry(7, 2)) },
    { log: log(6, entry(6, 3)) },
    { compactionPoint: undefined },
    { compactionPoint: point(5, 3), log: log(6) },
    { compactionPoint: { index: asLogIndex(6), bytes: point(5, 2).bytes } },
    { compactionPoint: { index: asLogIndex(5), bytes: new Uint8Array([255]) } },
    { state: state(2, 7) },
    { state: new Uint8Array([255]) },
  ];
  for (const damage of lost) {
    expect(() => created({ ...sound, ...damage })).toThrow(expect.objectContaining({ code: 'STORAGE_LOST' }));
  }
});
