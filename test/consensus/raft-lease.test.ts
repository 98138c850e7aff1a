/** A leader answers lease reads at once while no other leader can exist, and asks the quorum otherwise. */
import { expect, test } from 'vitest';
import { requestTransfer, startElection } from '../../src/consensus/raft/election.ts';
import { requestRead } from '../../src/consensus/raft/reads.ts';
import { step } from '../../src/consensus/raft/step.ts';
import { tick } from '../../src/consensus/raft/tick.ts';
import { simpleMembership } from '../../src/consensus/raft/membership.ts';
import { asLogIndex, asReplicaId } from '../../src/wire/identifiers.ts';
import { EMPTY_RAFT_MESSAGE, type RaftMessage } from '../../src/wire/raft/message.ts';
import { ReplicaGroup, ELECTION_TICKS, type Member } from './replica-group.ts';
import { NODE_ELECTION_TICKS, LeaseNode, TICK_MS } from './lease-node.ts';
import { LeaseSchedule } from './lease-schedule.ts';

const LEASE_TICKS = 4;
const SEEDS = 40;

function reigning(size = 3, voters = size): { readonly group: ReplicaGroup; readonly leader: Member } {
  const group = new ReplicaGroup(size, { reads: 'lease' }, voters);
  const leader = group.elect(1);
  group.tick();
  return { group, leader };
}

/** Whether the leader answers a read before it receives a message. */
function answersAtOnce(leader: Member): boolean {
  const before = leader.grantedReads.length;
  requestRead(leader.replica, before + leader.abandonedReads.length + 100);
  leader.take();
  return leader.grantedReads.length > before;
}

test('a leader that is cut off stops answering before the others elect a leader', () => {
  const { group, leader } = reigning();
  // The leader has just checked its quorum. Its next check counts the answers since then.
  group.tick(ELECTION_TICKS + 1);
  group.isolate(1);
  group.member(3).replica.randomizedElectionTicks = ELECTION_TICKS;
  for (let tick = 0; group.member(3).replica.role !== 'leader'; tick++) {
    expect(tick).toBeLessThan(2 * ELECTION_TICKS);
    group.tick();
  }
  group.member(3).propose('b');
  group.settle();
  expect(group.member(2).texts()).toEqual(['b']);
  expect(leader.replica.role).toBe('leader');
  expect(answersAtOnce(leader)).toBe(false);
});

test('a lease begins when the heartbeat was sent, however late the answer comes', () => {
  const { group, leader } = reigning();
  const late: RaftMessage[] = [];
  group.passes = (message) => {
    if (message.type !== 'heartbeat-response') return true;
    late.push(message);
    return false;
  };
  group.tick();
  group.passes = () => false;
  group.tick(LEASE_TICKS - 1);
  for (const message of late) step(leader.replica, message);
  expect(answersAtOnce(leader)).toBe(true);
  group.tick();
  for (const message of late) step(leader.replica, message);
  expect(answersAtOnce(leader)).toBe(false);
});

test('after the lease the quorum is asked, and its answers begin the next lease', () => {
  const { group, leader } = reigning();
  group.isolate(1);
  group.tick(LEASE_TICKS);
  group.heal();
  expect(answersAtOnce(leader)).toBe(false);
  group.tick();
  expect(leader.grantedReads).toHaveLength(1);
  expect(answersAtOnce(leader)).toBe(true);
});

test('after a late tick no earlier heartbeat counts, even if its answer arrives later', () => {
  const { group, leader } = reigning();
  expect(answersAtOnce(leader)).toBe(true);
  for (const { replica } of group.members) tick(replica);
  group.collect();
  leader.replica.lease.onLateTick();
  group.settle();
  expect(answersAtOnce(leader)).toBe(false);
  group.settle();
  group.tick();
  expect(answersAtOnce(leader)).toBe(true);
});

test('a leader that asked a replica to campaign has no lease for the rest of its term', () => {
  const { group, leader } = reigning();
  let order: RaftMessage | undefined;
  group.passes = (message) => {
    if (message.type === 'timeout-now') order = message;
    return message.type !== 'timeout-now';
  };
  requestTransfer(leader.replica, asReplicaId(2));
  group.settle();
  group.tick(ELECTION_TICKS);
  expect(leader.replica).toMatchObject({ role: 'leader', transferee: undefined });
  group.isolate(1);
  if (order === undefined) throw new Error('nobody was told to stand');
  step(group.member(2).replica, order);
  group.settle();
  expect(group.member(2).replica.role).toBe('leader');
  expect(answersAtOnce(leader)).toBe(false);
});

test('in a joint membership both halves must be bound', () => {
  const { group, leader } = reigning(5, 3);
  const add = (replica: number) => ({ kind: 'add-voter' as const, replica: asReplicaId(replica) });
  const remove = (replica: number) => ({ kind: 'remove' as const, replica: asReplicaId(replica) });
  leader.change({ transition: 'joint-explicit', changes: [add(4), add(5), remove(2), remove(3)] });
  group.settle();
  group.tick();
  expect(leader.membership).toMatchObject({ voters: [1, 4, 5], outgoingVoters: [1, 2, 3] });
  expect(answersAtOnce(leader)).toBe(true);
  for (const silent of [
    [2, 3],
    [4, 5],
  ]) {
    group.passes = ({ from, to }) => !silent.includes(from) && !silent.includes(to);
    group.tick(LEASE_TICKS);
    expect(answersAtOnce(leader)).toBe(false);
    group.heal();
    group.tick(2);
    expect(answersAtOnce(leader)).toBe(true);
  }
});

test('a replica that answered a heartbeat grants no vote, also in a later term', () => {
  const { group, leader } = reigning();
  const two = group.member(2);
  group.isolate(1);
  group.settle();
  // The delayed answer carries a later term without naming a leader.
  step(two.replica, stray('append-response', leader.replica.term + 1));
  expect(two.replica).toMatchObject({ leader: undefined, term: leader.replica.term + 1 });
  step(two.replica, { ...stray('vote', leader.replica.term + 1), index: asLogIndex(two.replica.log.last.index) });
  expect(two.replica.vote).toBeUndefined();
  group.collect();
  expect(group.inFlight.filter(({ type }) => type === 'vote-response')).toEqual([]);
  startElection(two.replica);
  expect(two.replica.role).toBe('follower');
});

test('a restarted replica grants no vote for one election timeout', () => {
  const ids = [1, 2, 3].map(asReplicaId);
  const node = new LeaseNode(asReplicaId(2), simpleMembership(ids, []), () => 0);
  const vote = stray('vote', 1);
  node.restart(0);
  for (let tick = 1; tick < NODE_ELECTION_TICKS; tick++) node.tick(tick * TICK_MS);
  step(node.replica, vote);
  startElection(node.replica);
  expect(node.replica).toMatchObject({ vote: undefined, role: 'follower' });
  const first = new LeaseNode(asReplicaId(2), simpleMembership(ids, []), () => 0);
  step(first.replica, vote);
  expect(first.replica.vote).toBe(3);
});

test('no read is stale under random faults while ticks differ by less than a factor of two', () => {
  const total = new Map<string, number>();
  for (let seed = 1; seed <= SEEDS; seed++) {
    const schedule = new LeaseSchedule(seed, 2);
    try {
      schedule.run();
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
    const counts: Readonly<Record<string, number>> = { ...schedule.counts };
    for (const [name, count] of Object.entries(counts)) total.set(name, (total.get(name) ?? 0) + count);
  }
  const rare = [...total].filter(([, count]) => count <= SEEDS / 2);
  expect(rare).toEqual([]);
}, 60_000);

function stray(type: RaftMessage['type'], term: number): RaftMessage {
  return { ...EMPTY_RAFT_MESSAGE, type, from: asReplicaId(3), to: asReplicaId(2), term, logTerm: term };
}
