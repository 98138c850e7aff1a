/** Handles a message, first by its term (§5.1), then by the role of this replica. */
import type { RaftMessage, RaftMessageType } from '../../wire/raft/message.ts';
import {
  beginTransfer,
  continueTransfer,
  countVote,
  handleVoteRequest,
  ignoresCandidate,
  knownCommit,
  learnCommit,
  requestTransfer,
  startTransferElection,
} from './election.ts';
import { grantPostponedReads, handleHeartbeatAnswer, handleReadIndex, handleReadIndexResponse } from './reads.ts';
import type { Replica } from './replica.ts';
import {
  advanceCommit,
  broadcastAppend,
  handleAppend,
  handleHeartbeat,
  sendAppend,
  sendSnapshot,
} from './replication.ts';
import { handleSnapshot } from './snapshots.ts';
import type { Progress } from './tracker.ts';

const ANSWERS: ReadonlySet<RaftMessageType> = new Set([
  'append-response',
  'vote-response',
  'pre-vote-response',
  'heartbeat-response',
  'read-index-response',
]);

/**
 * Handles one message.
 * @returns false for an answer of a replica that is not a member; the answer changes nothing
 */
export function step(replica: Replica, message: RaftMessage): boolean {
  if (ANSWERS.has(message.type) && replica.tracker.progressOf(message.from) === undefined) return false;
  if (message.type === 'vote-response' || message.type === 'pre-vote-response') learnCommit(replica, message);
  if (message.type === 'read-index') {
    // Any leader may answer a request to read, so its term is not compared.
  } else if (message.term > replica.term) {
    if (!stepFromNewerTerm(replica, message)) return true;
  } else if (message.term < replica.term) {
    answerOlderTerm(replica, message);
    return true;
  }
  if (message.type === 'vote' || message.type === 'pre-vote') {
    handleVoteRequest(replica, message);
  } else if (replica.role === 'leader') {
    stepLeader(replica, message);
  } else if (replica.role === 'follower') {
    stepFollower(replica, message);
  } else {
    stepCandidate(replica, message);
  }
  return true;
}

/**
 * Handles the newer term of a message.
 * @returns whether to handle the message further
 */
function stepFromNewerTerm(replica: Replica, message: RaftMessage): boolean {
  const asksForVote = message.type === 'vote' || message.type === 'pre-vote';
  if (asksForVote && ignoresCandidate(replica, message)) return false;
  if (message.type === 'pre-vote') return true;
  // A granted pre-vote carries the term that the pre-candidate asked about. No replica has entered that term yet.
  if (message.type === 'pre-vote-response' && !message.reject) return true;
  replica.becomeFollower(message.term, isFromLeader(message.type) ? message.from : undefined);
  return true;
}

function answerOlderTerm(replica: Replica, message: RaftMessage): void {
  const { checkQuorum, preVote } = replica.options;
  if ((checkQuorum || preVote) && (message.type === 'append' || message.type === 'heartbeat')) {
    // The followers of this older leader ignore candidates, so the leader learns of the newer term only by this answer.
    // Without it, this replica could never rejoin the group.
    replica.send({ type: 'append-response', to: message.from });
  } else if (message.type === 'pre-vote') {
    replica.send({ type: 'pre-vote-response', to: message.from, reject: true, ...knownCommit(replica) });
  }
}

function stepLeader(replica: Replica, message: RaftMessage): void {
  if (message.type === 'read-index') {
    handleReadIndex(replica, message);
    return;
  }
  const progress = replica.tracker.progressOf(message.from);
  if (progress === undefined) return;
  if (message.type === 'append-response') {
    progress.answered();
    if (message.reject) handleRejection(replica, progress, message);
    else handleAcknowledgement(replica, progress, message.index);
  } else if (message.type === 'heartbeat-response') {
    progress.answered();
    resumeAfterHeartbeat(replica, progress);
    handleHeartbeatAnswer(replica, message);
  } else if (message.type === 'transfer-leader') {
    beginTransfer(replica, progress);
  }
}

function handleRejection(replica: Replica, progress: Progress, message: RaftMessage): void {
  // The follower's hint is the last index at which the logs may agree. If the hint carries a term, the leader skips its
  // own entries of later terms. It therefore sends at most one probe for each term.
  const hint =
    message.logTerm > 0
      ? replica.log.lastPossibleAgreement(message.rejectHint, message.logTerm).index
      : message.rejectHint;
  if (!progress.rejected(message.index, hint)) return;
  if (progress.state === 'replicate') progress.becomeProbe();
  sendAppend(replica, progress, true);
}

/** Notes that a member has flushed its log up to `index`. The leader counts its own flush in the same way. */
function handleAcknowledgement(replica: Replica, progress: Progress, index: number): void {
  // Ignores an index beyond the log, since a follower can acknowledge only entries that this leader sent.
  if (index > replica.log.last.index) return;
  const isNews = progress.acknowledged(index);
  // In `probe`, an acknowledgement of the known index counts as well, because it confirms where the logs agree.
  if (!isNews && !(progress.match === index && progress.state === 'probe')) return;
  if (progress.state === 'probe') {
    progress.becomeReplicate();
  } else if (progress.state === 'snapshot' && progress.match >= replica.log.base.index) {
    // The follower may have installed another snapshot than the pending one. It suffices that this log still holds all
    // entries after `match`.
    progress.becomeProbe();
    progress.becomeReplicate();
  }

  const isSelf = progress.replica === replica.id;
  if (advanceCommit(replica)) {
    if (replica.reads.postponed.length > 0) grantPostponedReads(replica);
    if (replica.options.sendCommitAtOnce) broadcastAppend(replica);
  } else if (replica.options.sendCommitAtOnce && !isSelf && progress.commitIsNews(replica.log.committed)) {
    sendAppend(replica, progress, true);
  }
  if (isSelf) return;
  while (sendAppend(replica, progress, false)) {
    // Sends entries until the window is full or no entry is missing.
  }
  if (replica.transferee === progress.replica) continueTransfer(replica, progress);
}

/** Resumes sending, because the follower answered a heartbeat. Repeats the offer of a snapshot if that is due. */
function resumeAfterHeartbeat(replica: Replica, progress: Progress): void {
  progress.flowPaused = false;
  if (progress.offerDue) sendSnapshot(replica, progress);
  if (progress.match < replica.log.last.index || progress.state === 'probe') sendAppend(replica, progress, true);
}

function stepFollower(replica: Replica, message: RaftMessage): void {
  switch (message.type) {
    case 'append':
      noteLeader(replica, message);
      handleAppend(replica, message);
      break;
    case 'heartbeat':
      noteLeader(replica, message);
      handleHeartbeat(replica, message);
      break;
    case 'snapshot':
      noteLeader(replica, message);
      handleSnapshot(replica, message);
      break;
    case 'timeout-now':
      startTransferElection(replica);
      break;
    case 'transfer-leader':
      requestTransfer(replica, message.from);
      break;
    case 'read-index':
      if (replica.leader !== undefined) replica.outbox.push({ ...message, to: replica.leader });
      break;
    case 'read-index-response':
      handleReadIndexResponse(replica, message);
      break;
    default:
  }
}

function stepCandidate(replica: Replica, message: RaftMessage): void {
  const awaited = replica.role === 'pre-candidate' ? 'pre-vote-response' : 'vote-response';
  if (message.type === awaited) {
    countVote(replica, message);
  } else if (isFromLeader(message.type)) {
    // Another candidate was elected in this term.
    replica.becomeFollower(message.term, message.from);
    stepFollower(replica, message);
  }
}

function noteLeader(replica: Replica, message: RaftMessage): void {
  replica.electionElapsed = 0;
  replica.ticksSinceLeader = 0;
  replica.leader = message.from;
}

function isFromLeader(type: RaftMessageType): boolean {
  return type === 'append' || type === 'heartbeat' || type === 'snapshot';
}
