/** A leader keeps within its flow limits, and recovers from lost messages and snapshots. */
import { expect, test } from 'vitest';
import { reportUnreachable } from '../../src/consensus/raft/replication.ts';
import { offerSnapshotsAgain } from '../../src/consensus/raft/snapshots.ts';
import { asReplicaId } from '../../src/wire/identifiers.ts';
import { ReplicaGroup, ELECTION_TICKS } from './replica-group.ts';

const TWO = asReplicaId(2);
const THREE = asReplicaId(3);

test('appends stay within their size limit and their window', () => {
  const group = new ReplicaGroup(2, { appendBytes: 300, inflight: { messages: 3, bytes: 10_000 } });
  const leader = group.elect(1);
  group.passes = ({ from }) => from !== 2;
  group.takeTypes();
  for (let at = 0; at < 20; at++) leader.propose('x'.repeat(100));
  group.settle();
  const appends = group.sent.filter(({ type, entries }) => type === 'append' && entries.length > 0);
  expect(appends).toHaveLength(3);
  group.heal();
  group.tick(2);
  expect(group.member(2).texts()).toHaveLength(20);
  const sizes = group.sent.map(({ entries }) => entries.reduce((sum, { payload }) => sum + payload.length, 0));
  expect(Math.max(...sizes)).toBe(200);
  const byBytes = new ReplicaGroup(2, { inflight: { messages: 100, bytes: 250 } });
  byBytes.elect(1);
  byBytes.passes = ({ from }) => from !== 2;
  byBytes.takeTypes();
  for (let at = 0; at < 20; at++) {
    byBytes.member(1).propose('x'.repeat(100));
    byBytes.settle();
  }
  expect(byBytes.sent.filter(({ entries }) => entries.length > 0)).toHaveLength(3);
});

test('proposals beyond the limit are dropped, except empty ones and a single large one', () => {
  const group = new ReplicaGroup(2, { uncommittedBytes: 250 });
  const leader = group.elect(1);
  group.isolate(2);
  expect(leader.propose('x'.repeat(1_000))).toBe(true);
  group.settle();
  expect(leader.propose('x')).toBe(false);
  expect(leader.propose('')).toBe(true);
  group.heal();
  group.tick(2);
  expect(leader.propose('y')).toBe(true);
});

test('entries in application stay within their limit', () => {
  const group = new ReplicaGroup(1, { applyingBytes: 250 });
  const leader = group.elect(1);
  leader.applies = false;
  for (let at = 0; at < 6; at++) leader.propose('x'.repeat(100));
  group.settle();
  expect(leader.texts()).toHaveLength(2);
  leader.applyAll();
  group.settle();
  expect(leader.texts()).toHaveLength(6);
});

test('a follower that lacks compacted entries gets a snapshot once it answers', () => {
  const group = new ReplicaGroup(3);
  const leader = group.elect(1);
  group.isolate(3);
  for (const text of ['a', 'b', 'c']) leader.propose(text);
  group.settle();
  leader.replica.log.compactTo(leader.replica.log.applied);
  group.tick(ELECTION_TICKS);
  group.takeTypes();
  leader.propose('d');
  group.settle();
  expect(group.takeTypes()).not.toContain('snapshot');
  group.heal();
  group.tick(2);
  expect(group.takeTypes()).toContain('snapshot');
  expect(group.member(3).replica.log).toMatchObject({
    applied: leader.replica.log.applied,
    last: { index: leader.replica.log.last.index },
  });
});

test('a snapshot without an answer is sent again after the next answer', () => {
  const group = new ReplicaGroup(3);
  const leader = group.elect(1);
  group.isolate(3);
  for (const text of ['a', 'b', 'c']) leader.propose(text);
  group.settle();
  leader.replica.log.compactTo(leader.replica.log.applied);
  group.passes = ({ type }) => type !== 'snapshot';
  group.tick(2);
  expect(leader.replica.tracker.progressOf(THREE)?.state).toBe('snapshot');
  group.takeTypes();
  group.tick(1);
  expect(group.takeTypes()).toEqual([]);
  offerSnapshotsAgain(leader.replica);
  group.tick(1);
  expect(group.takeTypes()).toEqual(['snapshot']);
});

test('an unreachable follower is probed again', () => {
  const group = new ReplicaGroup(3);
  const leader = group.elect(1);
  expect(leader.replica.tracker.progressOf(TWO)?.state).toBe('replicate');
  reportUnreachable(leader.replica, TWO);
  expect(leader.replica.tracker.progressOf(TWO)?.state).toBe('probe');
  leader.propose('a');
  group.settle();
  expect(leader.replica.tracker.progressOf(TWO)?.state).toBe('replicate');
  expect(group.member(2).texts()).toEqual(['a']);
});
