/** The quorum of a joint membership: a majority of each half (Ongaro's dissertation, §4.3). */
import type { ReplicaId } from '../../../wire/identifiers.ts';
import * as majority from './majority.ts';

export interface JointVoters {
  readonly voters: readonly ReplicaId[];
  /** Empty unless the membership is joint. */
  readonly outgoingVoters: readonly ReplicaId[];
}

/** The highest index that both halves have committed. */
export function committedIndex(joint: JointVoters, source: majority.AcknowledgedIndexes): number {
  const incoming = majority.committedIndex(joint.voters, source);
  if (joint.outgoingVoters.length === 0) return incoming;
  return Math.min(incoming, majority.committedIndex(joint.outgoingVoters, source));
}

/** Won where both halves are, lost where either is. */
export function voteResult(joint: JointVoters, ballots: majority.Ballots): majority.VoteResult {
  const incoming = majority.voteResult(joint.voters, ballots);
  const outgoing = majority.voteResult(joint.outgoingVoters, ballots);
  if (incoming === 'lost' || outgoing === 'lost') return 'lost';
  return incoming === outgoing ? incoming : 'pending';
}
