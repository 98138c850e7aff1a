import { expect, test } from 'vitest';
import type { Membership } from '../../src/consensus/contract.ts';
import { raft } from '../../src/consensus/raft/algorithm.ts';
import { asReplicaId } from '../../src/wire/identifiers.ts';
import { Cluster, ELECTION_TICKS } from './cluster.ts';

function target(voters: readonly number[], learners: readonly number[] = []): Membership {
  return { voters: voters.map(asReplicaId), learners: learners.map(asReplicaId) };
}

/** Ticks the cluster once while the leader reconciles. @returns whether the target is reached */
function reconcile(cluster: Cluster, wanted: Membership): boolean {
  cluster.tick();
  if (!cluster.hasLeader()) return false;
  const leader = cluster.leader();
  const outcome = leader.consensus.reconcile(wanted);
  cluster.collect(leader);
  cluster.settle();
  return outcome.kind === 'reached';
}

function reach(cluster: Cluster, wanted: Membership, limit = 400): void {
  for (let at = 0; at < limit; at++) if (reconcile(cluster, wanted)) return;
  throw new Error('the membership is not reached');
}

const membership = (cluster: Cluster) => cluster.leader().consensus.status().membership;

test('an unreachable newcomer stays a learner until it has caught up', () => {
  const cluster = new Cluster(raft, 4, 1, 3);
  const leader = cluster.elect();
  cluster.propose(leader, 'a');
  cluster.partition([1, 2, 3], [4]);
  for (let at = 0; at < 6 * ELECTION_TICKS; at++) reconcile(cluster, target([1, 2, 3, 4]));
  expect(membership(cluster)).toEqual(target([1, 2, 3], [4]));
  cluster.heal();
  reach(cluster, target([1, 2, 3, 4]));
  expect(cluster.node(4).texts()).toEqual(['a']);
});

test('a learner that caught up and fell silent does not become a voter', () => {
  const cluster = new Cluster(raft, 4, 1, 3);
  cluster.elect();
  reach(cluster, target([1, 2, 3], [4]));
  cluster.tick(2 * ELECTION_TICKS);
  cluster.node(4).crash();
  cluster.tick(4 * ELECTION_TICKS);
  for (let at = 0; at < 4 * ELECTION_TICKS; at++) reconcile(cluster, target([1, 2, 3, 4]));
  expect(membership(cluster)).toEqual(target([1, 2, 3], [4]));
});

test('a replica that died during a gap in time does not become a voter', () => {
  const cluster = new Cluster(raft, 4, 1, 3);
  const leader = cluster.elect();
  reach(cluster, target([1, 2, 3], [4]));
  cluster.tick(2 * ELECTION_TICKS);
  cluster.node(4).crash();
  leader.consensus.onClockGap();
  for (let at = 0; at < 4 * ELECTION_TICKS; at++) reconcile(cluster, target([1, 2, 3, 4]));
  expect(membership(cluster)).toEqual(target([1, 2, 3], [4]));
});

test('answers from before a gap in time do not prove that a replica is alive', () => {
  const cluster = new Cluster(raft, 4, 1, 3);
  const leader = cluster.elect();
  reach(cluster, target([1, 2, 3], [4]));
  cluster.tick(2 * ELECTION_TICKS);
  leader.consensus.tick();
  leader.consensus.tick();
  cluster.collect(leader);
  // The follower's answer to a heartbeat reaches the leader after the clock gap, when the follower is dead.
  leader.consensus.onClockGap();
  leader.consensus.tick();
  cluster.settle();
  cluster.node(4).crash();
  for (let at = 0; at < 4 * ELECTION_TICKS; at++) reconcile(cluster, target([1, 2, 3, 4]));
  expect(membership(cluster)).toEqual(target([1, 2, 3], [4]));
});

test('after a gap in time a learner becomes a voter once it answers again', () => {
  const cluster = new Cluster(raft, 4, 1, 3);
  const leader = cluster.elect();
  reach(cluster, target([1, 2, 3], [4]));
  cluster.tick(2 * ELECTION_TICKS);
  leader.consensus.onClockGap();
  reach(cluster, target([1, 2, 3, 4]), 2 * ELECTION_TICKS);
  expect(membership(cluster)).toEqual(target([1, 2, 3, 4]));
});

test('a leader that will not vote transfers leadership first, with one election', () => {
  const cluster = new Cluster(raft, 4, 1, 3);
  const leader = cluster.elect();
  const { term } = leader.consensus.status();
  const stays = [1, 2, 3, 4].filter((id) => id !== leader.id);
  let ticksWithoutLeader = 0;
  for (let at = 0; at < 400; at++) {
    if (reconcile(cluster, target(stays))) break;
    if (!cluster.hasLeader()) ticksWithoutLeader++;
  }
  expect(membership(cluster)).toEqual(target(stays));
  expect(cluster.leader().consensus.status().term).toBe(term + 1);
  expect(ticksWithoutLeader).toBe(0);
  expect(cluster.leader().id).not.toBe(leader.id);
});

test('a sole voter is replaced by another, which then leads', () => {
  const cluster = new Cluster(raft, 2, 1, 1);
  cluster.elect();
  cluster.propose(cluster.leader(), 'a');
  reach(cluster, target([2]));
  expect(cluster.leader().id).toBe(2);
  cluster.node(1).crash();
  cluster.propose(cluster.leader(), 'b');
  cluster.tick(4);
  expect(cluster.node(2).texts()).toEqual(['a', 'b']);
});

test('a leader whose only successor is dead transfers leadership to a newcomer', () => {
  const cluster = new Cluster(raft, 5, 2, 3);
  const leader = cluster.elect();
  cluster.tick(4);
  const dead = leader.id === 3 ? 2 : 3;
  cluster.node(dead).crash();
  reach(cluster, target([dead, 4, 5]));
  expect([4, 5]).toContain(cluster.leader().id);
  expect(membership(cluster)).toEqual(target([dead, 4, 5]));
});

test('a leader that will not vote does not form a pair with a dead successor', () => {
  const cluster = new Cluster(raft, 3, 1, 3);
  const leader = cluster.elect();
  const [heir, other] = [1, 2, 3].filter((id) => id !== leader.id);
  if (heir === undefined || other === undefined) throw new Error('there are two others');
  cluster.node(heir).crash();
  cluster.tick(2);
  for (let at = 0; at < 4 * ELECTION_TICKS; at++) reconcile(cluster, target([heir], [other]));
  expect(membership(cluster)).toEqual(target([1, 2, 3]));
  // The leader can still transfer leadership to a voter that answers.
  reach(cluster, target([other]));
  expect(cluster.leader().id).toBe(other);
});

test('a joint membership is left after a failed transfer', () => {
  const cluster = new Cluster(raft, 5, 2, 3);
  const leader = cluster.elect();
  const dead = leader.id === 3 ? 2 : 3;
  const wanted = target([1, 2, 3, 4, 5]);
  reach(cluster, target([1, 2, 3], [4, 5]));
  cluster.tick(2 * ELECTION_TICKS);
  leader.consensus.reconcile(wanted);
  cluster.node(dead).crash();
  expect(leader.consensus.transfer(asReplicaId(dead)).kind).toBe('in-progress');
  cluster.collect(leader);
  cluster.settle();
  expect(leader.consensus.status().outgoingVoters).toEqual(target([1, 2, 3]).voters);
  reach(cluster, wanted);
  expect(cluster.leader().id).toBe(leader.id);
  expect(leader.consensus.status().outgoingVoters).toEqual([]);
});
