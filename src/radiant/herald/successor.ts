/** Which voter a herald names to lead after it. */
import type { Consensus } from '../../consensus/contract.ts';
import type { ReplicaId } from '../../wire/identifiers.ts';

/**
 * A voter that is present and has flushed the whole log: it can win an election without waiting for entries.
 * @param isPresent whether another replica can be reached and takes part
 * @returns undefined where no voter can, or this replica does not lead
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
 * The present voter that has flushed the most: it can win an election as soon as it has the rest of the log.
 * @returns undefined where no voter is present, or this replica does not lead
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
