import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as quorum from '../../src/consensus/raft/quorum.ts';
import { asReplicaId, type ReplicaId } from '../../src/wire/identifiers.ts';

const replicas = (ids: readonly number[]) => ids.map(asReplicaId);
const voterSets = fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { maxLength: 7 }).map(replicas);
const acknowledgements = fc.dictionary(fc.integer({ min: 1, max: 9 }).map(String), fc.integer({ min: 0, max: 9 }));
const ballots = fc.dictionary(fc.integer({ min: 1, max: 9 }).map(String), fc.boolean());

/** The committed index by definition: the highest index that a majority of the voters has acknowledged. */
function committedByDefinition(voters: readonly ReplicaId[], acknowledged: Record<string, number>): number {
  if (voters.length === 0) return Number.POSITIVE_INFINITY;
  for (let index = 10; index > 0; index--) {
    const holders = voters.filter((voter) => (acknowledged[voter] ?? 0) >= index);
    if (holders.length * 2 > voters.length) return index;
  }
  return 0;
}

/**
 * The result of an election by definition. The election is decided if its result is the same for every way to cast the
 * missing votes.
 */
function resultByDefinition(sets: readonly (readonly ReplicaId[])[], votes: Record<string, boolean>): string {
  const wins = (missing: boolean) =>
    sets.every(
      (voters) => voters.length === 0 || voters.filter((voter) => votes[voter] ?? missing).length * 2 > voters.length,
    );
  if (wins(false)) return 'won';
  return wins(true) ? 'pending' : 'lost';
}

test('a majority commits exactly what more than half of the voters hold', () => {
  fc.assert(
    fc.property(voterSets, acknowledgements, (voters, acknowledged) => {
      const source = { acknowledgedIndex: (voter: ReplicaId) => acknowledged[voter] };
      expect(quorum.majorityCommittedIndex(voters, source)).toBe(committedByDefinition(voters, acknowledged));
    }),
    { numRuns: 2_000 },
  );
});

test('a joint quorum commits and elects only with both halves', () => {
  fc.assert(
    fc.property(voterSets, voterSets, acknowledgements, ballots, (voters, outgoingVoters, acknowledged, votes) => {
      const members = { voters, outgoingVoters };
      const source = { acknowledgedIndex: (voter: ReplicaId) => acknowledged[voter] };
      expect(quorum.committedIndex(members, source)).toBe(
        Math.min(committedByDefinition(voters, acknowledged), committedByDefinition(outgoingVoters, acknowledged)),
      );
      const cast = { ballot: (voter: ReplicaId) => votes[voter] };
      expect(quorum.voteResult(members, cast)).toBe(resultByDefinition([voters, outgoingVoters], votes));
      expect(quorum.majorityVoteResult(voters, cast)).toBe(resultByDefinition([voters], votes));
    }),
    { numRuns: 2_000 },
  );
});
