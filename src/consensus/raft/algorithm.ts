/**
 * Implements the contract of consensus with Raft. Messages are encoded to bytes, and `Ready` is converted to `Work`.
 */
import { malformed } from '../../wire/decoding.ts';
import { InvalidArgumentError } from '../../wire/errors.ts';
import type { Position, Role } from '../../wire/frames/frame.ts';
import { asLogIndex, type LogIndex, type ReplicaId } from '../../wire/identifiers.ts';
import { LIMITS } from '../../wire/limits.ts';
import { decodeMembershipChange } from '../../wire/raft/membership-codec.ts';
import type { RaftMessage, RaftMessageType } from '../../wire/raft/message.ts';
import { decodeRaftMessage, encodeRaftMessage } from '../../wire/raft/raft-codec.ts';
import type {
  CompactionPoint,
  Consensus,
  ConsensusAlgorithm,
  ConsensusOptions,
  ConsensusStatus,
  Membership,
  Persist,
  PersistNumber,
  ProposalOutcome,
  ReadOutcome,
  TargetOutcome,
  TransferOutcome,
  Work,
} from '../contract.ts';
import { appliedCompactionPoint, compact } from './compaction.ts';
import { Failover, forgetLeader, requestTransfer, startElection } from './election.ts';
import { IncomingSnapshot } from './incoming-snapshot.ts';
import { allVoters, type MembershipHistory } from './membership.ts';
import { isObsolete, type PendingAfterFlush, Persistence } from './persistence.ts';
import { ReadBatcher } from './reads.ts';
import { applied, flushed, hasReady, type Ready, takeReady } from './ready.ts';
import { Reconciler } from './reconciler.ts';
import { applyChange } from './reconfiguration.ts';
import type { Replica } from './replica.ts';
import { appendProposals, broadcastAppend, reportUnreachable } from './replication.ts';
import { restore } from './restore.ts';
import { hasCatchingUpFollower, offerSnapshotsAgain } from './snapshots.ts';
import { step } from './step.ts';
import { tick } from './tick.ts';

/**
 * Message types that must arrive in order. A receiver mistakes an append that overtook another for a gap in the log.
 */
const ORDERED_TYPES: readonly RaftMessageType[] = ['append', 'snapshot', 'propose'];

/** The lists of the next `Work`, which fill until the next call of `take`. */
type WorkDraft = {
  readonly [List in 'messages' | 'committed' | 'reads' | 'abandonedReads']: Work[List][number][];
};

export const raft: ConsensusAlgorithm = {
  name: 'raft',
  changesMembership: true,
  guarantees: { linearizable: true, survivesMinorityLoss: true },
  create: (options) => new RaftConsensus(options),
};

class RaftConsensus implements Consensus {
  readonly #replica: Replica;
  readonly #persistence: Persistence;
  readonly #failover = new Failover();
  readonly #incoming: IncomingSnapshot;
  readonly #reads = new ReadBatcher();
  /** The options without `durable`, so that the content of the disk is not kept in memory. */
  readonly #options: Pick<ConsensusOptions, 'random' | 'electionTicks'>;
  readonly #memberships: MembershipHistory;
  readonly #reconciler: Reconciler;
  #ticksSinceOffer = 0;
  #draft: WorkDraft = emptyDraft();
  #appendedSinceTake = false;
  /** The result of the last call of `status`. */
  #status: ConsensusStatus | undefined;

  constructor(options: ConsensusOptions) {
    const { replica, memberships, hardState } = restore(options);
    this.#options = { random: options.random, electionTicks: options.electionTicks };
    this.#replica = replica;
    this.#memberships = memberships;
    this.#reconciler = new Reconciler(replica, memberships, options.electionTicks, () => {
      this.#appendedSinceTake = true;
    });
    this.#incoming = new IncomingSnapshot(replica);
    const isBirth = options.durable.state === undefined;
    this.#persistence = new Persistence(hardState, replica.log, isBirth, options.electionTicks);
    // Campaigns early, because a new order has no leader to wait for.
    if (isBirth) this.#campaignSoon(options.firstMembership.voters);
  }

  tick(): void {
    tick(this.#replica);
    this.#reconciler.tick();
    this.#persistence.tick();
    this.#ticksSinceOffer++;
    if (this.#ticksSinceOffer >= this.#options.electionTicks) {
      this.#ticksSinceOffer = 0;
      offerSnapshotsAgain(this.#replica);
    }
    if (this.#replica.leader !== undefined) this.#failover.end();
    else if (this.#failover.tick(this.#options.random)) startElection(this.#replica);
  }

  onLateTick(): void {
    this.#replica.lease.onLateTick();
  }

  onClockGap(): void {
    this.#reconciler.onClockGap();
  }

  receive(from: ReplicaId, message: Uint8Array): void {
    const decoded = decodeRaftMessage(message);
    if (decoded.from !== from || decoded.to !== this.#replica.id) {
      throw malformed(`a message from ${decoded.from} to ${decoded.to} came from ${from} to ${this.#replica.id}`);
    }
    if (decoded.type === 'snapshot') this.#incoming.offered(decoded);
    // Ignores a proposal of another replica, because an entry carries the log time of its leader.
    else if (decoded.type !== 'propose') step(this.#replica, decoded);
  }

  persisted(number: PersistNumber): void {
    for (const pending of this.#persistence.complete(number)) this.#release(pending);
  }

  applied(index: LogIndex): void {
    applied(this.#replica, index);
  }

  propose(payload: Uint8Array): ProposalOutcome {
    if (payload.length === 0) throw new InvalidArgumentError('The proposal is empty. Pass at least one byte.');
    const leads = this.#replica.role === 'leader' && this.#replica.transferee === undefined;
    if (!leads) return { kind: 'rejected', reason: 'not-leader' };
    const isFull = this.#replica.log.bytes + payload.length > LIMITS.log.logBytes;
    if (isFull || !appendProposals(this.#replica, [{ kind: 'normal', payload }])) {
      return { kind: 'rejected', reason: 'overloaded' };
    }
    this.#appendedSinceTake = true;
    return { kind: 'accepted', index: asLogIndex(this.#replica.log.last.index) };
  }

  read(): ReadOutcome {
    if (this.#replica.role !== 'leader') return { kind: 'rejected', reason: 'not-leader' };
    return this.#reads.add();
  }

  matchIndex(replica: ReplicaId): LogIndex | undefined {
    // `match` counts only acknowledgements of this term, and a replica acknowledges an entry only after its flush.
    const progress = this.#replica.role === 'leader' ? this.#replica.tracker.progressOf(replica) : undefined;
    return progress === undefined ? undefined : asLogIndex(progress.match);
  }

  reportUnreachable(replica: ReplicaId): void {
    reportUnreachable(this.#replica, replica);
    if (this.#replica.leader !== replica || this.#replica.role !== 'follower') return;
    forgetLeader(this.#replica);
    this.#campaignSoon(allVoters(this.#replica.tracker.membership).filter((voter) => voter !== replica));
  }

  reconcile(target: Membership): TargetOutcome {
    return this.#reconciler.reconcile(target);
  }

  transfer(to: ReplicaId): TransferOutcome {
    if (this.#replica.role !== 'leader') return { kind: 'rejected', reason: 'not-leader' };
    if (to === this.#replica.id) return { kind: 'reached' };
    if (!this.#replica.tracker.membership.voters.includes(to)) return { kind: 'rejected', reason: 'not-voter' };
    requestTransfer(this.#replica, to);
    return { kind: 'in-progress' };
  }

  abstain(abstains: boolean): void {
    this.#replica.abstains = abstains;
  }

  compactionPoint(): CompactionPoint | undefined {
    return appliedCompactionPoint(this.#replica.log, this.#memberships);
  }

  compact(through: LogIndex): LogIndex {
    return compact(this.#replica, this.#memberships, through);
  }

  hasCatchingUpFollower(offered: LogIndex, through: LogIndex): boolean {
    return hasCatchingUpFollower(this.#replica, offered, through);
  }

  snapshotFetched(index: LogIndex): void {
    this.#incoming.fetched(index);
  }

  take(): Work | undefined {
    // Proposals and reads since the last call are sent together, so that any number costs one message to each follower.
    if (this.#appendedSinceTake && this.#replica.role === 'leader') broadcastAppend(this.#replica);
    this.#appendedSinceTake = false;
    if (this.#reads.gathered.length > 0) this.#draft.abandonedReads.push(...this.#reads.ask(this.#replica));
    let persist: Persist | undefined;
    // A `Ready` without a flush takes effect at once, and its effects may cause another `Ready`.
    while (persist === undefined && hasReady(this.#replica)) persist = this.#handle(takeReady(this.#replica));
    if (this.#persistence.isStateDue) persist ??= this.#persistence.takeState();
    const fetch = this.#incoming.hasNewOffer ? this.#incoming.takeFetch() : undefined;
    const { messages, committed, reads, abandonedReads } = this.#draft;
    const items = messages.length + committed.length + reads.length + abandonedReads.length;
    if (items === 0 && persist === undefined && fetch === undefined) return undefined;
    this.#draft = emptyDraft();
    return { messages, committed, reads, abandonedReads, persist, fetch };
  }

  status(): ConsensusStatus {
    const { term, leader, log, tracker } = this.#replica;
    const { voters, outgoingVoters, learners } = tracker.membership;
    const role = roleOf(this.#replica);
    const latest = this.#status;
    // Most calls find no change, because every event calls this method. These calls return the same object again.
    if (
      latest?.term === term &&
      latest.leader === leader &&
      latest.role === role &&
      latest.committed === log.committed &&
      latest.lastIndex === log.last.index &&
      latest.membership.voters === voters &&
      latest.membership.learners === learners &&
      latest.outgoingVoters === outgoingVoters
    ) {
      return latest;
    }
    this.#status = {
      role,
      leader,
      term,
      committed: asLogIndex(log.committed),
      lastIndex: asLogIndex(log.last.index),
      membership: { voters, learners },
      outgoingVoters,
    };
    return this.#status;
  }

  position(): Position {
    return this.#persistence.position;
  }

  #campaignSoon(voters: readonly ReplicaId[]): void {
    const rank = voters.indexOf(this.#replica.id);
    if (rank >= 0) this.#failover.begin(rank, this.#options.random);
  }

  /**
   * Converts one `Ready` to work in the draft.
   * @returns the batch to write; undefined if the effects wait only for earlier batches
   */
  #handle(ready: Ready): Persist | undefined {
    const { snapshot, flushPoint } = ready;
    // A candidate asks for votes only when its new term is durable. Otherwise it could win, crash, come back without
    // the term, and win the same term again.
    const waiting: RaftMessage[] = [];
    for (const message of ready.messages) {
      if (message.type === 'vote') waiting.push(message);
      else this.#send(message);
    }
    waiting.push(...ready.messagesAfterFlush);
    // The membership of the snapshot is in force from its index on. Earlier indexes keep their memberships.
    if (snapshot !== undefined) this.#memberships.changed(snapshot.index, snapshot.membership);
    for (const { kind, index, payload } of ready.committed) {
      if (kind === 'membership') {
        this.#memberships.changed(index, applyChange(this.#replica, decodeMembershipChange(payload)));
      }
      const isOwn = kind !== 'normal' || payload.length === 0;
      this.#draft.committed.push({ index, payload: isOwn ? undefined : payload });
    }
    for (const read of ready.reads) this.#draft.reads.push(...this.#reads.granted(read));
    for (const question of ready.abandonedReads) this.#draft.abandonedReads.push(...this.#reads.abandoned(question));
    const pending = { messages: waiting, flushPoint };
    const persist = this.#persistence.take(ready, pending);
    if (persist === undefined && !this.#persistence.waitForLast(pending)) this.#release(pending);
    return persist;
  }

  /** Performs effects that waited for a flush. Messages to this replica are stepped, and other messages are sent. */
  #release({ messages, flushPoint }: PendingAfterFlush): void {
    for (const [at, message] of messages.entries()) {
      if (isObsolete(message, messages[at + 1], this.#replica.term)) continue;
      if (message.to === this.#replica.id) step(this.#replica, message);
      else this.#send(message);
    }
    if (flushPoint !== undefined) flushed(this.#replica, flushPoint);
  }

  #send(message: RaftMessage): void {
    const urgent = !ORDERED_TYPES.includes(message.type);
    this.#draft.messages.push({ to: message.to, message: encodeRaftMessage(message), urgent });
  }
}

function emptyDraft(): WorkDraft {
  return { messages: [], committed: [], reads: [], abandonedReads: [] };
}

function roleOf({ role, tracker, id }: Replica): Role {
  if (role === 'leader') return 'leader';
  // A replica that is not a member does not vote, like a learner, so it reports the role of a learner.
  if (role === 'follower') return allVoters(tracker.membership).includes(id) ? 'follower' : 'learner';
  return 'candidate';
}
