/** How a leader brings its log to the others, and how a follower takes it (§5.3). */
import { assert } from '../../wire/assertion.ts';
import { asLogIndex, type ReplicaId } from '../../wire/identifiers.ts';
import type { RaftEntry, RaftEntryKind, RaftMessage } from '../../wire/raft-message.ts';
import { payloadBytes } from './log.ts';
import type { Progress } from './progress.ts';
import { releasePostponedReads } from './reads.ts';
import type { Replica } from './replica.ts';

/** An entry that has no place in a log yet. */
export interface Proposal {
  readonly kind: RaftEntryKind;
  readonly payload: Uint8Array;
}

/** Appends to the leader's own log. False: too much waits already; nothing was appended. */
export function appendProposals(replica: Replica, proposals: readonly Proposal[]): boolean {
  assert(replica.role === 'leader', 'only a leader appends to its own log');
  let bytes = 0;
  for (const proposal of proposals) bytes += proposal.payload.length;
  // A leader's own empty entries always fit, and so does one proposal when nothing waits.
  const overLimit = replica.uncommittedBytes + bytes > replica.options.uncommittedBytes;
  if (overLimit && replica.uncommittedBytes > 0 && bytes > 0) return false;
  replica.uncommittedBytes += bytes;

  const first = replica.log.lastIndex + 1;
  replica.log.append(
    proposals.map(
      (proposal, offset): RaftEntry => ({
        term: replica.term,
        index: asLogIndex(first + offset),
        kind: proposal.kind,
        payload: proposal.payload,
      }),
    ),
  );
  // The leader counts itself like everyone else: once it has flushed.
  replica.send({ type: 'append-response', to: replica.id, index: replica.log.lastIndex });
  return true;
}

/** Sends to everyone what they lack, or at least the commit index. */
export function broadcastAppend(replica: Replica): void {
  for (const progress of replica.tracker.members) {
    if (progress.replica !== replica.id) sendAppend(replica, progress, true);
  }
}

/** Sends the next entries. Returns whether a message left. */
export function sendAppend(replica: Replica, progress: Progress, evenIfEmpty: boolean): boolean {
  if (progress.paused) return false;
  const log = replica.log;
  const previousIndex = progress.next - 1;
  const previousTerm = log.termAt(previousIndex);
  assert(previousTerm !== undefined, 'the log holds all entries that a follower may lack');
  // A full window lets only an empty message through: if all that filled it was lost, its answer frees the window.
  const windowFull = progress.state === 'replicate' && progress.inflights.full;
  const entries = windowFull ? [] : log.slice(progress.next, log.lastIndex, replica.options.appendBytes);
  assert(entries !== undefined, 'the log holds all entries that a follower may lack');
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
  progress.sentCommit(log.committed);
  return true;
}

/** Commits what the quorum has flushed, but counts only for entries of its own term (§5.4.2). */
export function advanceCommit(replica: Replica): boolean {
  const index = replica.tracker.committedIndex();
  if (index <= replica.log.committed || replica.log.termAt(index) !== replica.term) return false;
  replica.log.commitTo(index);
  return true;
}

/** Leader: a replica, perhaps itself, took or refused entries. */
export function handleAppendResponse(replica: Replica, progress: Progress, message: RaftMessage): void {
  progress.recentlyActive = true;
  if (message.reject) handleRefusal(replica, progress, message);
  else handleAcknowledgement(replica, progress, message.index);
}

function handleRefusal(replica: Replica, progress: Progress, message: RaftMessage): void {
  // The follower names its last place that may agree. Where its term there is older than the
  // leader's, the leader skips all of its own entries of newer terms: one probe for each term.
  const hint =
    message.logTerm > 0
      ? replica.log.lastPossibleAgreement(message.rejectHint, message.logTerm).index
      : message.rejectHint;
  if (!progress.rejected(message.index, hint)) return;
  if (progress.state === 'replicate') progress.becomeProbe();
  sendAppend(replica, progress, true);
}

function handleAcknowledgement(replica: Replica, progress: Progress, index: number): void {
  // Nobody in this term can hold what its leader has not sent.
  if (index > replica.log.lastIndex) return;
  const isNews = progress.acknowledged(index);
  // An answer to a probe that tells nothing new still tells that the flow may go on.
  if (!isNews && !(progress.match === index && progress.state === 'probe')) return;
  if (progress.state === 'probe') progress.becomeReplicate();
  else if (progress.state === 'replicate') progress.inflights.freeThrough(index);

  const isSelf = progress.replica === replica.id;
  if (advanceCommit(replica)) {
    releasePostponedReads(replica);
    broadcastAppend(replica);
  } else if (!isSelf && progress.commitIsNews(replica.log.committed)) {
    sendAppend(replica, progress, true);
  }
  if (isSelf) return;
  while (sendAppend(replica, progress, false)) {
    // The window has room again: send all that fits.
  }
}

/** Leader: a follower is there, so what was paused may go on. */
export function resumeAfterHeartbeat(replica: Replica, progress: Progress): void {
  progress.recentlyActive = true;
  progress.flowPaused = false;
  if (progress.match < replica.log.lastIndex || progress.state === 'probe') sendAppend(replica, progress, true);
}

/** Follower: takes entries of the leader of this term. */
export function handleAppend(replica: Replica, message: RaftMessage): void {
  const log = replica.log;
  if (message.index < log.committed) {
    // What is committed agrees with every leader: answer so, whatever else the message holds.
    replica.send({ type: 'append-response', to: message.from, index: log.committed });
    return;
  }
  const agreed = log.accept({ index: message.index, term: message.logTerm }, message.entries);
  if (agreed !== undefined) {
    log.commitTo(Math.min(message.commit, agreed));
    replica.send({ type: 'append-response', to: message.from, index: agreed });
    return;
  }
  const hint = log.lastPossibleAgreement(Math.min(message.index, log.lastIndex), message.logTerm);
  replica.send({
    type: 'append-response',
    to: message.from,
    index: message.index,
    reject: true,
    rejectHint: hint.index,
    logTerm: hint.term,
  });
}

/** Leader: messages to this replica get lost; find out anew what it holds. */
export function reportUnreachable(replica: Replica, unreachable: ReplicaId): void {
  if (replica.role !== 'leader') return;
  const progress = replica.tracker.progressOf(unreachable);
  if (progress?.state === 'replicate') progress.becomeProbe();
}
