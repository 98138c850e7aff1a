import { expect, test } from 'vitest';
import { Progress } from '../../src/consensus/raft/tracker.ts';
import { asReplicaId } from '../../src/wire/identifiers.ts';

const make = (next = 1) => new Progress(asReplicaId(2), next, false, { messages: 2, bytes: 1_000 });

test('a probe sends one message with entries and waits', () => {
  const progress = make();
  progress.sentEntries(0, 0);
  expect(progress.paused).toBe(false);
  progress.sentEntries(3, 10);
  expect(progress.paused).toBe(true);
  expect(progress.next).toBe(1);
  expect(progress.acknowledged(3)).toBe(true);
  expect(progress).toMatchObject({ match: 3, next: 4, paused: false });
});

test('replication runs ahead of acknowledgements until the window is full', () => {
  const progress = make();
  progress.becomeReplicate();
  progress.sentEntries(2, 10);
  expect(progress).toMatchObject({ next: 3, paused: false });
  progress.sentEntries(2, 10);
  expect(progress).toMatchObject({ next: 5, paused: true });
  progress.acknowledged(2);
  progress.inflights.freeThrough(2);
  expect(progress.paused).toBe(false);
});

test('an old refusal changes nothing, and a new refusal moves back no further than the match index', () => {
  const progress = make();
  progress.becomeReplicate();
  progress.acknowledged(5);
  expect(progress.rejected(4, 0)).toBe(false);
  expect(progress.rejected(9, 0)).toBe(true);
  expect(progress.next).toBe(6);
  progress.becomeProbe();
  expect(progress.rejected(9, 0)).toBe(false);
  expect(progress.rejected(5, 1)).toBe(true);
  expect(progress.next).toBe(6);
});

test('after a snapshot, probing begins at the entry behind the snapshot', () => {
  const progress = make();
  progress.becomeSnapshot(10);
  expect(progress.paused).toBe(true);
  progress.becomeProbe();
  expect(progress).toMatchObject({ next: 11, match: 0, pendingSnapshot: 0, paused: false });
});

test('a commit index is sent once, and only to a follower that has the entry', () => {
  const progress = make(1);
  progress.becomeReplicate();
  expect(progress.commitIsNews(1)).toBe(false);
  progress.sentEntries(3, 1);
  expect(progress.commitIsNews(2)).toBe(true);
  progress.sentCommit = 3;
  expect(progress.commitIsNews(4)).toBe(false);
});
