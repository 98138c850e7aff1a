/** Log replication and heartbeats (§5.3). A leader appends and sends, and a follower accepts. */
import { assert } from '../../wire/assertion.ts';
import { StorageLostError } from '../../wire/errors.ts';
import { asLogIndex, type ReplicaId } from '../../wire/identifiers.ts';
import { decodeMembershipChange } from '../../wire/raft/membership-codec.ts';
import type { RaftEntry, RaftEntryKind, RaftMessage } from '../../wire/raft/message.ts';
import { payloadBytes } from './log.ts';
import { isJoint } from './membership.ts';
import { leavesJoint } from './membership-change.ts';
import * as quorum from './quorum.ts';
import { timestampedContext } from './read-index.ts';
import type { Replica } from './replica.ts';
import type { Progress } from './tracker.ts';

/** An entry to append. The leader adds term and index. */
export interface Proposal {
  readonly kind: RaftEntryKind;
  readonly payload: Uint8Array;
}

const NOTHING: Proposal = { kind: 'normal', payload: new Uint8Array(0) };

/**
 * Appends proposals at the leader without sending them.
 * @returns false if the proposals were dropped, without any effect now or later
 */
export function appendProposals(replica: Replica, proposals: readonly Proposal[]): boolean {
  assert(proposals.length > 0, 'a proposal has at least one entry');
  const { log, tracker, term } = replica;
  if (replica.role !== 'leader') return false;
  // A leader rejects proposals while it transfers leadership, and once it is no longer a member.
  if (replica.transferee !== undefined || tracker.progressOf(replica.id) === undefined) return false;
  const entries: RaftEntry[] = [];
  for (const proposal of proposals) {
    const index = asLogIndex(log.last.index + 1 + entries.length);
    const { kind, payload } = proposal.kind === 'membership' ? checkedChange(replica, proposal, index) : proposal;
    entries.push({ term, index, kind, payload });
  }
  // Empty entries are always accepted. Other proposals are always accepted while no earlier proposal waits to be
  // applied.
  const bytes = payloadBytes(entries);
  const isOverLimit = replica.uncommittedBytes + bytes > replica.options.uncommittedBytes;
  if (isOverLimit && replica.uncommittedBytes > 0 && bytes > 0) return false;
  replica.uncommittedBytes += bytes;
  log.append(entries);
  // The leader counts its own entries once they are flushed.
  replica.send({ type: 'append-response', to: replica.id, index: log.last.index });
  return true;
}

/**
 * Appends proposals at the leader and sends them.
 * @returns false if the proposals were dropped
 */
export function propose(replica: Replica, proposals: readonly Proposal[]): boolean {
  if (!appendProposals(replica, proposals)) return false;
  broadcastAppend(replica);
  return true;
}

/**
 * Returns the proposed change if it is allowed now. Changes must not overlap, and a joint membership can only be left.
 * Otherwise returns an empty entry, since later proposals already have the following indexes.
 */
function checkedChange(replica: Replica, proposal: Proposal, index: number): Proposal {
  const leaves = leavesJoint(decodeMembershipChange(proposal.payload));
  const fits = !replica.hasPendingMembershipChange && isJoint(replica.tracker.membership) === leaves;
  if (!fits && replica.options.checkMembershipChanges) return NOTHING;
  replica.pendingMembershipIndex = index;
  return proposal;
}

/** Sends an append message to every follower that is not paused, even if it carries only the commit index. */
export function broadcastAppend(replica: Replica): void {
  for (const progress of replica.tracker.members) {
    if (progress.replica !== replica.id) sendAppend(replica, progress, true);
  }
}

/**
 * Sends the next entries to one follower.
 * @returns whether a message was sent
 */
export function sendAppend(replica: Replica, progress: Progress, evenIfEmpty: boolean): boolean {
  if (progress.paused) return false;
  const log = replica.log;
  const previousIndex = progress.next - 1;
  const previousTerm = log.termAt(previousIndex);
  if (previousTerm === undefined) return sendSnapshot(replica, progress);
  // While the window is full, only an empty message is sent. If all messages in flight were lost, the answer to the
  // empty message frees the window.
  const windowFull = progress.state === 'replicate' && progress.inflights.full;
  const entries = windowFull ? [] : log.slice(progress.next, log.last.index, replica.options.appendBytes);
  assert(entries !== undefined, 'an entry whose previous term is known is in the log');
  if (entries.length === 0 && !evenIfEmpty) return false;
  replica.send({
    type: 'append',
    to: progress.replica,
    index: previousIndex,
    logTerm: previousTerm,
    entries,
    commit: log.committed,
  });
  progress.sentEntries(entries.length, payloadBytes(entries));
  progress.sentCommit = log.committed;
  return true;
}

/**
 * Offers a snapshot to a follower that lacks compacted entries.
 * @returns whether a message was sent
 */
export function sendSnapshot(replica: Replica, progress: Progress): boolean {
  // Offers nothing to a silent replica, which could not fetch the snapshot now.
  if (!progress.recentlyActive) return false;
  const snapshot = replica.options.snapshot();
  if (snapshot === undefined) return false;
  progress.becomeSnapshot(snapshot.index);
  replica.send({ type: 'snapshot', to: progress.replica, snapshot });
  return true;
}

/**
 * Advances the commit index to the highest entry that a quorum has flushed. Only entries of the leader's own term are
 * counted (§5.4.2).
 */
export function advanceCommit(replica: Replica): boolean {
  const index = quorum.committedIndex(replica.tracker.membership, replica.tracker);
  if (index <= replica.log.committed || replica.log.termAt(index) !== replica.term) return false;
  replica.log.commitTo(index);
  return true;
}

/** Returns an unreachable replica to `probe`, because messages to it may be lost. Does nothing at a follower. */
export function reportUnreachable(replica: Replica, unreachable: ReplicaId): void {
  if (replica.role !== 'leader') return;
  const progress = replica.tracker.progressOf(unreachable);
  if (progress?.state === 'replicate') progress.becomeProbe();
}

/** Handles an append of the leader of this term. */
export function handleAppend(replica: Replica, message: RaftMessage): void {
  const log = replica.log;
  if (message.index < log.committed) {
    // Every leader has the committed entries, so the logs agree up to the commit index.
    replica.send({ type: 'append-response', to: message.from, index: log.committed });
    return;
  }
  const agreed = log.accept({ index: message.index, term: message.logTerm }, message.entries);
  if (agreed !== undefined) {
    log.commitTo(Math.min(message.commit, agreed));
    replica.send({ type: 'append-response', to: message.from, index: agreed });
    return;
  }
  const hint = log.lastPossibleAgreement(Math.min(message.index, log.last.index), message.logTerm);
  replica.send({
    type: 'append-response',
    to: message.from,
    index: message.index,
    reject: true,
    rejectHint: hint.index,
    logTerm: hint.term,
  });
}

/** Sends a heartbeat with the position of the newest waiting read, and under a lease with a timestamp. */
export function broadcastHeartbeat(replica: Replica): void {
  const context =
    replica.options.reads === 'lease'
      ? timestampedContext(replica.reads.newest, replica.lease.now)
      : replica.reads.heartbeatContext();
  for (const progress of replica.tracker.members) {
    if (progress.replica === replica.id) continue;
    // A follower must not commit an entry that may differ from the entry in the log of the leader.
    const commit = Math.min(progress.match, replica.log.committed);
    replica.send({ type: 'heartbeat', to: progress.replica, commit, context });
    progress.sentCommit = commit;
  }
}

/**
 * Handles a heartbeat at a follower. This replica has acknowledged all entries up to `message.commit`.
 * @throws {StorageLostError} `STORAGE_LOST` if the log ends before that index, because the disk then lost entries
 */
export function handleHeartbeat(replica: Replica, message: RaftMessage): void {
  if (message.commit > replica.log.last.index) {
    throw new StorageLostError('The leader has acknowledgements of this replica for entries that are not in its log.');
  }
  replica.log.commitTo(message.commit);
  replica.send({ type: 'heartbeat-response', to: message.from, context: message.context });
}
