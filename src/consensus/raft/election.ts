/** Leader election (§5.2, §5.4.1) with pre-vote (§9.6), and leadership transfer (dissertation, §3.10). */
import { assert } from '../../wire/assertion.ts';
import type { ReplicaId } from '../../wire/identifiers.ts';
import type { RaftMessage } from '../../wire/raft/message.ts';
import { allVoters } from './membership.ts';
import type { Replica } from './replica.ts';
import { appendProposals, broadcastAppend, sendAppend } from './replication.ts';
import type { Progress } from './tracker.ts';

const FAST_ATTEMPTS = 4;
/** Ticks between the starts of consecutive candidates. One election fits into this delay. */
const STAGGER_TICKS = 2;
const RETRY_TICKS = 6;

type Campaign = 'pre-election' | 'election' | 'transfer';

/**
 * Context of a vote request by the target of a leadership transfer. Voters grant such a request although they hear from
 * the leader (§4.2.3).
 */
const TRANSFER_CONTEXT = new Uint8Array([1]);
const NO_CONTEXT = new Uint8Array(0);

const EMPTY_ENTRY = [{ kind: 'normal', payload: new Uint8Array(0) }] as const;

export function startElection(replica: Replica): void {
  if (canCampaign(replica) && !replica.isBoundByLease)
    campaign(replica, replica.options.preVote ? 'pre-election' : 'election');
}

/** Starts an election without a pre-vote, since the leader itself asked for this election. */
export function startTransferElection(replica: Replica): void {
  if (canCampaign(replica)) campaign(replica, 'transfer');
}

function canCampaign(replica: Replica): boolean {
  if (replica.role === 'leader' || !replica.promotable || replica.abstains) return false;
  // While a committed change of membership is not applied, the replica would count votes by the replaced membership.
  return replica.log.committedChange <= replica.log.applied;
}

function campaign(replica: Replica, kind: Campaign): void {
  const asking = kind === 'pre-election';
  if (asking) replica.becomePreCandidate();
  else replica.becomeCandidate();
  // A pre-vote asks about the next term without entering it.
  const term = asking ? replica.term + 1 : replica.term;
  const context = kind === 'transfer' ? TRANSFER_CONTEXT : NO_CONTEXT;
  const { index, term: logTerm } = replica.log.last;
  for (const voter of allVoters(replica.tracker.membership)) {
    if (voter === replica.id) {
      // A candidate's own vote counts once it is flushed.
      replica.send({ type: asking ? 'pre-vote-response' : 'vote-response', to: voter, term });
    } else {
      replica.send({ type: asking ? 'pre-vote' : 'vote', to: voter, term, index, logTerm, context });
    }
  }
}

/**
 * Adopts the commit index that an answer to a candidate carries, if both logs have the same entry there. If this
 * commits a change of membership, the campaign ends, because the campaign counts votes by the replaced membership.
 */
export function learnCommit(replica: Replica, message: RaftMessage): void {
  const { log } = replica;
  if (replica.role === 'leader' || message.commit <= log.committed) return;
  if (!log.holds({ index: message.commit, term: message.logTerm })) return;
  const changeBefore = log.committedChange;
  log.commitTo(message.commit);
  if (log.committedChange !== changeBefore && replica.role !== 'follower')
    replica.becomeFollower(replica.term, undefined);
}

/** The commit index and the term of its entry, for an answer to a candidate. */
export function knownCommit(replica: Replica): { readonly commit: number; readonly logTerm: number } {
  const { log, options } = replica;
  if (!options.sendCommitToCandidates) return { commit: 0, logTerm: 0 };
  const logTerm = log.termAt(log.committed);
  assert(logTerm !== undefined, 'the log knows the term of each index from the applied one on');
  return { commit: log.committed, logTerm };
}

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

/**
 * Whether to ignore a vote request because this replica hears from a leader (§4.2.3). A request by the target of a
 * leadership transfer is never ignored.
 */
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

/**
 * Makes a follower consider vote requests again, because its leader is gone. Does nothing with lease reads, because the
 * leader may still hold a lease.
 */
export function forgetLeader(replica: Replica): void {
  if (replica.role === 'follower' && replica.options.reads !== 'lease') replica.leader = undefined;
}

/** Answers a vote or pre-vote request of this term or a later one. */
export function handleVoteRequest(replica: Replica, message: RaftMessage): void {
  // A lease of an earlier leader also forbids votes in this term.
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
  // The answer carries the term of the request, which a pre-candidate has not entered.
  replica.send({ type, to: message.from, term: message.term, ...knownCommit(replica) });
  if (isPreVote) return;
  replica.electionElapsed = 0;
  replica.vote = message.from;
}

function winElection(replica: Replica): void {
  replica.becomeLeader();
  // A leader commits entries of former terms only with an entry of its own term (§5.4.2), so it appends an empty entry
  // first.
  const appended = appendProposals(replica, EMPTY_ENTRY);
  assert(appended, "a leader's first entry is empty, so it fits");
  broadcastAppend(replica);
}

/** Requests a leadership transfer. A follower forwards the request to its leader. */
export function requestTransfer(replica: Replica, transferee: ReplicaId): void {
  if (replica.role === 'leader') {
    const progress = replica.tracker.progressOf(transferee);
    if (progress !== undefined) beginTransfer(replica, progress);
  } else if (replica.role === 'follower' && replica.leader !== undefined) {
    replica.send({ type: 'transfer-leader', from: transferee, to: replica.leader });
  }
}

/**
 * Begins a leadership transfer at the leader. Proposals are rejected until the transfer ends or an election timeout
 * passes.
 */
export function beginTransfer(replica: Replica, progress: Progress): void {
  if (progress.isLearner || replica.transferee === progress.replica) return;
  replica.transferee = undefined;
  if (progress.replica === replica.id) return;
  replica.electionElapsed = 0;
  replica.transferee = progress.replica;
  if (progress.match === replica.log.last.index) sendTimeoutNow(replica, progress);
  else sendAppend(replica, progress, true);
}

/** Asks the transferee to campaign once it has the whole log. */
export function continueTransfer(replica: Replica, transferee: Progress): void {
  if (transferee.match === replica.log.last.index) sendTimeoutNow(replica, transferee);
}

function sendTimeoutNow(replica: Replica, progress: Progress): void {
  replica.lease.release();
  replica.send({ type: 'timeout-now', to: progress.replica });
}

/**
 * Campaigns soon after the loss of the leader is known, without waiting for the election timeout. The voters start one
 * after another to avoid split votes. They retry, because other voters may learn of the loss later and reject earlier
 * requests.
 */
export class Failover {
  #attemptsLeft = 0;
  #ticksLeft = 0;

  /** @param rank index of this replica among the remaining voters */
  begin(rank: number, random: () => number): void {
    this.#attemptsLeft = FAST_ATTEMPTS;
    this.#ticksLeft = STAGGER_TICKS * rank + Math.floor(random() * STAGGER_TICKS);
  }

  end(): void {
    this.#attemptsLeft = 0;
  }

  /**
   * Counts one tick without a leader.
   * @returns whether to campaign now
   */
  tick(random: () => number): boolean {
    if (this.#attemptsLeft === 0 || this.#ticksLeft-- > 0) return false;
    this.#attemptsLeft--;
    this.#ticksLeft = RETRY_TICKS + Math.floor(random() * RETRY_TICKS);
    return true;
  }
}
