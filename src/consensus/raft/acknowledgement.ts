/** What a leader learns from the answers to its messages (§5.3). */
import type { RaftMessage } from '../../wire/raft/message.ts';
import type { Progress } from './progress.ts';
import { releasePostponedReads } from './reads.ts';
import type { Replica } from './replica.ts';
import { advanceCommit, broadcastAppend, sendAppend, sendSnapshot } from './replication.ts';
import { continueTransfer } from './election.ts';

/** A replica, perhaps itself, took or refused entries. */
export function handleAppendResponse(replica: Replica, progress: Progress, message: RaftMessage): void {
  progress.answered();
  if (message.reject) handleRejection(replica, progress, message);
  else handleAcknowledgement(replica, progress, message.index);
}

function handleRejection(replica: Replica, progress: Progress, message: RaftMessage): void {
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
  if (progress.state === 'probe') {
    progress.becomeReplicate();
  } else if (progress.state === 'replicate') {
    progress.inflights.freeThrough(index);
  } else if (progress.match + 1 >= replica.log.firstIndex) {
    // Whichever snapshot it was that brought the follower here, the log can go on from it.
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
    // The window has room again: send all that fits.
  }
  continueTransfer(replica, progress);
}

/** A follower is there, so what was paused may go on. */
export function resumeAfterHeartbeat(replica: Replica, progress: Progress): void {
  progress.answered();
  progress.flowPaused = false;
  if (progress.offerDue) sendSnapshot(replica, progress);
  if (progress.match < replica.log.lastIndex || progress.state === 'probe') sendAppend(replica, progress, true);
}
