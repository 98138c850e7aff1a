import { expect, test } from 'vitest';
import { isQuorum, membershipAfter } from '../../../src/sim/checkers/raft/membership-model.ts';
import { asReplicaId } from '../../../src/wire/identifiers.ts';
import type { MembershipChange } from '../../../src/wire/raft/message.ts';
import { changing, membershipOf } from './scripted-replica.ts';

const replicas = (...numbers: readonly number[]) => numbers.map(asReplicaId);
const LEAVE: MembershipChange = changing();

test('one change takes effect by itself', () => {
  const three = membershipOf([1, 2, 3]);
  expect(membershipAfter(three, changing(['add-voter', 4]))).toEqual(membershipOf([1, 2, 3, 4]));
  expect(membershipAfter(three, changing(['add-learner', 3]))).toEqual(membershipOf([1, 2], [3]));
  expect(membershipAfter(membershipOf([1], [2]), changing(['add-voter', 2]))).toEqual(membershipOf([1, 2]));
});

test('several changes go through a joint membership, in which both majorities count', () => {
  const joint = membershipAfter(
    membershipOf([1, 2, 3], [4]),
    changing(['add-voter', 4], ['add-voter', 5], ['add-learner', 2], ['remove', 3]),
  );
  expect(joint).toEqual({
    voters: replicas(1, 4, 5),
    outgoingVoters: replicas(1, 2, 3),
    learners: [],
    nextLearners: replicas(2),
    autoLeave: true,
  });
  expect(isQuorum(joint, replicas(4, 5))).toBe(false);
  expect(isQuorum(joint, replicas(2, 3))).toBe(false);
  expect(isQuorum(joint, replicas(1, 3, 5))).toBe(true);
  expect(membershipAfter(joint, LEAVE)).toEqual(membershipOf([1, 4, 5], [2]));
});

test('half of an even number is not a majority', () => {
  expect(isQuorum(membershipOf([1, 2, 3, 4]), replicas(1, 2))).toBe(false);
  expect(isQuorum(membershipOf([1, 2, 3, 4]), replicas(1, 2, 4))).toBe(true);
});

test('a change during another one, and leaving a membership that is not joint, are reported', () => {
  const joint = membershipAfter(membershipOf([1]), changing(['add-voter', 2], ['add-voter', 3]));
  expect(() => membershipAfter(joint, changing(['add-voter', 4]))).toThrow('a membership changes by the rules');
  expect(() => membershipAfter(membershipOf([1]), LEAVE)).toThrow('a membership changes by the rules');
  expect(() => membershipAfter(membershipOf([1]), changing(['remove', 1]))).toThrow('no voter is left');
});
