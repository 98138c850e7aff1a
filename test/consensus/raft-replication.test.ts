import { expect, test } from 'vitest';
import { raft } from '../../src/consensus/raft/algorithm.ts';
import { ShardbearerError } from '../../src/wire/errors.ts';
import { asLogIndex } from '../../src/wire/identifiers.ts';
import { LIMITS } from '../../src/wire/limits.ts';
import { decodeRaftMessage, encodeRaftMessage } from '../../src/wire/raft/raft-codec.ts';
import { EMPTY_RAFT_MESSAGE, type RaftMessage } from '../../src/wire/raft/message.ts';
import { Cluster, ELECTION_TICKS, HEARTBEAT_TICKS } from './cluster.ts';
import type { Node } from './node.ts';

function followersOf(cluster: Cluster, leader: Node): [Node, Node] {
  const [one, other] = cluster.nodes.filter((node) => node !== leader);
  if (one === undefined || other === undefined) throw new Error('too few followers');
  return [one, other];
}

function message(type: RaftMessage['type'], from: Node, to: Node, fields: Partial<RaftMessage> = {}): Uint8Array {
  return encodeRaftMessage({
    ...EMPTY_RAFT_MESSAGE,
    type,
    from: from.id,
    to: to.id,
    term: to.consensus.status().term,
    ...fields,
  });
}

test('a long divergent log is repaired', () => {
  const cluster = new Cluster(raft, 3);
  const old = cluster.elect();
  cluster.propose(old, 'shared');
  cluster.tick(4);
  const [one, other] = followersOf(cluster, old);
  cluster.partition([old.id], [one.id, other.id]);
  for (let at = 0; at < 200; at++) cluster.propose(old, `lost ${at}`);
  cluster.tick(3 * ELECTION_TICKS);
  cluster.tickUntil(() => cluster.hasLeader());
  for (let at = 0; at < 100; at++) cluster.propose(cluster.leader(), `kept ${at}`);
  cluster.tick(4);
  cluster.heal();
  cluster.tick(3 * ELECTION_TICKS);
  const expected = ['shared', ...Array.from({ length: 100 }, (_, at) => `kept ${at}`)];
  for (const node of cluster.nodes) expect(node.texts()).toEqual(expected);
  expect(old.disk.log).toEqual(one.disk.log);
});

test('entries of an older term are not committed by counting (figure 8)', () => {
  const cluster = new Cluster(raft, 3, 2);
  const leader = cluster.elect();
  const [follower, silent] = followersOf(cluster, leader);
  cluster.tick(4);
  cluster.passes = () => false;
  const oldIndex = cluster.propose(leader, 'old');
  cluster.settle();
  cluster.inFlight.length = 0;
  leader.crash();
  leader.restart();
  leader.diskStalled = true;
  // The leader is elected again in a newer term. Its first entry, at oldIndex + 1, reaches no follower.
  cluster.tickUntil(() => leader.consensus.status().role === 'candidate');
  const preVote = leader.consensus.status().term + 1;
  leader.consensus.receive(follower.id, message('pre-vote-response', follower, leader, { term: preVote }));
  cluster.collect(leader);
  while (cluster.flush(leader));
  for (const voter of [follower, silent]) leader.consensus.receive(voter.id, message('vote-response', voter, leader));
  cluster.collect(leader);
  while (cluster.flush(leader));
  expect(leader.consensus.status()).toMatchObject({ role: 'leader', lastIndex: oldIndex + 1 });
  const acknowledge = (index: number) => {
    const bytes = message('append-response', follower, leader, { index: asLogIndex(index) });
    leader.consensus.receive(follower.id, bytes);
    cluster.collect(leader);
  };
  acknowledge(oldIndex);
  expect(leader.consensus.status().committed).toBeLessThan(oldIndex);
  acknowledge(oldIndex + 1);
  expect(leader.consensus.status().committed).toBe(oldIndex + 1);
});

test('a follower acknowledges only what it has flushed', () => {
  const cluster = new Cluster(raft, 3);
  const leader = cluster.elect();
  cluster.tick(4);
  const followers = followersOf(cluster, leader);
  for (const follower of followers) follower.diskStalled = true;
  const index = cluster.propose(leader, 'a');
  cluster.settle();
  expect(leader.consensus.status().committed).toBeLessThan(index);
  cluster.flush(followers[0]);
  cluster.settle();
  expect(leader.consensus.status().committed).toBe(index);
});

test('a leader sends before its own flush, and counts and applies entries after it', () => {
  const cluster = new Cluster(raft, 3);
  const leader = cluster.elect();
  cluster.tick(4);
  const [one, other] = followersOf(cluster, leader);
  leader.diskStalled = true;
  const first = cluster.propose(leader, 'by the followers alone');
  cluster.settle();
  expect(leader.consensus.status().committed).toBe(first);
  expect(leader.texts()).toEqual([]);
  cluster.tick(HEARTBEAT_TICKS);
  expect(one.texts()).toEqual(['by the followers alone']);
  other.crash();
  const second = cluster.propose(leader, 'needs the leader');
  cluster.settle();
  expect(leader.consensus.status().committed).toBe(first);
  while (cluster.flush(leader));
  cluster.settle();
  expect(leader.consensus.status().committed).toBe(second);
  expect(leader.texts()).toEqual(['by the followers alone', 'needs the leader']);
});

test('proposals of one event share one message to each follower and one write', () => {
  const cluster = new Cluster(raft, 3);
  const leader = cluster.elect();
  cluster.tick(4);
  const sent: RaftMessage[] = [];
  cluster.onSend = ({ message: bytes }) => sent.push(decodeRaftMessage(bytes));
  const writes = leader.persistCount;
  for (let at = 0; at < 10; at++) leader.consensus.propose(new Uint8Array([at]));
  cluster.settle();
  expect(leader.persistCount).toBe(writes + 1);
  expect(leader.texts()).toHaveLength(10);
  expect(sent.map(({ type }) => type)).toEqual(['append', 'append', 'append-response', 'append-response']);
});

test('a commit index travels with the next message and the next write', () => {
  const cluster = new Cluster(raft, 3);
  const leader = cluster.elect();
  cluster.tick(ELECTION_TICKS + HEARTBEAT_TICKS);
  const [follower] = followersOf(cluster, leader);
  const stateBefore = leader.disk.state;
  const index = cluster.propose(leader, 'a');
  cluster.settle();
  expect([leader, follower].map((node) => node.consensus.status().committed)).toEqual([index, index - 1]);
  expect(leader.disk.log).toHaveLength(index);
  expect(leader.disk.state).toBe(stateBefore);
  cluster.tick(HEARTBEAT_TICKS);
  expect(follower.consensus.status().committed).toBe(index);
  cluster.tick(ELECTION_TICKS);
  for (const node of cluster.nodes) expect(node.consensus.position().committedIndex).toBe(index);
});

test('messages to a silent follower stay within the window and the size limit', () => {
  const cluster = new Cluster(raft, 3);
  const leader = cluster.elect();
  cluster.tick(4);
  const [silent] = followersOf(cluster, leader);
  cluster.passes = (from) => from !== silent.id;
  const appends: RaftMessage[] = [];
  cluster.onSend = ({ to, message: bytes }) => {
    const sent = decodeRaftMessage(bytes);
    if (to === silent.id && sent.entries.length > 0) appends.push(sent);
  };
  const payload = 'x'.repeat(50_000);
  for (let at = 0; at < 200; at++) {
    cluster.propose(leader, payload);
    cluster.settle();
  }
  expect(appends.length).toBeLessThanOrEqual(LIMITS.raft.inflightAppends);
  const bytesOf = (append: RaftMessage) => append.entries.reduce((sum, entry) => sum + entry.payload.length, 0);
  const total = appends.reduce((sum, append) => sum + bytesOf(append), 0);
  expect(total).toBeLessThanOrEqual(LIMITS.raft.inflightAppendBytes + LIMITS.raft.appendBytes);

  appends.length = 0;
  cluster.heal();
  cluster.tick(20);
  expect(silent.texts()).toHaveLength(200);
  for (const append of appends) expect(bytesOf(append)).toBeLessThanOrEqual(LIMITS.raft.appendBytes);
});

test('proposals beyond the limit are rejected without effect', () => {
  const cluster = new Cluster(raft, 3);
  const leader = cluster.elect();
  cluster.tick(4);
  cluster.passes = () => false;
  const payload = new Uint8Array(1_000_000);
  let accepted = 0;
  while (leader.consensus.propose(payload).kind === 'accepted') accepted++;
  expect(accepted * payload.length).toBeLessThanOrEqual(LIMITS.raft.uncommittedBytes);
  expect(leader.consensus.propose(payload)).toEqual({ kind: 'rejected', reason: 'overloaded' });
  cluster.heal();
  cluster.tick(10);
  expect(leader.texts()).toHaveLength(accepted);
  expect(leader.consensus.propose(payload).kind).toBe('accepted');
});

test('a follower rejects proposals and reads', () => {
  const cluster = new Cluster(raft, 3);
  const [follower] = followersOf(cluster, cluster.elect());
  const refused = { kind: 'rejected', reason: 'not-leader' };
  expect(follower.consensus.propose(new Uint8Array(1))).toEqual(refused);
  expect(follower.consensus.read()).toEqual(refused);
});

test('malformed bytes are rejected and change nothing', () => {
  const cluster = new Cluster(raft, 3);
  const leader = cluster.elect();
  cluster.propose(leader, 'a');
  cluster.tick(4);
  const [follower, other] = followersOf(cluster, leader);
  const before = { status: follower.consensus.status(), position: follower.consensus.position() };
  const mislabelled = message('heartbeat', leader, other);
  for (const bytes of [new Uint8Array([255, 1, 2]), new Uint8Array(0), mislabelled]) {
    expect(() => follower.consensus.receive(leader.id, bytes)).toThrow(ShardbearerError);
  }
  expect(follower.consensus.take()).toBeUndefined();
  expect({ status: follower.consensus.status(), position: follower.consensus.position() }).toEqual(before);
});

test('a leader with acknowledgements of missing entries means a lost disk', () => {
  const cluster = new Cluster(raft, 3);
  const leader = cluster.elect();
  const [follower] = followersOf(cluster, leader);
  cluster.tick(4);
  const bytes = message('heartbeat', leader, follower, { commit: asLogIndex(1_000) });
  expect(() => follower.consensus.receive(leader.id, bytes)).toThrow('not in its log');
});
