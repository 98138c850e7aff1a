/**
 * The state of one replica (figure 3.1 of Ongaro's dissertation) and its changes of role, without I/O, in the manner
 * of etcd/raft. The functions of the other files (`tick`, `step`, `propose`) act on it.
 */
import { assert } from '../../wire/assertion.ts';
import { asLogIndex, type ReplicaId } from '../../wire/identifiers.ts';
import type {
  RaftEntry,
  RaftHardState,
  RaftMembership,
  RaftMessage,
  RaftMessageType,
  RaftSnapshot,
} from '../../wire/raft/message.ts';
import { Lease } from './lease.ts';
import { type EntryId, RaftLog } from './log.ts';
import { checkOptions, type RaftOptions } from './options.ts';
import { type ConfirmedRead, ReadIndex } from './read-index.ts';
import { Tracker } from './tracker.ts';

export type RaftRole = 'follower' | 'pre-candidate' | 'candidate' | 'leader';

/** The checked content of a replica's disk. */
export interface RaftStart {
  readonly hardState: RaftHardState;
  /** The last compacted entry. Its index is 0 if no entry is compacted. */
  readonly base: EntryId;
  /** The entries after `base`. */
  readonly entries: readonly RaftEntry[];
  /** The last applied index, not before `base`. */
  readonly applied: number;
  /** The membership in force at `applied`. */
  readonly membership: RaftMembership;
  /** Whether no boot of this replica has ever answered a heartbeat. False if that is unknown. */
  readonly isFirst: boolean;
}

/** The content of a message. Omitted fields are 0, false or empty. */
interface MessageContent {
  readonly type: RaftMessageType;
  readonly to: ReplicaId;
  /** The sender. Default: this replica. */
  readonly from?: ReplicaId;
  /** The term of the message. Default: the sender's term. */
  readonly term?: number;
  readonly logTerm?: number;
  readonly index?: number;
  readonly commit?: number;
  readonly reject?: boolean;
  readonly rejectHint?: number;
  readonly context?: Uint8Array;
  readonly entries?: readonly RaftEntry[];
  readonly snapshot?: RaftSnapshot;
}

const EMPTY_BYTES = new Uint8Array(0);
const NO_ENTRIES: readonly RaftEntry[] = [];
/**
 * Types of votes and acknowledgements. Such a message promises that this replica remembers a vote or entries after a
 * crash, so it is sent only after their flush (§3.8). The answer to a pre-vote promises nothing, but waits as well.
 */
const AFTER_FLUSH: ReadonlySet<RaftMessageType> = new Set(['append-response', 'vote-response', 'pre-vote-response']);

export class Replica {
  readonly id: ReplicaId;
  readonly options: RaftOptions;
  readonly log: RaftLog;
  readonly tracker: Tracker;
  readonly reads = new ReadIndex();
  readonly lease: Lease;

  term: number;
  vote: ReplicaId | undefined;
  role: RaftRole = 'follower';
  leader: ReplicaId | undefined;
  /**
   * Ticks since the last message of the leader, granted vote, campaign or change of role. At a leader, ticks since the
   * last check of the quorum or the start of a leadership transfer.
   */
  electionElapsed = 0;
  heartbeatElapsed = 0;
  /**
   * Ticks since the last message of any leader. The start of this boot counts as such a message, if an earlier boot may
   * have heard a leader.
   */
  ticksSinceLeader = 0;
  randomizedElectionTicks = 0;
  /**
   * Payload bytes of a leader's proposals that are not applied. The value is a lower bound, because a new leader counts
   * from 0.
   */
  uncommittedBytes = 0;
  /** The target of a leadership transfer. Only a leader sets it. */
  transferee: ReplicaId | undefined;
  /** No other change of membership is proposed before this index is applied. */
  pendingMembershipIndex = 0;

  /** Whether the replica never campaigns, because its disk is full. */
  abstains = false;

  /** Messages to send at once. */
  outbox: RaftMessage[] = [];
  /** Messages to send once all data that is unflushed now is flushed. */
  afterFlush: RaftMessage[] = [];
  grantedReads: ConfirmedRead[] = [];
  abandonedReads: number[] = [];
  /** The values that the last `Ready` reported. */
  lastReady: Pick<Replica, 'term' | 'vote' | 'leader' | 'role'> & { readonly commit: number };
  /** Numbers of the reads that this replica requested and that are neither granted nor abandoned. */
  readonly #openReads = new Set<number>();

  constructor(options: RaftOptions, { hardState, base, entries, applied, membership, isFirst }: RaftStart) {
    checkOptions(options);
    const { term, vote, commit } = hardState;
    this.options = options;
    this.id = options.replica;
    this.log = new RaftLog({ base, entries, committed: commit, applied }, options.applyingBytes);
    this.tracker = new Tracker(membership, this.log.last.index + 1, options.inflight);
    this.lease = new Lease(this.id, options.electionTicks);
    this.term = term;
    this.vote = vote;
    this.lastReady = { term, vote, commit, leader: this.leader, role: this.role };
    this.becomeFollower(term, undefined);
    if (isFirst) this.ticksSinceLeader = Number.POSITIVE_INFINITY;
  }

  /** Whether the replica may campaign. */
  get promotable(): boolean {
    const progress = this.tracker.progressOf(this.id);
    return progress !== undefined && !progress.isLearner && this.log.pendingSnapshot === undefined;
  }

  /** Whether a leader may hold a lease that this replica granted. */
  get isBoundByLease(): boolean {
    return this.options.reads === 'lease' && this.ticksSinceLeader < this.options.electionTicks;
  }

  /**
   * Whether this leader has committed an entry of its own term. Before that, its commit index may be lower than that of
   * the group.
   */
  get committedInTerm(): boolean {
    return this.log.termAt(this.log.committed) === this.term;
  }

  /**
   * Whether the log may contain a change of membership that is not applied. Always false at other replicas than the
   * leader.
   */
  get hasPendingMembershipChange(): boolean {
    return this.pendingMembershipIndex > this.log.applied;
  }

  /** Queues a message. Answers wait for the flush that they depend on. */
  send(content: MessageContent): void {
    const message: RaftMessage = {
      type: content.type,
      from: content.from ?? this.id,
      to: content.to,
      // Any leader may answer a request to read, so the request has term 0.
      term: content.term ?? (content.type === 'read-index' ? 0 : this.term),
      logTerm: content.logTerm ?? 0,
      index: asLogIndex(content.index ?? 0),
      commit: asLogIndex(content.commit ?? 0),
      reject: content.reject ?? false,
      rejectHint: asLogIndex(content.rejectHint ?? 0),
      context: content.context ?? EMPTY_BYTES,
      entries: content.entries ?? NO_ENTRIES,
      snapshot: content.snapshot,
    };
    if (AFTER_FLUSH.has(content.type)) {
      this.afterFlush.push(message);
      return;
    }
    assert(message.to !== this.id, 'a replica sends itself only messages that wait for a flush');
    this.outbox.push(message);
  }

  becomeFollower(term: number, leader: ReplicaId | undefined): void {
    this.#reset(term);
    this.role = 'follower';
    this.leader = leader;
  }

  /** Becomes a pre-candidate. Term and vote stay. */
  becomePreCandidate(): void {
    assert(this.role !== 'leader', 'a leader does not campaign');
    this.tracker.forgetVotes();
    this.role = 'pre-candidate';
    this.leader = undefined;
  }

  becomeCandidate(): void {
    assert(this.role !== 'leader', 'a leader does not campaign');
    this.#reset(this.term + 1);
    this.vote = this.id;
    this.role = 'candidate';
  }

  becomeLeader(): void {
    assert(this.role === 'candidate', 'only a candidate is elected');
    this.#reset(this.term);
    this.role = 'leader';
    this.leader = this.id;
    const own = this.tracker.progressOf(this.id);
    assert(own !== undefined, 'a leader is a member');
    own.match = this.log.last.index;
    own.becomeReplicate();
    own.recentlyActive = true;
    // The uncommitted entries may contain a change of membership. No other change is proposed before they are applied.
    this.pendingMembershipIndex = this.log.last.index;
  }

  pastElectionTimeout(): boolean {
    return this.electionElapsed >= this.randomizedElectionTicks;
  }

  openRead(read: number): void {
    this.#openReads.add(read);
  }

  grantRead(read: ConfirmedRead): void {
    if (this.#openReads.delete(read.request.read)) this.grantedReads.push(read);
  }

  abandonRead(read: number): void {
    if (this.#openReads.delete(read)) this.abandonedReads.push(read);
  }

  #reset(term: number): void {
    assert(term >= this.term, 'terms never shrink');
    if (term !== this.term) {
      this.term = term;
      this.vote = undefined;
    }
    this.leader = undefined;
    this.electionElapsed = 0;
    this.heartbeatElapsed = 0;
    this.#drawElectionTimeout();
    this.tracker.forgetVotes();
    const next = this.log.last.index + 1;
    for (const progress of this.tracker.members) {
      progress.reset(next);
      if (progress.replica === this.id) progress.match = next - 1;
    }
    this.uncommittedBytes = 0;
    this.transferee = undefined;
    this.pendingMembershipIndex = 0;
    this.reads.clear();
    this.lease.clear();
    for (const read of this.#openReads) this.abandonedReads.push(read);
    this.#openReads.clear();
  }

  #drawElectionTimeout(): void {
    const { electionTicks, random } = this.options;
    this.randomizedElectionTicks = electionTicks + Math.floor(random() * electionTicks);
  }
}
