/** Options and calls that the transcripts of etcd use, but that no radiant uses. */
import { expect, test } from 'vitest';
import { forgetLeader, requestTransfer, startElection } from '../../src/consensus/raft/election.ts';
import { requestRead } from '../../src/consensus/raft/reads.ts';
import { asReplicaId } from '../../src/wire/identifiers.ts';
import type { ReplicaChange } from '../../src/wire/raft/message.ts';
import { ReplicaGroup, ELECTION_TICKS } from './replica-group.ts';

const TWO = asReplicaId(2);
const THREE = asReplicaId(3);
const change = (kind: ReplicaChange['kind'], replica: number): ReplicaChange => ({
  kind,
  replica: asReplicaId(replica),
});

test('only a leader takes proposals', () => {
  const group = new ReplicaGroup(3);
  expect(group.member(2).propose('without a leader')).toBe(false);
  const leader = group.elect(1);
  expect(group.member(2).propose('at a follower')).toBe(false);
  expect(leader.propose('at the leader')).toBe(true);
  group.settle();
  for (const member of group.members) expect(member.texts()).toEqual(['at the leader']);
});

test('a follower reads through its leader, and its read is abandoned without a leader or after a change of leader', () => {
  const group = new ReplicaGroup(3);
  const follower = group.member(2);
  requestRead(follower.replica, 7);
  group.settle();
  expect(follower.abandonedReads).toEqual([7]);
  const leader = group.elect(1);
  requestRead(follower.replica, 8);
  group.settle();
  expect(follower.grantedReads).toEqual([8]);
  group.passes = ({ type }) => type !== 'heartbeat';
  requestRead(follower.replica, 9);
  group.settle();
  expect(follower.grantedReads).toEqual([8]);
  requestTransfer(leader.replica, THREE);
  group.settle();
  expect(group.member(3).replica.role).toBe('leader');
  expect(follower.abandonedReads).toEqual([7, 9]);
});

test('a read that waits for a voter is granted once that voter is removed', () => {
  const group = new ReplicaGroup(2);
  const leader = group.elect(1);
  group.passes = ({ type }) => type !== 'heartbeat';
  requestRead(leader.replica, 1);
  group.settle();
  expect(leader.grantedReads).toEqual([]);
  leader.change({ transition: 'auto', changes: [change('remove', 2)] });
  group.settle();
  expect(leader.membership.voters).toEqual([1]);
  expect(leader.grantedReads).toEqual([1]);
});

test('under a lease a leader grants reads without a message, its own and a follower’s', () => {
  const group = new ReplicaGroup(3, { reads: 'lease' });
  const leader = group.elect(1);
  group.tick();
  group.takeTypes();
  requestRead(leader.replica, 1);
  group.settle();
  expect(leader.grantedReads).toEqual([1]);
  expect(group.sent).toEqual([]);
  requestRead(group.member(2).replica, 2);
  group.settle();
  expect(group.member(2).grantedReads).toEqual([2]);
  expect(group.takeTypes()).toEqual(['read-index', 'read-index-response']);
  group.passes = () => false;
  group.tick(2 * ELECTION_TICKS);
  expect(leader.replica.role).toBe('follower');
  requestRead(leader.replica, 3);
  group.settle();
  expect(leader.abandonedReads).toEqual([3]);
});

test('a lease without the check of the quorum is rejected', () => {
  expect(() => new ReplicaGroup(1, { reads: 'lease', checkQuorum: false })).toThrow('a lease depends on the check');
});

test('without the check of the quorum an isolated leader continues to lead', () => {
  const group = new ReplicaGroup(3, { checkQuorum: false });
  const leader = group.elect(1);
  group.isolate(1);
  group.tick(5 * ELECTION_TICKS);
  expect(leader.replica.role).toBe('leader');
});

test('a follower that forgets its leader listens to candidates, but not under a lease', () => {
  for (const [reads, isElected] of [
    ['quorum', true],
    ['lease', false],
  ] as const) {
    const group = new ReplicaGroup(3, { reads });
    group.elect(1);
    group.isolate(1);
    for (const id of [2, 3]) forgetLeader(group.member(id).replica);
    startElection(group.member(2).replica);
    group.settle();
    expect(group.member(2).replica.role === 'leader').toBe(isElected);
  }
});

test('a returning replica deposes the leader without pre-vote, and not with it', () => {
  for (const preVote of [false, true]) {
    const group = new ReplicaGroup(3, { preVote, checkQuorum: false });
    const leader = group.elect(1);
    group.isolate(3);
    for (let at = 0; at < 4 * ELECTION_TICKS; at++) group.tick();
    const { term } = leader.replica;
    group.heal();
    group.tick(2 * ELECTION_TICKS);
    expect(leader.replica.term > term).toBe(!preVote);
  }
});

test('a transfer waits for the transferee, rejects proposals meanwhile, and ends after a timeout', () => {
  const group = new ReplicaGroup(3);
  const leader = group.elect(1);
  group.isolate(2);
  leader.propose('missed by 2');
  group.settle();
  requestTransfer(leader.replica, TWO);
  group.settle();
  expect(leader.replica.transferee).toBe(TWO);
  expect(leader.propose('too late')).toBe(false);
  group.tick(ELECTION_TICKS);
  expect(leader.replica).toMatchObject({ role: 'leader', transferee: undefined });
  expect(leader.propose('in time')).toBe(true);
  group.settle();
  group.heal();
  requestTransfer(leader.replica, TWO);
  group.settle();
  group.tick();
  expect(group.member(2).replica.role).toBe('leader');
  expect(group.member(2).texts()).toEqual(['missed by 2', 'in time']);
});

test('a follower forwards a transfer request, and only another voter can take over', () => {
  const group = new ReplicaGroup(4, {}, 3);
  const leader = group.elect(1);
  leader.change({ transition: 'auto', changes: [change('add-learner', 4)] });
  group.settle();
  for (const id of [1, 4, 5]) {
    requestTransfer(leader.replica, asReplicaId(id));
    group.settle();
    expect(leader.replica).toMatchObject({ role: 'leader', transferee: undefined });
  }
  requestTransfer(group.member(3).replica, THREE);
  group.settle();
  expect(group.member(3).replica.role).toBe('leader');
});

test('one change is made directly, and several changes through a joint membership', () => {
  const group = new ReplicaGroup(5, {}, 1);
  const leader = group.elect(1);
  leader.change({ transition: 'auto', changes: [change('add-voter', 2)] });
  group.settle();
  expect(leader.membership).toMatchObject({ voters: [1, 2], outgoingVoters: [] });
  leader.change({ transition: 'auto', changes: [change('add-voter', 3), change('add-learner', 4)] });
  group.settle();
  expect(leader.membership).toMatchObject({ voters: [1, 2, 3], outgoingVoters: [], learners: [4] });
  leader.change({ transition: 'joint-implicit', changes: [change('remove', 4)] });
  group.settle();
  expect(leader.membership).toMatchObject({ voters: [1, 2, 3], outgoingVoters: [], learners: [] });
  leader.change({ transition: 'joint-explicit', changes: [change('add-learner', 3), change('add-voter', 5)] });
  group.settle();
  expect(leader.membership).toMatchObject({ voters: [1, 2, 5], outgoingVoters: [1, 2, 3], nextLearners: [3] });
  leader.change({ transition: 'auto', changes: [] });
  group.settle();
  group.tick(2);
  for (const { membership } of group.members.filter(({ id }) => id !== 4)) {
    expect(membership).toMatchObject({ voters: [1, 2, 5], outgoingVoters: [], learners: [3], nextLearners: [] });
  }
});

test('a second change before the first is applied becomes an empty entry if changes are checked', () => {
  for (const checkMembershipChanges of [true, false]) {
    const group = new ReplicaGroup(4, { checkMembershipChanges }, 2);
    const leader = group.elect(1);
    leader.change({ transition: 'auto', changes: [change('add-learner', 3)] });
    leader.change({ transition: 'auto', changes: [change('add-learner', 4)] });
    group.settle();
    group.tick(2);
    expect(leader.membership.learners).toEqual(checkMembershipChanges ? [3] : [3, 4]);
  }
});

test('a removed leader steps down, or continues to lead without stepDownOnRemoval', () => {
  for (const stepDownOnRemoval of [true, false]) {
    const group = new ReplicaGroup(3, { stepDownOnRemoval });
    const leader = group.elect(1);
    leader.change({ transition: 'auto', changes: [change('remove', 1)] });
    group.settle();
    expect(leader.replica.role).toBe(stepDownOnRemoval ? 'follower' : 'leader');
    expect(leader.propose('as no member')).toBe(false);
    forgetLeader(group.member(2).replica);
    forgetLeader(group.member(3).replica);
    group.elect(2);
    expect(group.member(2).membership.voters).toEqual([2, 3]);
  }
});
