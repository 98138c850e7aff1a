import { expect, test } from 'vitest';
import { raft } from '../../src/consensus/raft/algorithm.ts';
import { asReplicaId } from '../../src/wire/identifiers.ts';
import { decodeRaftMessage, encodeRaftMessage } from '../../src/wire/raft/raft-codec.ts';
import { EMPTY_RAFT_MESSAGE, type RaftMessage } from '../../src/wire/raft/message.ts';
import { Cluster, ELECTION_TICKS } from './cluster.ts';
import type { Node } from './node.ts';

const termOf = (node: Node) => node.consensus.status().term;

function voteRequest(from: number, to: number, term: number): Uint8Array {
  return encodeRaftMessage({
    ...EMPTY_RAFT_MESSAGE,
    type: 'vote',
    from: asReplicaId(from),
    to: asReplicaId(to),
    term,
  });
}

function sentMessages(cluster: Cluster): RaftMessage[] {
  return cluster.inFlight.map(({ message }) => decodeRaftMessage(message));
}

test('three replicas elect one leader and apply its entries in order', () => {
  const cluster = new Cluster(raft, 3);
  const leader = cluster.elect();
  for (let at = 0; at < 100; at++) cluster.propose(leader, `${at}`);
  cluster.tick(10);
  const expected = Array.from({ length: 100 }, (_, at) => `${at}`);
  for (const node of cluster.nodes) expect(node.texts()).toEqual(expected);
});

test('a new order elects a leader at once, and a restarted one waits for its leader', () => {
  const cluster = new Cluster(raft, 3);
  cluster.tickUntil(() => cluster.hasLeader(), 3);
  for (const node of cluster.nodes) node.crash();
  for (const node of cluster.nodes) node.restart();
  cluster.tick(ELECTION_TICKS - 1);
  expect(cluster.hasLeader()).toBe(false);
});

test('a sole replica leads and commits by itself', () => {
  const cluster = new Cluster(raft, 1);
  const leader = cluster.elect();
  cluster.propose(leader, 'alone');
  cluster.settle();
  expect(leader.texts()).toEqual(['alone']);
});

test('dueling candidates never produce two leaders in one term', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const cluster = new Cluster(raft, 5, seed);
    cluster.tickUntil(() => cluster.hasLeader(), 10 * ELECTION_TICKS);
    const leaders = cluster.nodes.filter((node) => node.consensus.status().role === 'leader');
    expect(new Set(leaders.map(termOf)).size).toBe(leaders.length);
  }
});

test('a replica that was cut off returns without disturbing the leader (pre-vote)', () => {
  const cluster = new Cluster(raft, 3);
  const leader = cluster.elect();
  const term = termOf(leader);
  const away = cluster.nodes.find((node) => node !== leader);
  if (away === undefined) throw new Error('no follower');
  cluster.passes = (from, to) => from !== away.id && to !== away.id;
  cluster.tick(10 * ELECTION_TICKS);
  expect(termOf(away)).toBe(term);
  cluster.heal();
  cluster.tick(4 * ELECTION_TICKS);
  expect(cluster.leader()).toBe(leader);
  for (const node of cluster.nodes) expect(termOf(node)).toBe(term);
});

test('a leader without a quorum steps down, and the others elect a new one', () => {
  const cluster = new Cluster(raft, 3);
  const old = cluster.elect();
  const others = cluster.nodes.filter((node) => node !== old).map((node) => node.id);
  cluster.partition([old.id], others);
  cluster.tick(3 * ELECTION_TICKS);
  expect(old.consensus.status().role).not.toBe('leader');
  cluster.tickUntil(() => cluster.hasLeader());
  expect(others).toContain(cluster.leader().id);
});

test('a follower that hears its leader ignores candidates, even of a newer term', () => {
  const cluster = new Cluster(raft, 3);
  const leader = cluster.elect();
  cluster.tick(4);
  const [one, other] = cluster.nodes.filter((node) => node !== leader);
  if (one === undefined || other === undefined) throw new Error('no followers');
  one.consensus.receive(other.id, voteRequest(other.id, one.id, 50));
  expect(termOf(one)).toBe(termOf(leader));
});

test('a vote is sent only after its flush, and survives a restart', () => {
  const cluster = new Cluster(raft, 3);
  const voter = cluster.node(1);
  cluster.settle();
  voter.diskStalled = true;
  voter.consensus.receive(asReplicaId(2), voteRequest(2, 1, 5));
  cluster.collect(voter);
  expect(cluster.inFlight).toEqual([]);
  cluster.flush(voter);
  expect(sentMessages(cluster)).toMatchObject([{ type: 'vote-response', to: 2, term: 5, reject: false }]);
  cluster.inFlight.length = 0;

  voter.crash();
  voter.restart();
  voter.consensus.receive(asReplicaId(3), voteRequest(3, 1, 5));
  voter.consensus.receive(asReplicaId(2), voteRequest(2, 1, 5));
  cluster.collect(voter);
  while (cluster.flush(voter));
  expect(sentMessages(cluster)).toMatchObject([
    { type: 'vote-response', to: 3, term: 5, reject: true },
    { type: 'vote-response', to: 2, term: 5, reject: false },
  ]);
});

test('a vote survives a restart when its term was flushed before it', () => {
  const cluster = new Cluster(raft, 3);
  const voter = cluster.node(1);
  cluster.settle();
  const [from, to] = [asReplicaId(3), voter.id];
  const answer = encodeRaftMessage({ ...EMPTY_RAFT_MESSAGE, type: 'append-response', from, to, term: 5 });
  voter.consensus.receive(from, answer);
  cluster.collect(voter);
  while (cluster.flush(voter));
  expect(voter.consensus.position()).toMatchObject({ voteEpoch: 10 });
  voter.consensus.receive(asReplicaId(2), voteRequest(2, 1, 5));
  cluster.collect(voter);
  while (cluster.flush(voter));
  cluster.inFlight.length = 0;
  voter.crash();
  voter.restart();
  voter.consensus.receive(from, voteRequest(3, 1, 5));
  cluster.collect(voter);
  while (cluster.flush(voter));
  expect(sentMessages(cluster)).toMatchObject([{ type: 'vote-response', to: 3, term: 5, reject: true }]);
});

test('a vote that was not flushed before a crash was never given', () => {
  const cluster = new Cluster(raft, 3);
  const voter = cluster.node(1);
  cluster.settle();
  voter.diskStalled = true;
  voter.consensus.receive(asReplicaId(2), voteRequest(2, 1, 5));
  cluster.collect(voter);
  voter.crash();
  voter.restart();
  expect(termOf(voter)).toBe(0);
});

test('a candidate asks for votes only when its new term is flushed', () => {
  const cluster = new Cluster(raft, 3);
  for (const node of cluster.nodes) node.diskStalled = true;
  cluster.settle();
  for (const node of cluster.nodes) while (cluster.flush(node));
  const seen: RaftMessage[] = [];
  cluster.onSend = ({ message }) => seen.push(decodeRaftMessage(message));
  cluster.tickUntil(() => cluster.nodes.some((node) => node.consensus.status().term === 1));
  expect(seen.filter(({ type }) => type === 'vote')).toEqual([]);
  for (const node of cluster.nodes) while (cluster.flush(node));
  expect(seen.filter(({ type }) => type === 'vote').length).toBeGreaterThan(0);
});

test('after a goodbye of the leader the next one is elected at once', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const cluster = new Cluster(raft, 3, seed);
    const leader = cluster.elect();
    cluster.tick(5);
    leader.crash();
    for (const node of cluster.alive) node.consensus.reportUnreachable(leader.id);
    cluster.tickUntil(() => cluster.hasLeader(), 4);
  }
});

test('a goodbye that only one follower heard leads to an election soon', () => {
  const cluster = new Cluster(raft, 3);
  const leader = cluster.elect();
  cluster.tick(5);
  leader.crash();
  cluster.alive[0]?.consensus.reportUnreachable(leader.id);
  cluster.tickUntil(() => cluster.hasLeader(), 2 * ELECTION_TICKS);
});

test('a false goodbye does not depose the leader', () => {
  const cluster = new Cluster(raft, 3);
  const leader = cluster.elect();
  const term = termOf(leader);
  for (const node of cluster.nodes) if (node !== leader) node.consensus.tick();
  const follower = cluster.nodes.find((node) => node !== leader);
  follower?.consensus.reportUnreachable(leader.id);
  cluster.tick(2 * ELECTION_TICKS);
  expect(cluster.leader()).toBe(leader);
  expect(termOf(leader)).toBe(term);
});
