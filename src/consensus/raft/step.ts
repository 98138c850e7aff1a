/** What a message does: first by its term (§5.1), then by the role of who receives it. */
import type { RaftMessage } from '../../wire/raft/message.ts';
import { handleHeartbeat } from './heartbeat.ts';
import { handleAppendResponse, resumeAfterHeartbeat } from './acknowledgement.ts';
import { handleAppend } from './following.ts';
import {
  commitToTell,
  countVote,
  handleVoteRequest,
  ignoresCandidate,
  learnCommit,
  startTransferElection,
} from './election.ts';
import { handleHeartbeatAnswer, handleReadIndex, handleReadIndexResponse } from './reads.ts';
import { propose } from './proposals.ts';
import { isTermless, type Replica } from './replica.ts';
import { handleSnapshot } from './snapshots.ts';
import { beginTransfer, requestTransfer } from './transfer.ts';

export type StepOutcome =
  | 'done'
  /** A proposal that has no effect and never will. */
  | 'proposal-dropped'
  /** An answer of someone who is no member. */
  | 'unknown-sender';

export function step(replica: Replica, message: RaftMessage): StepOutcome {
  if (isAnswer(message.type) && replica.tracker.progressOf(message.from) === undefined) return 'unknown-sender';
  if (message.type === 'vote-response' || message.type === 'pre-vote-response') learnCommit(replica, message);
  if (isTermless(message.type)) {
    // Asked of whoever leads, in whatever term.
  } else if (message.term > replica.term) {
    if (!stepFromNewerTerm(replica, message)) return 'done';
  } else if (message.term < replica.term) {
    answerOlderTerm(replica, message);
    return 'done';
  }
  if (message.type === 'vote' || message.type === 'pre-vote') {
    handleVoteRequest(replica, message);
    return 'done';
  }
  switch (replica.role) {
    case 'leader':
      return stepLeader(replica, message);
    case 'follower':
      return stepFollower(replica, message);
    case 'candidate':
    case 'pre-candidate':
      return stepCandidate(replica, message);
  }
}

/** Returns whether the message is to be handled further. */
function stepFromNewerTerm(replica: Replica, message: RaftMessage): boolean {
  const asksForVote = message.type === 'vote' || message.type === 'pre-vote';
  if (asksForVote && ignoresCandidate(replica, message)) return false;
  if (message.type === 'pre-vote') return true;
  // A granted pre-vote comes from the term that it was asked for; its candidate is not there yet.
  if (message.type === 'pre-vote-response' && !message.reject) return true;
  const fromLeader = message.type === 'append' || message.type === 'heartbeat' || message.type === 'snapshot';
  replica.becomeFollower(message.term, fromLeader ? message.from : undefined);
  return true;
}

function answerOlderTerm(replica: Replica, message: RaftMessage): void {
  const { checkQuorum, preVote } = replica.options;
  if ((checkQuorum || preVote) && (message.type === 'append' || message.type === 'heartbeat')) {
    // A leader of an older term would never learn of this one, since its own followers ignore
    // candidates: tell it, or this replica could not rejoin.
    replica.send({ type: 'append-response', to: message.from });
  } else if (message.type === 'pre-vote') {
    replica.send({ type: 'pre-vote-response', to: message.from, reject: true, ...commitToTell(replica) });
  }
}

function stepLeader(replica: Replica, message: RaftMessage): StepOutcome {
  if (message.type === 'propose') return propose(replica, message.entries) ? 'done' : 'proposal-dropped';
  if (message.type === 'read-index') {
    handleReadIndex(replica, message);
    return 'done';
  }
  const progress = replica.tracker.progressOf(message.from);
  if (progress === undefined) return 'done';
  if (message.type === 'append-response') {
    handleAppendResponse(replica, progress, message);
  } else if (message.type === 'heartbeat-response') {
    resumeAfterHeartbeat(replica, progress);
    handleHeartbeatAnswer(replica, message);
  } else if (message.type === 'transfer-leader') {
    beginTransfer(replica, progress);
  }
  return 'done';
}

function stepFollower(replica: Replica, message: RaftMessage): StepOutcome {
  switch (message.type) {
    case 'append':
      hear(replica, message);
      handleAppend(replica, message);
      return 'done';
    case 'heartbeat':
      hear(replica, message);
      handleHeartbeat(replica, message);
      return 'done';
    case 'snapshot':
      hear(replica, message);
      handleSnapshot(replica, message);
      return 'done';
    case 'timeout-now':
      startTransferElection(replica);
      return 'done';
    case 'transfer-leader':
      requestTransfer(replica, message.from);
      return 'done';
    case 'read-index':
      if (replica.leader !== undefined) replica.outbox.push({ ...message, to: replica.leader });
      return 'done';
    case 'propose':
      if (replica.leader === undefined || !replica.options.forwardProposals) return 'proposal-dropped';
      replica.outbox.push({ ...message, to: replica.leader });
      return 'done';
    case 'read-index-response':
      handleReadIndexResponse(replica, message);
      return 'done';
    default:
      return 'done';
  }
}

function stepCandidate(replica: Replica, message: RaftMessage): StepOutcome {
  const awaited = replica.role === 'pre-candidate' ? 'pre-vote-response' : 'vote-response';
  if (message.type === awaited) {
    countVote(replica, message);
    return 'done';
  }
  switch (message.type) {
    case 'append':
    case 'heartbeat':
    case 'snapshot':
      // Someone else was elected in this very term.
      replica.becomeFollower(message.term, message.from);
      return stepFollower(replica, message);
    case 'propose':
      return 'proposal-dropped';
    default:
      return 'done';
  }
}

function hear(replica: Replica, message: RaftMessage): void {
  replica.electionElapsed = 0;
  replica.silentTicks = 0;
  replica.leader = message.from;
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
