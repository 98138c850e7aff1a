/** What a replica tells of where it stands. It is asked after every event, and mostly nothing has changed. */
import type { Role } from '../../wire/frames/frame.ts';
import { asLogIndex } from '../../wire/identifiers.ts';
import type { ConsensusStatus } from '../contract.ts';
import { allVoters } from './membership.ts';
import type { Replica } from './replica.ts';

/** @param latest what was told last: told again where it is true still */
export function statusOf(replica: Replica, latest: ConsensusStatus | undefined): ConsensusStatus {
  const { term, leader, log, tracker } = replica;
  const { voters, outgoingVoters, learners } = tracker.membership;
  const role = roleOf(replica);
  if (
    latest?.role === role &&
    latest.leader === leader &&
    latest.term === term &&
    latest.committed === log.committed &&
    latest.lastIndex === log.lastIndex &&
    latest.membership.voters === voters &&
    latest.membership.learners === learners &&
    latest.outgoingVoters === outgoingVoters
  ) {
    return latest;
  }
  return {
    role,
    leader,
    term,
    committed: asLogIndex(log.committed),
    lastIndex: asLogIndex(log.lastIndex),
    membership: { voters, learners },
    outgoingVoters,
  };
}

function roleOf({ role, tracker, id }: Replica): Role {
  if (role === 'leader') return 'leader';
  // Whoever is no member, not yet or not any more, does not vote either.
  if (role === 'follower') return allVoters(tracker.membership).includes(id) ? 'follower' : 'learner';
  return 'candidate';
}
