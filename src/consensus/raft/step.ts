/** Handles a message, first by its term (§5.1), then by the role of this replica. */
import type { RaftMessage } from '../../wire/raft/message.ts';
import { handleAppend, handleHeartbeat } from './replication.ts';
import { handleAppendResponse, resumeAfterHeartbeat } from './acknowledgement.ts';
import {
  beginTransfer,
  knownCommit,
  countVote,
  handleVoteRequest,
  ignoresCandidate,
  learnCommit,
  requestTransfer,
  startTransferElection,
} from './election.ts';
import { handleHeartbeatAnswer, handleReadIndex, handleReadIndexResponse } from './reads.ts';
import { isTermless, type Replica } from './replica.ts';
import { handleSnapshot } from './snapshots.ts';

/** Returns false for an answer of a replica that is not a member. It changes nothing. */
export function step(replica: Replica, message: RaftMessage): boolean {
  if (isAnswer(message.type) && replica.tracker.progressOf(message.from) === undefined) return false;
  if (message.type === 'vote-response' || message.type === 'pre-vote-response') learnCommit(replica, message);
  if (isTermless(message.type)) {
    // A request to the leader of any term.
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

/** Returns whether to handle the message further. */
function stepFromNewerTerm(replica: Replica, message: RaftMessage): boolean {
  const asksForVote = message.type === 'vote' || message.type === 'pre-vote';
  if (asksForVote && ignoresCandidate(replica, message)) return false;
  if (message.type === 'pre-vote') return true;
  // A granted pre-vote carries the term that was asked about, which nobody has entered yet.
  if (message.type === 'pre-vote-response' && !message.reject) return true;
  replica.becomeFollower(message.term, isFromLeader(message.type) ? message.from : undefined);
  return true;
}

function answerOlderTerm(replica: Replica, message: RaftMessage): void {
  const { checkQuorum, preVote } = replica.options;
  if ((checkQuorum || preVote) && (message.type === 'append' || message.type === 'heartbeat')) {
    // The leader of an older term would not learn of this term, since its followers ignore candidates. Without this
    // answer the replica could not rejoin.
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
    handleAppendResponse(replica, progress, message);
  } else if (message.type === 'heartbeat-response') {
    resumeAfterHeartbeat(replica, progress);
    handleHeartbeatAnswer(replica, message);
  } else if (message.type === 'transfer-leader') {
    beginTransfer(replica, progress);
  }
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

function isFromLeader(type: RaftMessage['type']): boolean {
  return type === 'append' || type === 'heartbeat' || type === 'snapshot';
}

function isAnswer(type: RaftMessage['type']): boolean {
  switch (type) {
    case 'append-response':
    case 'vote-response':
    case 'pre-vote-response':
    case 'heartbeat-response':
    case 'read-index-response':
      return true;
    default:
      return false;
  }
}
