/** A leader handles the answers to its appends and heartbeats (§5.3). */
import type { RaftMessage } from '../../wire/raft/message.ts';
import type { Progress } from './progress.ts';
import { releasePostponedReads } from './reads.ts';
import type { Replica } from './replica.ts';
import { advanceCommit, broadcastAppend, sendAppend, sendSnapshot } from './replication.ts';
import { continueTransfer } from './election.ts';

/** The sender accepted or rejected entries. The leader sends such an answer to itself, too. */
export function handleAppendResponse(replica: Replica, progress: Progress, message: RaftMessage): void {
  progress.answered();
  if (message.reject) handleRejection(replica, progress, message);
  else handleAcknowledgement(replica, progress, message.index);
}

function handleRejection(replica: Replica, progress: Progress, message: RaftMessage): void {
  // The hint is the last index that may agree. If the follower's term there is older, the leader skips all of its own
  // entries of newer terms, so it probes once per term.
  const hint =
    message.logTerm > 0
      ? replica.log.lastPossibleAgreement(message.rejectHint, message.logTerm).index
      : message.rejectHint;
  if (!progress.rejected(message.index, hint)) return;
  if (progress.state === 'replicate') progress.becomeProbe();
  sendAppend(replica, progress, true);
}

function handleAcknowledgement(replica: Replica, progress: Progress, index: number): void {
  // In this term only entries that the leader sent can be acknowledged.
  if (index > replica.log.lastIndex) return;
  const isNews = progress.acknowledged(index);
  // In `probe` even an answer without news ends the pause.
  if (!isNews && !(progress.match === index && progress.state === 'probe')) return;
  if (progress.state === 'probe') {
    progress.becomeReplicate();
  } else if (progress.state === 'replicate') {
    progress.inflights.freeThrough(index);
  } else if (progress.match + 1 >= replica.log.firstIndex) {
    // Any snapshot that brought the follower here will do.
    progress.becomeProbe();
    progress.becomeReplicate();
  }

  const isSelf = progress.replica === replica.id;
  if (advanceCommit(replica)) {
    releasePostponedReads(replica);
    if (replica.options.sendCommitAtOnce) broadcastAppend(replica);
  } else if (replica.options.sendCommitAtOnce && !isSelf && progress.commitIsNews(replica.log.committed)) {
    sendAppend(replica, progress, true);
  }
  if (isSelf) return;
  while (sendAppend(replica, progress, false)) {
    // The window has room again.
  }
  continueTransfer(replica, progress);
}

/** The answer to a heartbeat ends every pause. */
export function resumeAfterHeartbeat(replica: Replica, progress: Progress): void {
  progress.answered();
  progress.flowPaused = false;
  if (progress.offerDue) sendSnapshot(replica, progress);
  if (progress.match < replica.log.lastIndex || progress.state === 'probe') sendAppend(replica, progress, true);
}
