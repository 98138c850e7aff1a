/** Leader election (§5.2, §5.4.1) with pre-vote (§9.6), and leadership transfer (dissertation, §3.10). */
import { assert } from '../../wire/assertion.ts';
import type { ReplicaId } from '../../wire/identifiers.ts';
import type { RaftMessage } from '../../wire/raft/message.ts';
import { allVoters } from './membership.ts';
import type { Progress } from './progress.ts';
import type { Replica } from './replica.ts';
import { appendToLog, broadcastAppend, sendAppend } from './replication.ts';

const FAST_ATTEMPTS = 4;
/** Long enough for an election between two candidates. */
const STAGGER_TICKS = 2;
const RETRY_TICKS = 6;

type Campaign = 'pre-election' | 'election' | 'transfer';

/** In a vote request: the leader itself asked for this election, so hearing of it is no reason to refuse. */
const TRANSFER_CONTEXT = new Uint8Array([1]);
const NO_CONTEXT = new Uint8Array(0);

const EMPTY_ENTRY = [{ kind: 'normal', payload: new Uint8Array(0) }] as const;

/** Stands for election, unless it leads already or may not. Its own vote is bound like any other. */
export function startElection(replica: Replica): void {
  if (canCampaign(replica) && !replica.isBoundByLease)
    campaign(replica, replica.options.preVote ? 'pre-election' : 'election');
}

/** The leader hands over its office: nobody is disturbed by an election without a pre-vote. */
export function startTransferElection(replica: Replica): void {
  if (canCampaign(replica)) campaign(replica, 'transfer');
}

function canCampaign(replica: Replica): boolean {
  if (replica.role === 'leader' || !replica.promotable || replica.abstains) return false;
  // It would count votes by a membership that is known to be replaced.
  return !replica.log.changesMembership(replica.log.applied + 1, replica.log.committed);
}

function campaign(replica: Replica, kind: Campaign): void {
  const asking = kind === 'pre-election';
  if (asking) replica.becomePreCandidate();
  else replica.becomeCandidate();
  // A pre-vote asks about the next term without entering it.
  const term = asking ? replica.term + 1 : replica.term;
  const context = kind === 'transfer' ? TRANSFER_CONTEXT : NO_CONTEXT;
  const { index, term: logTerm } = replica.log.lastEntryId;
  for (const voter of allVoters(replica.tracker.membership)) {
    if (voter === replica.id) {
      // Its own vote counts like any other: once it is flushed.
      replica.send({ type: asking ? 'pre-vote-response' : 'vote-response', to: voter, term });
    } else {
      replica.send({ type: asking ? 'pre-vote' : 'vote', to: voter, term, index, logTerm, context });
    }
  }
}

/**
 * Whoever answers a candidate knows what is committed: where its log agrees there, the candidate knows it too. If that
 * changes the membership, the campaign is over: its votes are counted by one that is replaced.
 */
export function learnCommit(replica: Replica, message: RaftMessage): void {
  const { log } = replica;
  if (replica.role === 'leader' || message.commit <= log.committed) return;
  if (!log.holds({ index: message.commit, term: message.logTerm })) return;
  const isReplaced = log.changesMembership(log.committed + 1, message.commit);
  log.commitTo(message.commit);
  if (isReplaced && replica.role !== 'follower') replica.becomeFollower(replica.term, undefined);
}

/** What an answer to a candidate tells of what is committed. */
export function knownCommit(replica: Replica): { readonly commit: number; readonly logTerm: number } {
  const { log, options } = replica;
  if (!options.sendCommitToCandidates) return { commit: 0, logTerm: 0 };
  const logTerm = log.termAt(log.committed);
  assert(logTerm !== undefined, 'the log knows every place from the last applied one on');
  return { commit: log.committed, logTerm };
}

/** A candidate learns of one more vote. */
export function countVote(replica: Replica, message: RaftMessage): void {
  switch (replica.tracker.recordVote(message.from, !message.reject)) {
    case 'won':
      if (replica.role === 'pre-candidate') campaign(replica, 'election');
      else winElection(replica);
      return;
    case 'lost':
      replica.becomeFollower(replica.term, undefined);
      return;
    case 'pending':
  }
}

/** Whether it hears of a leader: then a candidate is a disturbance, not a need (§4.2.3). */
export function ignoresCandidate(replica: Replica, message: RaftMessage): boolean {
  const isTransfer = isForTransfer(message);
  return !isTransfer && hearsLeader(replica);
}

function isForTransfer({ context }: RaftMessage): boolean {
  return context.length === TRANSFER_CONTEXT.length && context[0] === TRANSFER_CONTEXT[0];
}

function hearsLeader(replica: Replica): boolean {
  const { checkQuorum, electionTicks } = replica.options;
  if (replica.isBoundByLease) return true;
  return checkQuorum && replica.leader !== undefined && replica.electionElapsed < electionTicks;
}

/** Follower: its leader is known to be gone, so candidates are heard again. Not where reads rest on a lease. */
export function forgetLeader(replica: Replica): void {
  if (replica.role === 'follower' && replica.options.reads !== 'lease') replica.leader = undefined;
}

/** Answers a (pre-)vote request; its term is not older than the replica's. */
export function handleVoteRequest(replica: Replica, message: RaftMessage): void {
  // It may have come into this term without a leader of it: it is bound by what it answered before.
  if (replica.isBoundByLease && !isForTransfer(message)) return;
  const isPreVote = message.type === 'pre-vote';
  const mayVote =
    replica.vote === message.from ||
    (replica.vote === undefined && replica.leader === undefined) ||
    (isPreVote && message.term > replica.term);
  const type = isPreVote ? 'pre-vote-response' : 'vote-response';
  if (!mayVote || !replica.log.isUpToDate({ index: message.index, term: message.logTerm })) {
    replica.send({ type, to: message.from, reject: true, ...knownCommit(replica) });
    return;
  }
  // The answer carries the term that was asked about: a pre-candidate's lies ahead of this replica's.
  replica.send({ type, to: message.from, term: message.term, ...knownCommit(replica) });
  if (isPreVote) return;
  replica.electionElapsed = 0;
  replica.vote = message.from;
}

function winElection(replica: Replica): void {
  replica.becomeLeader();
  // Entries of former terms commit only together with one of its own (§5.4.2): so it begins with one.
  const appended = appendToLog(replica, EMPTY_ENTRY);
  assert(appended, "a leader's first entry is empty, so it fits");
  broadcastAppend(replica);
}

/** Asks for it: a leader begins, a follower passes the target on to the leader that it knows. */
export function requestTransfer(replica: Replica, transferee: ReplicaId): void {
  if (replica.role === 'leader') {
    const progress = replica.tracker.progressOf(transferee);
    if (progress !== undefined) beginTransfer(replica, progress);
  } else if (replica.role === 'follower' && replica.leader !== undefined) {
    replica.send({ type: 'transfer-leader', from: transferee, to: replica.leader });
  }
}

/** Leader: until it is done, or an election time-out has passed, no proposals are taken. */
export function beginTransfer(replica: Replica, progress: Progress): void {
  if (progress.isLearner || replica.transferee === progress.replica) return;
  replica.transferee = undefined;
  if (progress.replica === replica.id) return;
  replica.electionElapsed = 0;
  replica.transferee = progress.replica;
  if (progress.match === replica.log.lastIndex) sendTimeoutNow(replica, progress);
  else sendAppend(replica, progress, true);
}

/** Leader: once its log is complete there, the transferee may stand. */
export function continueTransfer(replica: Replica, progress: Progress): void {
  if (replica.transferee === progress.replica && progress.match === replica.log.lastIndex) {
    sendTimeoutNow(replica, progress);
  }
}

function sendTimeoutNow(replica: Replica, progress: Progress): void {
  replica.lease.release();
  replica.send({ type: 'timeout-now', to: progress.replica });
}

/**
 * When the leader is known to be gone nobody needs to wait out the election time-out. The voters
 * stand for election one after another, so that they do not split the votes, and soon again
 * where it came to nothing (others may learn of the loss a little later, and refuse until then).
 */
export class Failover {
  #attemptsLeft = 0;
  #ticksLeft = 0;

  /** @param rank this replica's place among the voters that are left */
  begin(rank: number, random: () => number): void {
    this.#attemptsLeft = FAST_ATTEMPTS;
    this.#ticksLeft = STAGGER_TICKS * rank + Math.floor(random() * STAGGER_TICKS);
  }

  /** There is a leader again. */
  end(): void {
    this.#attemptsLeft = 0;
  }

  /** One tick without a leader. Returns whether to stand for election now. */
  tick(random: () => number): boolean {
    if (this.#attemptsLeft === 0 || this.#ticksLeft-- > 0) return false;
    this.#attemptsLeft--;
    this.#ticksLeft = RETRY_TICKS + Math.floor(random() * RETRY_TICKS);
    return true;
  }
}
