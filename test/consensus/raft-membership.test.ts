import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Membership } from '../../src/consensus/contract.ts';
import { raft } from '../../src/consensus/raft/algorithm.ts';
import { simpleMembership } from '../../src/consensus/raft/membership.ts';
import {
  changeMembership,
  changesTowards,
  enterJoint,
  leaveJoint,
} from '../../src/consensus/raft/membership-change.ts';
import * as quorum from '../../src/consensus/raft/quorum.ts';
import { asReplicaId, type ReplicaId } from '../../src/wire/identifiers.ts';
import type { RaftMembership } from '../../src/wire/raft/message.ts';
import { Cluster, ELECTION_TICKS } from './cluster.ts';

const replicas = (...ids: readonly number[]) => ids.map(asReplicaId);

function target(voters: readonly number[], learners: readonly number[] = []): Membership {
  return { voters: replicas(...voters), learners: replicas(...learners) };
}

function reach(cluster: Cluster, wanted: Membership): void {
  cluster.tickUntil(() => {
    if (!cluster.hasLeader()) return false;
    const leader = cluster.leader();
    const outcome = leader.consensus.reconcile(wanted);
    cluster.collect(leader);
    return outcome.kind === 'reached';
  });
}

const sets = fc.uniqueArray(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 5 });
const targets = fc
  .tuple(sets, fc.uniqueArray(fc.integer({ min: 1, max: 6 }), { maxLength: 4 }))
  .map(([voters, learners]) =>
    target(
      voters,
      learners.filter((learner) => !voters.includes(learner)),
    ),
  );

/**
 * Whether the two memberships can elect different leaders with one set of votes. Then two leaders could exist in a
 * term.
 */
function canBothWin(one: RaftMembership, other: RaftMembership): boolean {
  for (let votes = 0; votes < 2 ** 6; votes++) {
    const first = { ballot: (replica: ReplicaId) => (votes & (1 << (replica - 1))) !== 0 };
    const second = { ballot: (replica: ReplicaId) => (votes & (1 << (replica - 1))) === 0 };
    if (quorum.voteResult(one, first) === 'won' && quorum.voteResult(other, second) === 'won') return true;
  }
  return false;
}

test('every step from one membership to another rules out two leaders, and the steps reach the target', () => {
  fc.assert(
    fc.property(targets, targets, (from, to) => {
      let membership = simpleMembership(from.voters, from.learners);
      for (let steps = 0; steps < 2; steps++) {
        const changes = changesTowards(membership, to);
        const outcome =
          membership.outgoingVoters.length > 0
            ? leaveJoint(membership)
            : changeMembership(membership, { transition: 'auto', changes, context: new Uint8Array(0) });
        if (outcome.kind === 'rejected') break;
        expect(canBothWin(membership, outcome.membership)).toBe(false);
        membership = outcome.membership;
      }
      expect(membership).toEqual(simpleMembership(to.voters, to.learners));
    }),
  );
});

test('a joint membership is entered and left only once', () => {
  const outcome = enterJoint(simpleMembership(replicas(1), []), true, [{ kind: 'add-voter', replica: asReplicaId(2) }]);
  expect(outcome.kind).toBe('changed');
  const membership = outcome.kind === 'changed' ? outcome.membership : simpleMembership([], []);
  expect(enterJoint(membership, true, [])).toEqual({ kind: 'rejected', reason: 'already-joint' });
  expect(leaveJoint(simpleMembership(replicas(1), []))).toEqual({ kind: 'rejected', reason: 'not-joint' });
});

test('one voter becomes three, five, three and one again without losing a write', () => {
  const cluster = new Cluster(raft, 5, 1, 1);
  const written: string[] = [];
  const write = (text: string) => {
    cluster.propose(cluster.leader(), text);
    written.push(text);
    cluster.tick(4);
  };
  cluster.elect();
  write('one');
  reach(cluster, target([1], [2, 3]));
  cluster.tick(6);
  reach(cluster, target([1, 2, 3]));
  write('three');
  reach(cluster, target([1, 2, 3], [4, 5]));
  reach(cluster, target([1, 2, 3, 4, 5]));
  write('five');
  cluster.tick(6);
  for (const node of cluster.nodes) expect(node.texts()).toEqual(written);
  reach(cluster, target([3, 4, 5]));
  cluster.tickUntil(() => cluster.hasLeader() && [3, 4, 5].includes(cluster.leader().id));
  write('three others');
  reach(cluster, target([4]));
  cluster.tickUntil(() => cluster.hasLeader() && cluster.leader().id === 4);
  write('one other');
  expect(cluster.node(4).texts()).toEqual(written);
});

test('a learner follows, but neither votes nor campaigns', () => {
  const cluster = new Cluster(raft, 2, 1, 1);
  cluster.elect();
  reach(cluster, target([1], [2]));
  cluster.propose(cluster.leader(), 'a');
  cluster.tick(4);
  expect(cluster.node(2).texts()).toEqual(['a']);
  expect(cluster.node(2).consensus.status().role).toBe('learner');
  cluster.node(1).crash();
  cluster.tick(4 * ELECTION_TICKS);
  expect(cluster.hasLeader()).toBe(false);
});

test('a crash of all replicas during a joint change only delays it', () => {
  const cluster = new Cluster(raft, 4, 3, 3);
  const leader = cluster.elect();
  cluster.tick(4);
  const wanted = target([2, 3, 4]);
  leader.consensus.reconcile(wanted);
  cluster.collect(leader);
  for (let at = 0; at < 6; at++) {
    const envelope = cluster.inFlight.shift();
    if (envelope) cluster.deliver(envelope);
    for (const node of cluster.nodes) cluster.flush(node);
  }
  for (const node of cluster.nodes) node.crash();
  cluster.inFlight.length = 0;
  for (const node of cluster.nodes) node.restart();
  reach(cluster, wanted);
  cluster.tickUntil(() => cluster.hasLeader() && cluster.leader().id !== 1);
  cluster.propose(cluster.leader(), 'after');
  cluster.tick(6);
  for (const id of [2, 3, 4]) expect(cluster.node(id).texts()).toEqual(['after']);
});

test('only a leader reports that a membership is reached', () => {
  const cluster = new Cluster(raft, 3);
  const leader = cluster.elect();
  cluster.tick(4);
  expect(leader.consensus.reconcile(target([3, 1, 2]))).toEqual({ kind: 'reached' });
  expect(leader.consensus.reconcile(target([1, 2], [3]))).toEqual({ kind: 'in-progress' });
  expect(leader.consensus.reconcile(target([1, 2, 3]))).toEqual({ kind: 'in-progress' });
  const follower = cluster.nodes.find((node) => node !== leader);
  expect(follower?.consensus.reconcile(target([1, 2, 3]))).toEqual({ kind: 'rejected', reason: 'not-leader' });
});
