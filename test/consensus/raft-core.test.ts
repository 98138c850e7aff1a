/** What only shows on a single replica that is fed messages one by one. */
import { expect, test } from 'vitest';
import { RaftCore } from '../../src/consensus/raft/core.ts';
import { simpleMembership } from '../../src/consensus/raft/membership.ts';
import { asLogIndex, asReplicaId } from '../../src/wire/identifiers.ts';
import { EMPTY_RAFT_MESSAGE, type RaftEntry, type RaftMessage } from '../../src/wire/raft-message.ts';

const ID = asReplicaId(1);

function entry(index: number, term: number): RaftEntry {
  return { index: asLogIndex(index), term, kind: 'normal', payload: new Uint8Array([index, term]) };
}

function follower(entries: readonly RaftEntry[] = [], term = 0): RaftCore {
  return new RaftCore(
    {
      replica: ID,
      heartbeatTicks: 1,
      electionTicks: 10,
      random: () => 0,
      preVote: true,
      checkQuorum: true,
      reads: 'quorum',
      checkMembershipChanges: true,
      refuseForeignSnapshots: true,
      tellCommitToCandidates: false,
      stepDownOnRemoval: true,
      snapshot: () => undefined,
      forwardProposals: false,
      appendBytes: 1_000,
      inflight: { messages: 8, bytes: 1_000 },
      applyingBytes: 1_000,
      uncommittedBytes: 1_000,
      tellCommitAtOnce: true,
      applyUnflushed: false,
    },
    {
      hardState: { term, vote: undefined, commit: asLogIndex(0) },
      base: { index: 0, term: 0 },
      entries,
      applied: 0,
      membership: simpleMembership([1, 2, 3].map(asReplicaId), []),
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

test('a follower commits no further than where its log is known to agree with the leader', () => {
  const shared = entry(1, 1);
  const core = follower([shared, entry(2, 1), entry(3, 1)], 1);
  core.step(append(2, shared, [], 3));
  expect(core.log.committed).toBe(1);
});

test('a write that completes late is not taken for a later write of the same entries (ABA)', () => {
  const core = follower();
  const original = [entry(1, 1), entry(2, 1)];
  core.step(append(1, undefined, original));
  const first = core.ready();
  // Another leader replaces the entries while they are being written, and a third one brings them back.
  core.step(append(2, undefined, [entry(1, 2)]));
  core.ready();
  core.step(append(3, undefined, original, 2));
  const third = core.ready();
  expect(first.mark).toBeDefined();
  if (first.mark) core.flushed(first.mark);
  expect(core.log.unflushed).toBe(1);
  expect(core.ready().committed).toEqual([]);
  if (third.mark) core.flushed(third.mark);
  expect(core.ready().committed).toEqual(original);
});
