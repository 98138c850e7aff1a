import { expect, test } from 'vitest';
import { describeMembership } from '../../../src/sim/checkers/raft/membership-model.ts';
import { RaftSafety } from '../../../src/sim/checkers/raft/raft-safety.ts';
import { changing, log, ORDER, ScriptedReplica, state } from './scripted-replica.ts';

const JOINT = changing(['add-voter', 4], ['add-voter', 5], ['remove', 2], ['remove', 3]);
const LEAVE = changing();

/**
 * Builds a history in which replica 1 leads voters 1, 2, 3 to voters 1, 4, 5. Every replica flushes `entries` entries.
 * `knownCommits` holds the commit index that each replica has flushed.
 */
function history(entries: number, knownCommits: readonly number[]) {
  const safety = new RaftSafety();
  const replicas = [1, 2, 3, 4, 5].map((replica) => new ScriptedReplica(safety, replica, [1, 2, 3]).born());
  for (const replica of replicas.slice(0, 3)) replica.votes(1, 1);
  replicas[0]?.stands({ role: 'leader', term: 1 });
  const all = [{ term: 1 }, { term: 1, change: JOINT }, { term: 1, change: LEAVE }];
  for (const [at, entry] of all.slice(0, entries).entries()) {
    for (const replica of replicas) replica.writes(log(at + 1, entry));
    if (at < 2 || knownCommits.includes(3)) replicas[0]?.stands({ committed: at + 1, applied: at + 1 });
  }
  for (const [at, replica] of replicas.entries()) replica.writes(state(1, at < 3 ? 1 : undefined, knownCommits[at]));
  const known = safety.history(ORDER);
  if (known === undefined) throw new Error('the order was born');
  const radiants = replicas.map(({ radiant }) => radiant);
  return (...forgetful: readonly number[]): readonly string[] =>
    known
      .membershipsInForce((radiant) => forgetful.includes(radiants.indexOf(radiant) + 1))
      .map((membership) => describeMembership(membership));
}

test('a joint membership is in force until every voter that remembers knows that it was left', () => {
  const memberships = history(3, [3, 3, 3, 2, 3]);
  expect(memberships()).toEqual(['voters 1 4 5 && 1 2 3', 'voters 1 4 5']);
  expect(memberships(4)).toEqual(['voters 1 4 5']);
});

test('a membership that a log proposes is in force before it is committed', () => {
  const memberships = history(3, [2, 2, 2, 2, 2]);
  expect(memberships()).toEqual(['voters 1 4 5 && 1 2 3', 'voters 1 4 5']);
  expect(history(2, [2, 2, 2, 2, 2])()).toEqual(['voters 1 4 5 && 1 2 3']);
});

test('the membership of the birth is in force while a voter knows of no commit', () => {
  expect(history(2, [2, 2, 2, 0, 2])()).toEqual(['voters 1 2 3', 'voters 1 4 5 && 1 2 3']);
});
