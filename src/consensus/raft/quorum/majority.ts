/** The quorum of one set of voters: more than half of them. */
import type { ReplicaId } from '../../../wire/identifiers.ts';

/** Up to which index a voter has acknowledged; undefined: it has not been heard of. */
export interface AcknowledgedIndexes {
  acknowledgedIndex(voter: ReplicaId): number | undefined;
}

/** How a voter voted; undefined: not yet. */
export interface Ballots {
  ballot(voter: ReplicaId): boolean | undefined;
}

export type VoteResult = 'won' | 'lost' | 'pending';

/** How many voters make a majority of `voterCount`. */
export function majorityOf(voterCount: number): number {
  return Math.floor(voterCount / 2) + 1;
}

/**
 * The highest index that a majority has acknowledged: 0 where there is none. No
 * voters commit everything, so that half a joint quorum may be empty.
 */
export function committedIndex(voters: readonly ReplicaId[], source: AcknowledgedIndexes): number {
  if (voters.length === 0) return Number.POSITIVE_INFINITY;
  const needed = majorityOf(voters.length);
  let committed = 0;
  for (const candidate of voters) {
    const index = source.acknowledgedIndex(candidate) ?? 0;
    if (index > committed && acknowledgedBy(voters, source, index) >= needed) committed = index;
  }
  return committed;
}

/** No voters elect anyone, for the same reason. */
export function voteResult(voters: readonly ReplicaId[], ballots: Ballots): VoteResult {
  if (voters.length === 0) return 'won';
  let granted = 0;
  let missing = 0;
  for (const voter of voters) {
    const ballot = ballots.ballot(voter);
    if (ballot === undefined) missing++;
    else if (ballot) granted++;
  }
  const needed = majorityOf(voters.length);
  if (granted >= needed) return 'won';
  return granted + missing >= needed ? 'pending' : 'lost';
}

function acknowledgedBy(voters: readonly ReplicaId[], source: AcknowledgedIndexes, index: number): number {
  let count = 0;
  for (const voter of voters) {
    if ((source.acknowledgedIndex(voter) ?? 0) >= index) count++;
  }
  return count;
}
