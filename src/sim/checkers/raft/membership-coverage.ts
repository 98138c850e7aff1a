import type { ReplicaId } from '../../../wire/identifiers.ts';
import type { RaftMembership } from '../../../wire/raft/message.ts';
import { type CoveredKind, VOTER_COUNTS } from '../../coverage.ts';
import { isJoint } from './membership-model.ts';

const KINDS: ReadonlyMap<number, CoveredKind> = new Map(VOTER_COUNTS);

/** The coverage counters of a committed membership change. Leaving a joint membership does not count as a change. */
export function coveredByChange(
  before: RaftMembership,
  after: RaftMembership,
  isLost: (replica: ReplicaId) => boolean,
): readonly CoveredKind[] {
  const count = coveredByVoters(after);
  if (isJoint(before)) return count;
  const kinds: CoveredKind[] = [isJoint(after) ? 'joint-change' : 'simple-change', ...count];
  const goes = before.voters.some((voter) => isLost(voter) && !after.voters.includes(voter));
  const comes = after.voters.some((voter) => !before.voters.includes(voter));
  return goes && comes ? [...kinds, 'replacement'] : kinds;
}

/** The coverage counter of a membership's number of voters. A joint membership has no counter. */
export function coveredByVoters(membership: RaftMembership): readonly CoveredKind[] {
  const kind = isJoint(membership) ? undefined : KINDS.get(membership.voters.length);
  return kind === undefined ? [] : [kind];
}
