/** What becomes of proposals, and of changes of membership among them. */
import { assert } from '../../wire/assertion.ts';
import { decodeMembershipChange } from '../../wire/raft/membership-codec.ts';
import { isJoint } from './membership.ts';
import { leavesJoint } from './membership-change.ts';
import type { Replica } from './replica.ts';
import { appendToLog, broadcastAppend, type Proposal } from './replication.ts';

const NOTHING: Proposal = { kind: 'normal', payload: new Uint8Array(0) };

/** Leader: appends without sending. False: dropped, without any effect now or later. */
export function appendProposals(replica: Replica, proposals: readonly Proposal[]): boolean {
  assert(proposals.length > 0, 'something is proposed');
  if (replica.role !== 'leader') return false;
  // A leader that is no member any more, or hands its office over, begins nothing new.
  if (replica.tracker.progressOf(replica.id) === undefined || replica.transferee !== undefined) return false;
  const checked = proposals.map((proposal, at) =>
    proposal.kind === 'membership' ? checkChange(replica, proposal, replica.log.lastIndex + 1 + at) : proposal,
  );
  return appendToLog(replica, checked);
}

/** Leader: appends and sends. */
export function propose(replica: Replica, proposals: readonly Proposal[]): boolean {
  if (!appendProposals(replica, proposals)) return false;
  broadcastAppend(replica);
  return true;
}

/**
 * Two changes of membership must not overlap, and a joint membership can only be left. What does
 * not fit becomes an entry without effect: its place in the log is already spoken for.
 */
function checkChange(replica: Replica, proposal: Proposal, index: number): Proposal {
  const leaves = leavesJoint(decodeMembershipChange(proposal.payload));
  const fits = !replica.hasPendingMembershipChange && isJoint(replica.tracker.membership) === leaves;
  if (!fits && replica.options.checkMembershipChanges) return NOTHING;
  replica.pendingMembershipIndex = index;
  return proposal;
}
