/** Chooses the voter that a herald names as its successor. */
import type { Consensus } from '../../consensus/contract.ts';
import type { ReplicaId } from '../../wire/identifiers.ts';

/**
 * Returns a present voter that has flushed the whole log, so it can win an election at once.
 * @param isPresent whether another replica can be reached and takes part
 * @returns undefined without such a voter, or if this replica does not lead
 */
export function successorOf(
  consensus: Pick<Consensus, 'status' | 'matchIndex'>,
  isPresent: (replica: ReplicaId) => boolean,
): ReplicaId | undefined {
  const { role, lastIndex, membership } = consensus.status();
  if (role !== 'leader') return undefined;
  return membership.voters.find((voter) => isPresent(voter) && consensus.matchIndex(voter) === lastIndex);
}

/**
 * Returns the present voter that has flushed the most entries. That voter needs the fewest further entries to win an
 * election.
 * @returns undefined without such a voter, or if this replica does not lead
 */
export function mostAdvancedOf(
  consensus: Pick<Consensus, 'status' | 'matchIndex'>,
  isPresent: (replica: ReplicaId) => boolean,
): ReplicaId | undefined {
  const { role, membership } = consensus.status();
  if (role !== 'leader') return undefined;
  const flushed = (voter: ReplicaId): number => consensus.matchIndex(voter) ?? 0;
  return membership.voters.filter(isPresent).toSorted((one, other) => flushed(other) - flushed(one))[0];
}
