/** A single replica that receives messages one at a time. */
import { expect, test } from 'vitest';
import { applied, flushed, takeReady } from '../../src/consensus/raft/ready.ts';
import { applyChange } from '../../src/consensus/raft/reconfiguration.ts';
import { step } from '../../src/consensus/raft/step.ts';
import { startElection } from '../../src/consensus/raft/election.ts';
import { Replica } from '../../src/consensus/raft/replica.ts';
import { simpleMembership } from '../../src/consensus/raft/membership.ts';
import { asLogIndex, asReplicaId } from '../../src/wire/identifiers.ts';
import { encodeMembershipChange } from '../../src/wire/raft/membership-codec.ts';
import {
  EMPTY_RAFT_MESSAGE,
  type MembershipChange,
  type RaftEntry,
  type RaftMessage,
} from '../../src/wire/raft/message.ts';
import { DEFAULTS } from './replica-group.ts';

const ID = asReplicaId(1);

function entry(index: number, term: number): RaftEntry {
  return { index: asLogIndex(index), term, kind: 'normal', payload: new Uint8Array([index, term]) };
}

function follower(entries: readonly RaftEntry[] = [], term = 0): Replica {
  return new Replica(
    {
      ...DEFAULTS,
      replica: ID,
      random: () => 0,
      snapshot: () => undefined,
      appendBytes: 1_000,
      inflight: { messages: 8, bytes: 1_000 },
      applyingBytes: 1_000,
      uncommittedBytes: 1_000,
    },
    {
      hardState: { term, vote: undefined, commit: asLogIndex(0) },
      base: { index: 0, term: 0 },
      entries,
      applied: 0,
      membership: simpleMembership([1, 2, 3].map(asReplicaId), []),
      isFirst: true,
    },
  );
}

function append(term: number, previous: RaftEntry | undefined, entries: readonly RaftEntry[], commit = 0): RaftMessage {
  return {
    ...EMPTY_RAFT_MESSAGE,
    type: 'append',
    from: asReplicaId(2),
    to: ID,
    term,
    logTerm: previous?.term ?? 0,
    index: asLogIndex(previous?.index ?? 0),
    commit: asLogIndex(commit),
    entries,
  };
}

test('a follower commits only entries that are known to agree with the leader', () => {
  const shared = entry(1, 1);
  const replica = follower([shared, entry(2, 1), entry(3, 1)], 1);
  step(replica, append(2, shared, [], 3));
  expect(replica.log.committed).toBe(1);
});

test('a late completion is not taken for a later write of the same entries (ABA)', () => {
  const replica = follower();
  const original = [entry(1, 1), entry(2, 1)];
  step(replica, append(1, undefined, original));
  const first = takeReady(replica);
  // A second leader replaces the entries before they are flushed. A third leader restores the first entries.
  step(replica, append(2, undefined, [entry(1, 2)]));
  takeReady(replica);
  step(replica, append(3, undefined, original, 2));
  const third = takeReady(replica);
  expect(first.flushPoint).toBeDefined();
  if (first.flushPoint) flushed(replica, first.flushPoint);
  expect(replica.log.unflushed).toBe(1);
  expect(takeReady(replica).committed).toEqual([]);
  if (third.flushPoint) flushed(replica, third.flushPoint);
  expect(takeReady(replica).committed).toEqual(original);
});

test('a replica does not campaign while a snapshot is being installed', () => {
  const replica = follower();
  const membership = simpleMembership([1, 2, 3].map(asReplicaId), []);
  const snapshot = { index: asLogIndex(5), term: 1, membership, payload: new Uint8Array(0) };
  step(replica, { ...append(1, undefined, []), type: 'snapshot', snapshot });
  startElection(replica);
  expect(replica.role).toBe('follower');
  const { flushPoint } = takeReady(replica);
  startElection(replica);
  expect(replica.role).toBe('follower');
  if (flushPoint) flushed(replica, flushPoint);
  startElection(replica);
  expect(replica.role).toBe('pre-candidate');
});

test('a replica does not campaign by a membership that is known to be replaced', () => {
  const replica = follower();
  const change: MembershipChange = {
    transition: 'auto',
    changes: [{ kind: 'remove', replica: asReplicaId(3) }],
    context: new Uint8Array(0),
  };
  const entryOfChange: RaftEntry = { ...entry(1, 1), kind: 'membership', payload: encodeMembershipChange(change) };
  step(replica, append(1, undefined, [entryOfChange], 1));
  const { flushPoint } = takeReady(replica);
  if (flushPoint) flushed(replica, flushPoint);
  startElection(replica);
  expect(replica.role).toBe('follower');
  expect(takeReady(replica).committed).toEqual([entryOfChange]);
  applyChange(replica, change);
  applied(replica, 1);
  startElection(replica);
  expect(replica.role).toBe('pre-candidate');
});

test('a candidate adopts a commit index only if the logs agree there', () => {
  const replica = follower([entry(1, 1), entry(2, 1)], 1);
  startElection(replica);
  const answer: RaftMessage = { ...append(1, undefined, []), type: 'pre-vote-response', reject: true };
  step(replica, { ...answer, commit: asLogIndex(2), logTerm: 2 });
  expect(replica.log.committed).toBe(0);
  step(replica, { ...answer, commit: asLogIndex(3), logTerm: 1 });
  expect(replica.log.committed).toBe(0);
  step(replica, { ...answer, commit: asLogIndex(2), logTerm: 1 });
  expect(replica.log.committed).toBe(2);
});
