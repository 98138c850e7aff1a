/**
 * Raft as a synchronous state machine, without I/O, in the manner of etcd/raft: calls change its
 * state, `ready()` hands out what is to be flushed, sent and applied. Flushing is asynchronous:
 * its completion is `flushed()` with the mark that came with the batch.
 */
import type { ReplicaId } from '../../wire/identifiers.ts';
import { asLogIndex } from '../../wire/identifiers.ts';
import {
  EMPTY_RAFT_MESSAGE,
  type MembershipChange,
  type RaftEntry,
  type RaftHardState,
  type RaftMembership,
  type RaftMessage,
  type RaftSnapshot,
} from '../../wire/raft/message.ts';
import { tick } from './clock.ts';
import { startElection } from './election.ts';
import { type LogPlace, RaftLog } from './log.ts';
import type { RaftOptions } from './options.ts';
import type { ConfirmedRead } from './read-index.ts';
import { requestRead } from './reads.ts';
import { type RaftRole, Replica } from './replica.ts';
import { appendChecked } from './proposals.ts';
import { applyChange, leaveJointWhenApplied } from './reconfiguration.ts';
import { broadcastAppend, type Proposal, reportUnreachable } from './replication.ts';
import { needsSnapshot, offerSnapshotsAgain, snapshotSent, takeFetchedSnapshot } from './snapshots.ts';
import type { RaftStart } from './start.ts';
import { requestTransfer } from './transfer.ts';
import { type StepOutcome, step } from './step.ts';
import { Tracker } from './tracker.ts';
import type { LogView, TrackerView } from './views.ts';

/**
 * What was unflushed when a batch was handed out. Believed only while the term is the same: in
 * between, a newer leader's entries may have replaced these, and be in writing behind them.
 */
export interface FlushMark {
  readonly term: number;
  /** Undefined: no entry was unflushed. */
  readonly last: LogPlace | undefined;
  readonly snapshot: RaftSnapshot | undefined;
}

/** Everything that is to be done since the last one. */
export interface Ready {
  readonly leaderChanged: boolean;
  readonly roleChanged: boolean;
  /** Undefined: unchanged. */
  readonly hardState: RaftHardState | undefined;
  /** To be flushed; they replace the log from the first one on. */
  readonly entries: readonly RaftEntry[];
  /** To be flushed and applied before anything else; it replaces log and state. */
  readonly snapshot: RaftSnapshot | undefined;
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

  constructor(options: RaftOptions, { hardState, base, entries, applied, membership, isFirst }: RaftStart) {
    const log = new RaftLog({ base, entries, committed: hardState.commit, applied }, options.applyingBytes);
    const tracker = new Tracker(membership, log.lastIndex + 1, options.inflight);
    this.#replica = new Replica(options, hardState, log, tracker);
    if (isFirst) this.#replica.silentTicks = Number.POSITIVE_INFINITY;
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

  /** Leader: who is to take over; until then no proposals are taken. */
  get transferee(): ReplicaId | undefined {
    return this.#replica.transferee;
  }

  get log(): LogView {
    return this.#replica.log;
  }

  get tracker(): TrackerView {
    return this.#replica.tracker;
  }

  /** Own reads that wait for their grant. */
  get openReadCount(): number {
    return this.#replica.openReadCount;
  }

  tick(): void {
    tick(this.#replica);
  }

  /** More time has passed since the last tick than ticks tell: no lease outlives that. */
  stoodStill(): void {
    this.#replica.lease.stoodStill();
  }

  /** Stands for election now, unless its vote is bound by a lease. */
  campaign(): void {
    startElection(this.#replica);
  }

  step(message: RaftMessage): StepOutcome {
    return step(this.#replica, message);
  }

  /** Appends and sends at once; a follower forwards where its options say so. */
  propose(proposals: readonly Proposal[]): StepOutcome {
    const { id } = this.#replica;
    const entries = proposals.map((proposal) => ({ term: 0, index: EMPTY_RAFT_MESSAGE.index, ...proposal }));
    return this.step({ ...EMPTY_RAFT_MESSAGE, type: 'propose', from: id, to: id, entries });
  }

  /** Leader: appends without sending yet, so that many proposals leave in one message. */
  append(proposals: readonly Proposal[]): StepOutcome {
    return this.role === 'leader' && appendChecked(this.#replica, proposals) ? 'done' : 'proposal-dropped';
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

  /** Leader: what became of a snapshot that was sent. */
  reportSnapshot(replica: ReplicaId, arrived: boolean): void {
    const progress = this.role === 'leader' ? this.tracker.progressOf(replica) : undefined;
    if (progress !== undefined) snapshotSent(progress, arrived);
  }

  /** Leader: who has not answered a snapshot is sent one again when it is heard of; there may be a newer one by now. */
  offerSnapshotsAgain(): void {
    if (this.role === 'leader') offerSnapshotsAgain(this.#replica);
  }

  /** Whether this replica can only get to the snapshot's place by the snapshot itself. */
  needsSnapshot(snapshot: RaftSnapshot): boolean {
    return needsSnapshot(this.#replica, snapshot);
  }

  /** Takes a snapshot that a leader of an older term had sent; a message of the present one is stepped. */
  takeFetchedSnapshot(snapshot: RaftSnapshot): void {
    takeFetchedSnapshot(this.#replica, snapshot);
  }

  /** Follower: its leader is known to be gone, so candidates are heard again. Not where reads rest on a lease. */
  forgetLeader(): void {
    if (this.role === 'follower' && this.#replica.options.reads !== 'lease') this.#replica.leader = undefined;
  }

  /** Hands the office of the leader to another voter, as far as it is there to take it. */
  transferLeadership(transferee: ReplicaId): void {
    requestTransfer(this.#replica, transferee);
  }

  /** Whether it stands for election from now on. */
  abstain(abstains: boolean): void {
    this.#replica.abstains = abstains;
  }

  /** Leader: a change of membership may be on its way, so no other one is proposed. */
  get hasPendingMembershipChange(): boolean {
    return this.#replica.pendingMembershipIndex > this.log.applied;
  }

  /** A committed membership entry is applied: only now it takes effect. */
  applyMembershipChange(change: MembershipChange): RaftMembership {
    return applyChange(this.#replica, change);
  }

  /** Forgets the log up to `index`: the snapshot that `RaftOptions.snapshot` gives reaches at least as far. */
  compactTo(index: number): void {
    this.#replica.log.compactTo(index);
  }

  /** For tests that need a certain one: until the next change of role or term. */
  setRandomizedElectionTicks(ticks: number): void {
    this.#replica.randomizedElectionTicks = ticks;
  }

  /** A batch is flushed, and its messages are sent or stepped. */
  flushed(mark: FlushMark): void {
    if (mark.last !== undefined && mark.term === this.term) this.#replica.log.flushedTo(mark.last);
    // What a snapshot holds is committed, in whatever term it was taken.
    if (mark.snapshot === undefined) return;
    this.#replica.log.snapshotApplied(mark.snapshot);
    leaveJointWhenApplied(this.#replica);
  }

  /** Everything up to `index` is applied. */
  applied(index: number): void {
    const bytes = this.#replica.log.appliedTo(index);
    leaveJointWhenApplied(this.#replica);
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
      replica.log.hasUnsubmittedSnapshot() ||
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
    const snapshot = log.takeUnsubmittedSnapshot();
    const last = log.hasUnflushed() ? placeOf(log.lastPlace) : undefined;
    const ready: Ready = {
      leaderChanged: leader !== told.leader,
      roleChanged: role !== told.role,
      hardState,
      entries,
      snapshot,
      committed: log.takeApplicable(replica.options.applyUnflushed),
      messages: replica.outbox,
      messagesAfterFlush: replica.afterFlush,
      mark: last !== undefined || snapshot !== undefined ? { term, last, snapshot } : undefined,
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
