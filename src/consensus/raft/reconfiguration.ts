import { assert } from '../../wire/assertion.ts';
import type { MembershipChange, RaftMembership } from '../../wire/raft/message.ts';
import { allVoters } from './membership.ts';
import { changeMembership } from './membership-change.ts';
import { grantConfirmed } from './reads.ts';
import type { Replica } from './replica.ts';
import { advanceCommit, broadcastAppend, propose, sendAppend } from './replication.ts';

const LEAVE_JOINT = [{ kind: 'membership', payload: new Uint8Array(0) }] as const;

/**
 * Applies a committed change of membership. A change takes effect when it is applied, so at the same index on every
 * replica.
 */
export function applyChange(replica: Replica, change: MembershipChange): RaftMembership {
  const outcome = changeMembership(replica.tracker.membership, change);
  assert(outcome.kind === 'changed', 'only changes that fit are committed');
  // The leader first probes a new member at the end of the log. An empty log rejects the probe with the index to
  // continue from.
  replica.tracker.changeTo(outcome.membership, outcome.joined, Math.max(1, replica.log.last.index));
  takeEffect(replica);
  return outcome.membership;
}

/** Leaves a joint membership at the leader, once all pending changes are applied. */
export function leaveJointWhenApplied(replica: Replica): void {
  if (replica.role !== 'leader' || replica.log.applied < replica.pendingMembershipIndex) return;
  // While leadership is transferred, `propose` drops the entry. The next applied entry causes another attempt.
  propose(replica, LEAVE_JOINT);
}

function takeEffect(replica: Replica): void {
  const { membership } = replica.tracker;
  if (replica.role !== 'leader') return;
  const own = replica.tracker.progressOf(replica.id);
  if (own === undefined || own.isLearner) {
    if (replica.options.stepDownOnRemoval) replica.becomeFollower(replica.term, undefined);
    return;
  }
  // Grants waiting reads that lacked only answers from removed voters.
  grantConfirmed(replica);
  if (advanceCommit(replica)) {
    // The new quorum committed entries that the old quorum had not committed. Followers learn the commit index.
    broadcastAppend(replica);
  } else {
    for (const progress of replica.tracker.members) {
      if (progress.replica !== replica.id) sendAppend(replica, progress, false);
    }
  }
  if (replica.transferee !== undefined && !allVoters(membership).includes(replica.transferee)) {
    replica.transferee = undefined;
  }
}
