/**
 * Computes quorums. A quorum is a majority of one set of voters, and of both sets while a membership is joint
 * (dissertation, §4.3).
 */
import type { ReplicaId } from '../../wire/identifiers.ts';

/** Returns the index up to which a voter has acknowledged. Undefined if the voter has not answered. */
export interface AcknowledgedIndexes {
  acknowledgedIndex(voter: ReplicaId): number | undefined;
}

/** Returns the vote of a voter. Undefined if the voter has not voted. */
export interface Ballots {
  ballot(voter: ReplicaId): boolean | undefined;
}

export type VoteResult = 'won' | 'lost' | 'pending';

export interface JointVoters {
  readonly voters: readonly ReplicaId[];
  /** The former voters. Empty unless the membership is joint. */
  readonly outgoingVoters: readonly ReplicaId[];
}

/**
 * Returns the highest index that a majority of the voters has acknowledged. While the membership is joint, a majority
 * of the outgoing voters has acknowledged that index as well.
 */
export function committedIndex(joint: JointVoters, source: AcknowledgedIndexes): number {
  const incoming = majorityCommittedIndex(joint.voters, source);
  if (joint.outgoingVoters.length === 0) return incoming;
  return Math.min(incoming, majorityCommittedIndex(joint.outgoingVoters, source));
}

/** An election is won once both halves are won, and lost once either half is lost. */
export function voteResult(joint: JointVoters, ballots: Ballots): VoteResult {
  const incoming = majorityVoteResult(joint.voters, ballots);
  const outgoing = majorityVoteResult(joint.outgoingVoters, ballots);
  if (incoming === 'lost' || outgoing === 'lost') return 'lost';
  return incoming === outgoing ? incoming : 'pending';
}

function majorityOf(voterCount: number): number {
  return Math.floor(voterCount / 2) + 1;
}

/**
 * Returns the highest index that a majority has acknowledged, or 0. An empty set commits everything, so that it never
 * holds back the other half of a joint quorum.
 */
export function majorityCommittedIndex(voters: readonly ReplicaId[], source: AcknowledgedIndexes): number {
  if (voters.length === 0) return Number.POSITIVE_INFINITY;
  const acknowledged = new Float64Array(voters.length);
  for (const [at, voter] of voters.entries()) acknowledged[at] = source.acknowledgedIndex(voter) ?? 0;
  acknowledged.sort();
  // This voter and the voters sorted after it form a majority. All of them have acknowledged this index.
  return acknowledged[voters.length - majorityOf(voters.length)] ?? 0;
}

/**
 * Counts the votes of one half. An empty set elects every candidate, so that it never holds back the other half of a
 * joint quorum.
 */
export function majorityVoteResult(voters: readonly ReplicaId[], ballots: Ballots): VoteResult {
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
