/**
 * A replica counts votes by the latest membership that it knows to be committed. In these tests a crash leaves the
 * replicas with different knowledge of a committed change.
 */
import { expect, test } from 'vitest';
import type { Membership } from '../../src/consensus/contract.ts';
import { raft } from '../../src/consensus/raft/algorithm.ts';
import { asReplicaId } from '../../src/wire/identifiers.ts';
import { Cluster, ELECTION_TICKS, HEARTBEAT_TICKS } from './cluster.ts';
import type { Node } from './node.ts';
import { seededRandom } from './random.ts';

function target(voters: readonly number[], learners: readonly number[] = []): Membership {
  return { voters: voters.map(asReplicaId), learners: learners.map(asReplicaId) };
}

function reconcile(cluster: Cluster, wanted: Membership): boolean {
  const leader = cluster.leader();
  const outcome = leader.consensus.reconcile(wanted);
  cluster.collect(leader);
  return outcome.kind === 'reached';
}

test('a sole voter that lost the commit of its membership learns it from a former voter', () => {
  const cluster = new Cluster(raft, 2);
  const leader = cluster.elect();
  cluster.tick(4);
  const other = cluster.node(3 - leader.id);
  reconcile(cluster, target([leader.id], [other.id]));
  cluster.flush(leader);
  leader.diskStalled = true;
  cluster.settle();
  expect(leader.consensus.status().membership).toEqual(target([leader.id], [other.id]));
  // The other replica learns of the change, and stores one entry more than the leader has flushed.
  cluster.propose(leader, 'lost with the leader');
  cluster.tick(HEARTBEAT_TICKS);
  expect(other.consensus.status().role).toBe('learner');
  leader.crash();
  leader.restart();
  leader.diskStalled = false;
  expect(leader.consensus.status().membership.voters).toHaveLength(2);
  cluster.tickUntil(() => cluster.hasLeader());
  expect(cluster.leader()).toBe(leader);
  cluster.propose(leader, 'after');
  cluster.tick(4);
  for (const node of cluster.nodes) expect(node.texts()).toEqual(['after']);
});

test('the commit of a membership change is flushed at once', () => {
  const cluster = new Cluster(raft, 2, 1, 1);
  const leader = cluster.elect();
  cluster.tick(2 * ELECTION_TICKS);
  while (!reconcile(cluster, target([1], [2]))) cluster.settle();
  leader.crash();
  leader.restart();
  cluster.collect(leader);
  expect(leader.consensus.status().membership).toEqual(target([1], [2]));
});

function everyoneCrashes(cluster: Cluster): void {
  cluster.inFlight.length = 0;
  for (const node of cluster.alive) node.crash();
}

function happenAtRandom(cluster: Cluster, random: () => number): void {
  const node = cluster.nodes[Math.floor(random() * cluster.nodes.length)];
  if (node === undefined) return;
  const chance = random();
  if (chance < 0.2) node.consensus.tick();
  else if (chance < 0.5) node.flush();
  cluster.collect(node);
  const envelope = chance < 0.5 ? undefined : cluster.inFlight.shift();
  if (envelope !== undefined) cluster.deliver(envelope);
}

function canElect(cluster: Cluster, nodes: readonly Node[]): boolean {
  for (const node of nodes) node.restart();
  for (let at = 0; at < 20 * ELECTION_TICKS && !cluster.hasLeader(); at++) cluster.tick();
  return cluster.hasLeader();
}

test('once a membership is reached, former members are not needed even if all members crash', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = seededRandom(seed);
    const cluster = new Cluster(raft, 5, seed, 3);
    cluster.elect();
    const wanted = [target([1]), target([3, 4, 5]), target([4, 5]), target([1, 2, 4])][seed % 4] ?? target([1]);
    let isReached = false;
    for (let steps = 0; steps < 50_000 && !isReached; steps++) {
      happenAtRandom(cluster, random);
      if (steps % 16 === 0 && cluster.hasLeader()) isReached = reconcile(cluster, wanted);
    }
    expect(isReached, `seed ${seed}`).toBe(true);
    everyoneCrashes(cluster);
    const staying = cluster.nodes.filter(({ id }) => wanted.voters.includes(id));
    expect(canElect(cluster, staying), `seed ${seed}`).toBe(true);
  }
});
