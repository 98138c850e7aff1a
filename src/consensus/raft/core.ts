/**
 * Raft as a synchronous state machine, without I/O, in the manner of etcd/raft: calls change its
 * state, `ready()` hands out what is to be flushed, sent and applied. Flushing is asynchronous:
 * its completion is `flushed()` with the mark that came with the batch.
 */
import type { ReplicaId } from '../../wire/identifiers.ts';
import { asLogIndex } from '../../wire/identifiers.ts';
import type { RaftEntry, RaftHardState, RaftMessage } from '../../wire/raft-message.ts';
import { tick } from './clock.ts';
import { startElection } from './election.ts';
import type { LogPlace, RaftLog } from './log.ts';
import type { RaftOptions } from './options.ts';
import type { ConfirmedRead } from './read-index.ts';
import { requestRead } from './reads.ts';
import { type RaftRole, Replica } from './replica.ts';
import { appendProposals, broadcastAppend, type Proposal, reportUnreachable } from './replication.ts';
import { type StepOutcome, step } from './step.ts';
import type { Tracker } from './tracker.ts';

/**
 * What was unflushed when a batch was handed out. Believed only while the term is the same: in
 * between, a newer leader's entries may have replaced these, and be in writing behind them.
 */
export interface FlushMark {
  readonly term: number;
  readonly last: LogPlace;
}

/** Everything that is to be done since the last one. */
export interface Ready {
  readonly leaderChanged: boolean;
  readonly roleChanged: boolean;
  /** Undefined: unchanged. */
  readonly hardState: RaftHardState | undefined;
  /** To be flushed; they replace the log from the first one on. */
  readonly entries: readonly RaftEntry[];
  /** To be applied, in order. */
  readonly committed: readonly RaftEntry[];
  /** To be sent at once. */
  readonly messages: readonly RaftMessage[];
  /** To be sent, or stepped where they are to oneself, once `hardState`, `entries` and all before them are flushed. */
  readonly messagesAfterFlush: readonly RaftMessage[];
  /** To be given to `flushed()` after `messagesAfterFlush`. */
  readonly mark: FlushMark | undefined;
  readonly reads: readonly ConfirmedRead[];
  readonly abandonedReads: readonly number[];
  /** False where nothing is lost if `hardState` is not flushed: only the commit index moved. */
  readonly mustFlush: boolean;
}

export class RaftCore {
  readonly #replica: Replica;
  /** What the last `Ready` told. */
  #told: { term: number; vote: ReplicaId | undefined; commit: number; leader: ReplicaId | undefined; role: RaftRole };

  constructor(options: RaftOptions, hardState: RaftHardState, log: RaftLog, tracker: Tracker) {
    this.#replica = new Replica(options, hardState, log, tracker);
    const { term, vote, leader, role } = this.#replica;
    this.#told = { term, vote, commit: log.committed, leader, role };
  }

  get id(): ReplicaId {
    return this.#replica.id;
  }

  get term(): number {
    return this.#replica.term;
  }

  get vote(): ReplicaId | undefined {
    return this.#replica.vote;
  }

  get role(): RaftRole {
    return this.#replica.role;
  }

  get isLearner(): boolean {
    return this.#replica.isLearner;
  }

  get leader(): ReplicaId | undefined {
    return this.#replica.leader;
  }

  get log(): RaftLog {
    return this.#replica.log;
  }

  get tracker(): Tracker {
    return this.#replica.tracker;
  }

  /** Own reads that wait for their grant. */
  get openReadCount(): number {
    return this.#replica.openReadCount;
  }

  tick(): void {
    tick(this.#replica);
  }

  /** Stands for election now. */
  campaign(): void {
    startElection(this.#replica);
  }

  step(message: RaftMessage): StepOutcome {
    return step(this.#replica, message);
  }

  /** Appends and sends at once; a follower forwards where its options say so. */
  propose(proposal: Proposal): StepOutcome {
    const { id } = this.#replica;
    const zero = asLogIndex(0);
    return this.step({
      type: 'propose',
      from: id,
      to: id,
      term: 0,
      logTerm: 0,
      index: zero,
      commit: zero,
      reject: false,
      rejectHint: zero,
      context: new Uint8Array(0),
      entries: [{ term: 0, index: zero, ...proposal }],
    });
  }

  /** Leader: appends without sending yet, so that many proposals leave in one message. */
  append(proposal: Proposal): StepOutcome {
    const isMember = this.tracker.progressOf(this.id) !== undefined;
    if (this.role !== 'leader' || !isMember) return 'proposal-dropped';
    return appendProposals(this.#replica, [proposal]) ? 'done' : 'proposal-dropped';
  }

  /** Leader: sends what was appended. */
  sendAppended(): void {
    if (this.role === 'leader') broadcastAppend(this.#replica);
  }

  /** Asks for a linearizable read; the answer is in `Ready.reads` or `Ready.abandonedReads`. */
  read(read: number): void {
    requestRead(this.#replica, read);
  }

  reportUnreachable(replica: ReplicaId): void {
    reportUnreachable(this.#replica, replica);
  }

  /** Follower: its leader is known to be gone, so candidates are heard again. */
  forgetLeader(): void {
    if (this.role === 'follower') this.#replica.leader = undefined;
  }

  /** For tests that need a certain one: until the next change of role or term. */
  setRandomizedElectionTicks(ticks: number): void {
    this.#replica.randomizedElectionTicks = ticks;
  }

  /** A batch is flushed, and its messages are sent or stepped. */
  flushed(mark: FlushMark): void {
    if (mark.term === this.term) this.log.flushedTo(mark.last);
  }

  /** Everything up to `index` is applied. */
  applied(index: number): void {
    const bytes = this.log.appliedTo(index);
    this.#replica.uncommittedBytes = Math.max(0, this.#replica.uncommittedBytes - bytes);
  }

  hasReady(): boolean {
    const replica = this.#replica;
    return (
      replica.outbox.length > 0 ||
      replica.afterFlush.length > 0 ||
      replica.grantedReads.length > 0 ||
      replica.abandonedReads.length > 0 ||
      this.#hardStateChanged() ||
      replica.leader !== this.#told.leader ||
      replica.role !== this.#told.role ||
      replica.log.hasUnsubmitted() ||
      replica.log.hasApplicable(replica.options.applyUnflushed)
    );
  }

  ready(): Ready {
    const replica = this.#replica;
    const { log } = replica;
    const told = this.#told;
    const { term, vote, leader, role } = replica;
    const commit = log.committed;
    const hardState = this.#hardStateChanged() ? { term, vote, commit: asLogIndex(commit) } : undefined;
    const entries = log.takeUnsubmitted();
    const ready: Ready = {
      leaderChanged: leader !== told.leader,
      roleChanged: role !== told.role,
      hardState,
      entries,
      committed: log.takeApplicable(replica.options.applyUnflushed),
      messages: replica.outbox,
      messagesAfterFlush: replica.afterFlush,
      mark: log.hasUnflushed() ? { term, last: placeOf(log.lastPlace) } : undefined,
      reads: replica.grantedReads,
      abandonedReads: replica.abandonedReads,
      mustFlush: entries.length > 0 || term !== told.term || vote !== told.vote,
    };
    this.#told = { term, vote, commit, leader, role };
    replica.outbox = [];
    replica.afterFlush = [];
    replica.grantedReads = [];
    replica.abandonedReads = [];
    return ready;
  }

  #hardStateChanged(): boolean {
    const { term, vote, log } = this.#replica;
    return term !== this.#told.term || vote !== this.#told.vote || log.committed !== this.#told.commit;
  }
}

function placeOf({ index, term }: LogPlace): LogPlace {
  return { index, term };
}
