import { expect, test } from 'vitest';
import { isBehind } from '../../src/consensus/contract.ts';
import { raft } from '../../src/consensus/raft/algorithm.ts';
import { asLogIndex, asReplicaId } from '../../src/wire/identifiers.ts';
import { decodeRaftMessage, encodeRaftMessage } from '../../src/wire/raft/raft-codec.ts';
import { EMPTY_RAFT_MESSAGE, type RaftMessage, type RaftSnapshot } from '../../src/wire/raft/message.ts';
import { Cluster, ELECTION_TICKS } from './cluster.ts';
import type { Node } from './node.ts';

function write(cluster: Cluster, count: number, size = 1): void {
  for (let at = 0; at < count; at++) {
    cluster.propose(cluster.leader(), `${cluster.leader().applied} ${'x'.repeat(size)}`);
    cluster.settle();
  }
  cluster.tick(2);
}

/** Three replicas. The sleeper was down while the other two wrote and compacted entries. */
function withSleeper(seed = 1): { cluster: Cluster; leader: Node; sleeper: Node } {
  const cluster = new Cluster(raft, 3, seed);
  const leader = cluster.elect();
  write(cluster, 3);
  const sleeper = cluster.nodes.find((node) => node !== leader);
  if (sleeper === undefined) throw new Error('nobody sleeps');
  cluster.partition(cluster.nodes.filter((node) => node !== sleeper).map(({ id }) => id));
  cluster.tick(2 * ELECTION_TICKS);
  write(cluster, 20);
  for (const node of cluster.nodes) if (node !== sleeper) cluster.compact(node);
  write(cluster, 2);
  return { cluster, leader, sleeper };
}

/** Collects the messages that are sent to the node from now on. */
function messagesTo(cluster: Cluster, node: Node): RaftMessage[] {
  const messages: RaftMessage[] = [];
  cluster.onSend = ({ to, message }) => {
    if (to === node.id) messages.push(decodeRaftMessage(message));
  };
  return messages;
}

const snapshotsIn = (messages: readonly RaftMessage[]) => messages.filter(({ type }) => type === 'snapshot');

test('a follower that missed compacted entries gets the snapshot, then the later entries', () => {
  const { cluster, leader, sleeper } = withSleeper();
  expect(leader.disk.log.length).toBeLessThan(5);
  const before = sleeper.consensus.position();
  cluster.heal();
  cluster.tick(8);
  expect(sleeper.installs).toBe(1);
  expect(sleeper.texts()).toEqual(leader.texts());
  expect(sleeper.disk.firstIndex).toBe((sleeper.disk.checkpoint?.compactionPoint.index ?? 0) + 1);
  expect(isBehind(sleeper.consensus.position(), before)).toBe(false);
  sleeper.crash();
  sleeper.restart();
  cluster.tick(8);
  expect(sleeper.texts()).toEqual(leader.texts());
  expect(sleeper.installs).toBe(1);
});

test('a lost snapshot message is sent again, and a fetch under way continues', () => {
  const { cluster, leader, sleeper } = withSleeper();
  const messages = messagesTo(cluster, sleeper);
  cluster.passes = (_from, _to, message) => decodeRaftMessage(message).type !== 'snapshot';
  cluster.chunksPass = () => false;
  cluster.tick(3 * ELECTION_TICKS);
  expect(snapshotsIn(messages).length).toBeGreaterThan(1);
  expect(sleeper.fetch).toBeUndefined();
  cluster.passes = () => true;
  cluster.tick(2 * ELECTION_TICKS);
  expect(sleeper.fetch?.index).toBe(snapshotsIn(messages)[0]?.snapshot?.index);
  cluster.chunksPass = () => true;
  cluster.tick(2);
  expect(sleeper.texts()).toEqual(leader.texts());
  expect(sleeper.installs).toBe(1);
});

test('a fetching follower gets only heartbeats and repeated offers', () => {
  const { cluster, sleeper } = withSleeper();
  cluster.heal();
  cluster.chunksPass = () => false;
  cluster.tick(4);
  const messages = messagesTo(cluster, sleeper);
  write(cluster, 10);
  cluster.tick(4 * ELECTION_TICKS);
  expect(new Set(messages.map(({ type }) => type))).toEqual(new Set(['heartbeat', 'snapshot']));
  expect(snapshotsIn(messages).length).toBeLessThanOrEqual(5);
});

test('a follower that crashes during a fetch continues with the chunks on its disk', () => {
  const { cluster, leader, sleeper } = withSleeper();
  cluster.heal();
  let parts = 0;
  cluster.chunksPass = () => ++parts <= 2;
  cluster.tick(4);
  expect(sleeper.chunksHere).toBe(2);
  sleeper.crash();
  sleeper.restart();
  parts = 1;
  cluster.tick(2 * ELECTION_TICKS);
  expect(parts).toBe(2);
  expect(sleeper.texts()).toEqual(leader.texts());
});

test('a follower that crashes before the install keeps its old state and installs later', () => {
  const { cluster, leader, sleeper } = withSleeper();
  const before = sleeper.texts();
  const told = sleeper.consensus.position();
  cluster.heal();
  sleeper.diskStalled = true;
  cluster.tick(4);
  expect(sleeper.disk.waiting.some((one) => one.kind === 'persist' && one.persist.snapshot)).toBe(true);
  expect(sleeper.consensus.compactionPoint()).toBeUndefined();
  expect(sleeper.texts()).toEqual(before);
  expect(sleeper.consensus.position()).toEqual(told);
  sleeper.crash();
  sleeper.restart();
  sleeper.diskStalled = false;
  cluster.collect(sleeper);
  expect(sleeper.texts()).toEqual(before);
  cluster.tick(2 * ELECTION_TICKS);
  expect(sleeper.texts()).toEqual(leader.texts());
});

test('when the leader dies during a fetch, the next leader offers its own snapshot', () => {
  const { cluster, leader, sleeper } = withSleeper();
  cluster.heal();
  cluster.chunksPass = () => false;
  cluster.tick(4);
  expect(sleeper.fetch?.from).toBe(leader.id);
  leader.crash();
  cluster.tickUntil(() => cluster.hasLeader());
  cluster.tick(4);
  expect(sleeper.fetch?.from).toBe(cluster.leader().id);
  cluster.chunksPass = () => true;
  cluster.tick(4);
  expect(sleeper.texts()).toEqual(cluster.leader().texts());
});

test('a snapshot of a former leader is still installed', () => {
  const { cluster, leader, sleeper } = withSleeper();
  cluster.heal();
  cluster.chunksPass = () => false;
  cluster.tick(4);
  const { fetch } = sleeper;
  if (fetch === undefined) throw new Error('nothing is fetched');
  // The sleeper hears from a newer leader, which has not offered a snapshot yet.
  const other = cluster.nodes.find((node) => node !== leader && node !== sleeper);
  const term = sleeper.consensus.status().term + 1;
  sleeper.consensus.receive(other?.id ?? leader.id, message('heartbeat', other ?? leader, sleeper, { term }));
  cluster.chunksPass = () => true;
  while (cluster.transferChunk(sleeper));
  while (cluster.flush(sleeper));
  expect(sleeper.installs).toBe(1);
  expect(sleeper.applied).toBe(fetch.index);
  expect(sleeper.consensus.status()).toMatchObject({ term, leader: other?.id, committed: fetch.index });
});

function message(type: RaftMessage['type'], from: Node, to: Node, fields: Partial<RaftMessage>): Uint8Array {
  return encodeRaftMessage({ ...EMPTY_RAFT_MESSAGE, type, from: from.id, to: to.id, ...fields });
}

/** Offers a snapshot to the sleeper. Returns whether the sleeper fetches it, and the indexes in its answers. */
function offered(
  { cluster, leader, sleeper }: { cluster: Cluster; leader: Node; sleeper: Node },
  fields: Partial<RaftSnapshot>,
  term = sleeper.consensus.status().term,
): { fetches: boolean; answers: readonly number[] } {
  const snapshot: RaftSnapshot = {
    index: asLogIndex(1_000),
    term: 1,
    membership: {
      voters: [1, 2, 3].map(asReplicaId),
      outgoingVoters: [],
      learners: [],
      nextLearners: [],
      autoLeave: false,
    },
    payload: new Uint8Array([1]),
    ...fields,
  };
  cluster.inFlight.length = 0;
  sleeper.consensus.receive(leader.id, message('snapshot', leader, sleeper, { term, snapshot }));
  cluster.collect(sleeper);
  while (cluster.flush(sleeper));
  const answers = cluster.inFlight.map((envelope) => decodeRaftMessage(envelope.message));
  const fetches = sleeper.fetch !== undefined;
  sleeper.fetch = undefined;
  return { fetches, answers: answers.map(({ index }) => index) };
}

test('a useful offer is fetched, and a useless one is answered or ignored', () => {
  const scene = withSleeper();
  const { sleeper } = scene;
  const { committed, lastIndex, term } = sleeper.consensus.status();
  expect(committed).toBe(lastIndex);
  // The follower already has the index, in its log or in its state.
  expect(offered(scene, { index: committed })).toEqual({ fetches: false, answers: [committed] });
  scene.cluster.compact(sleeper);
  expect(offered(scene, { index: asLogIndex(committed - 1) })).toEqual({ fetches: false, answers: [committed] });
  // The offer comes from a deposed leader.
  expect(offered(scene, {}, term - 1)).toEqual({ fetches: false, answers: [] });
  expect(offered(scene, {})).toEqual({ fetches: true, answers: [] });
  // A repeated offer is fetched again. An offer with a lower index is ignored.
  expect(offered(scene, {})).toEqual({ fetches: true, answers: [] });
  expect(offered(scene, { index: asLogIndex(900) })).toEqual({ fetches: false, answers: [] });
  // A new replica may get a snapshot from a time before it was a member.
  const membership = { voters: [asReplicaId(1)], outgoingVoters: [], learners: [], nextLearners: [], autoLeave: false };
  expect(offered(scene, { index: asLogIndex(1_100), membership })).toEqual({ fetches: true, answers: [] });
});

test('no snapshot is fetched during an install', () => {
  const { cluster, leader, sleeper } = withSleeper();
  cluster.heal();
  sleeper.diskStalled = true;
  cluster.tick(4);
  expect(sleeper.fetch).toBeUndefined();
  const term = sleeper.consensus.status().term;
  const membership = { voters: [asReplicaId(1)], outgoingVoters: [], learners: [], nextLearners: [], autoLeave: false };
  const later: RaftSnapshot = { index: asLogIndex(1_000), term, membership, payload: new Uint8Array([1]) };
  sleeper.consensus.receive(leader.id, message('snapshot', leader, sleeper, { term, snapshot: later }));
  cluster.collect(sleeper);
  expect(sleeper.fetch).toBeUndefined();
  sleeper.diskStalled = false;
  cluster.tick(4);
  expect(sleeper.texts()).toEqual(leader.texts());
});

test('an offer at an index that the log has only advances the commit index', () => {
  const cluster = new Cluster(raft, 3);
  const leader = cluster.elect();
  write(cluster, 3);
  const follower = cluster.nodes.find((node) => node !== leader) ?? leader;
  const index = cluster.propose(leader, 'held, and not known to be committed');
  cluster.settle();
  expect(follower.consensus.status()).toMatchObject({ committed: index - 1, lastIndex: index });
  const { term } = leader.consensus.status();
  const held = offered({ cluster, leader, sleeper: follower }, { index: asLogIndex(index), term });
  expect(held).toEqual({ fetches: false, answers: [index] });
  expect(follower.applied).toBe(index);
});

test('a fetched snapshot is dropped if the log has caught up', () => {
  const { cluster, leader, sleeper } = withSleeper();
  cluster.heal();
  cluster.chunksPass = () => false;
  cluster.tick(4);
  const { fetch } = sleeper;
  if (fetch === undefined) throw new Error('nothing is fetched');
  sleeper.consensus.snapshotFetched(asLogIndex(fetch.index - 1));
  expect(sleeper.consensus.take()).toBeUndefined();
  cluster.chunksPass = () => true;
  cluster.tick(4);
  expect(sleeper.texts()).toEqual(leader.texts());
  sleeper.consensus.snapshotFetched(fetch.index);
  expect(sleeper.consensus.take()).toBeUndefined();
});

test('a leader without a snapshot asks for one until it exists', () => {
  const { cluster, leader, sleeper } = withSleeper();
  leader.offersSnapshots = false;
  cluster.heal();
  cluster.tick(2 * ELECTION_TICKS);
  expect(sleeper.installs).toBe(0);
  leader.offersSnapshots = true;
  cluster.tick(4);
  expect(sleeper.texts()).toEqual(leader.texts());
});

test('a newcomer starts with a snapshot from before it joined', () => {
  const cluster = new Cluster(raft, 4, 1, 3);
  const leader = cluster.elect();
  write(cluster, 20);
  for (const node of cluster.nodes.slice(0, 3)) cluster.compact(node);
  // The snapshot is made before the new replica joins.
  const offer = leader.offer(asLogIndex(0));
  leader.consensus.reconcile({ voters: [1, 2, 3].map(asReplicaId), learners: [asReplicaId(4)] });
  cluster.collect(leader);
  cluster.tick(ELECTION_TICKS);
  const newcomer = cluster.node(4);
  expect(newcomer.disk.checkpoint?.compactionPoint.index).toBe(offer?.index);
  expect(newcomer.texts()).toEqual(leader.texts());
  expect(newcomer.consensus.status().membership.learners).toEqual([4]);
});

test('a follower is catching up until it has the snapshot and the entries after it', () => {
  const { cluster, leader, sleeper } = withSleeper();
  cluster.heal();
  cluster.chunksPass = () => false;
  cluster.tickUntil(() => sleeper.fetch !== undefined);
  const offered = asLogIndex(sleeper.fetch?.index ?? 0);
  write(cluster, 10);
  const through = asLogIndex(leader.applied);
  expect(leader.consensus.hasCatchingUpFollower(offered, through)).toBe(true);
  expect(sleeper.consensus.hasCatchingUpFollower(offered, through)).toBe(false);
  // The follower gets the snapshot, but all later appends are lost.
  cluster.passes = (from, _, bytes) => from !== leader.id || decodeRaftMessage(bytes).type !== 'append';
  cluster.chunksPass = () => true;
  cluster.tickUntil(() => sleeper.installs === 1);
  cluster.tick(2);
  expect(leader.consensus.hasCatchingUpFollower(offered, offered)).toBe(false);
  expect(leader.consensus.hasCatchingUpFollower(offered, through)).toBe(true);
  cluster.passes = () => true;
  cluster.tick(2 * ELECTION_TICKS);
  expect(sleeper.texts()).toEqual(leader.texts());
  expect(leader.consensus.hasCatchingUpFollower(offered, through)).toBe(false);
});
