/** What a change of membership does to a replica when it is applied. */
import { assert } from '../../wire/assertion.ts';
import type { MembershipChange, RaftMembership } from '../../wire/raft/message.ts';
import { allVoters } from './membership.ts';
import { changeMembership } from './membership-change.ts';
import { propose } from './proposals.ts';
import { grantConfirmed } from './reads.ts';
import type { Replica } from './replica.ts';
import { advanceCommit, broadcastAppend, sendAppend } from './replication.ts';

const LEAVE_JOINT = [{ kind: 'membership', payload: new Uint8Array(0) }] as const;

/** Applies a committed change. A membership takes effect when it is applied, the same on every replica. */
export function applyChange(replica: Replica, change: MembershipChange): RaftMembership {
  const outcome = changeMembership(replica.tracker.membership, change);
  assert(outcome.kind === 'changed', 'only changes that fit are committed');
  // Probed first at the end of the log: a newcomer that lacks everything answers with where to go on.
  replica.tracker.changeTo(outcome.membership, outcome.joined, Math.max(1, replica.log.lastIndex));
  takeEffect(replica);
  return outcome.membership;
}

/** Leader: all that there is to wait for has been applied, so the joint membership is left. */
export function leaveJointWhenApplied(replica: Replica): void {
  const { autoLeave } = replica.tracker.membership;
  if (!autoLeave || replica.role !== 'leader' || replica.log.applied < replica.pendingMembershipIndex) return;
  // Dropped while the office is handed over: the next leader, or the next applied entry, tries again.
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
  // Nobody else may be left who could answer for it.
  grantConfirmed(replica);
  if (advanceCommit(replica)) {
    // The new quorum may have committed what the old one had not.
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
