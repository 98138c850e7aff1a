/** Proposals, including changes of membership. */
import { assert } from '../../wire/assertion.ts';
import { decodeMembershipChange } from '../../wire/raft/membership-codec.ts';
import { isJoint } from './membership.ts';
import { leavesJoint } from './membership-change.ts';
import type { Replica } from './replica.ts';
import { appendToLog, broadcastAppend, type Proposal } from './replication.ts';

const NOTHING: Proposal = { kind: 'normal', payload: new Uint8Array(0) };

/** Leader: appends without sending. Returns false if dropped, without any effect now or later. */
export function appendProposals(replica: Replica, proposals: readonly Proposal[]): boolean {
  assert(proposals.length > 0, 'something is proposed');
  if (replica.role !== 'leader') return false;
  // A leader that was removed or transfers leadership takes no proposals.
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
 * Changes of membership must not overlap, and a joint membership can only be left. A change that does not fit becomes
 * an empty entry, since later proposals already have the following indexes.
 */
function checkChange(replica: Replica, proposal: Proposal, index: number): Proposal {
  const leaves = leavesJoint(decodeMembershipChange(proposal.payload));
  const fits = !replica.hasPendingMembershipChange && isJoint(replica.tracker.membership) === leaves;
  if (!fits && replica.options.checkMembershipChanges) return NOTHING;
  replica.pendingMembershipIndex = index;
  return proposal;
}
