/** Raft behind the contract of consensus. Messages become bytes, and `Ready` becomes `Work`. */
import { assert } from '../../wire/assertion.ts';
import { malformed } from '../../wire/decoding.ts';
import { InvalidArgumentError } from '../../wire/errors.ts';
import type { Position, Role } from '../../wire/frames/frame.ts';
import { asLogIndex, type LogIndex, type ReplicaId } from '../../wire/identifiers.ts';
import { LIMITS } from '../../wire/limits.ts';
import { decodeRaftMessage } from '../../wire/raft/raft-codec.ts';
import { decodeMembershipChange } from '../../wire/raft/membership-codec.ts';
import type { RaftMessage } from '../../wire/raft/message.ts';
import type {
  Consensus,
  ConsensusAlgorithm,
  ConsensusOptions,
  ConsensusStatus,
  CompactionPoint,
  Membership,
  Persist,
  PersistNumber,
  ProposalOutcome,
  ReadOutcome,
  TargetOutcome,
  TransferOutcome,
  Work,
} from '../contract.ts';
import { compactableIndex, compactionPointAt } from './compaction.ts';
import { Failover, forgetLeader, requestTransfer, startElection } from './election.ts';
import { allVoters, type MembershipHistory } from './membership.ts';
import {
  isOutdated,
  isSuperseded,
  messagesToSendNow,
  type PendingAfterFlush,
  pendingOf,
  Persistence,
} from './persistence.ts';
import { appendProposals } from './proposals.ts';
import { ReadBatcher } from './reads.ts';
import { applied, flushed, hasReady, type Ready, takeReady } from './ready.ts';
import { Reconciler } from './reconciler.ts';
import { applyChange } from './reconfiguration.ts';
import type { Replica } from './replica.ts';
import { broadcastAppend, reportUnreachable } from './replication.ts';
import { restore } from './restore.ts';
import { IncomingSnapshot } from './incoming-snapshot.ts';
import { hasCatchingUpFollower, offerSnapshotsAgain } from './snapshots.ts';
import { step } from './step.ts';
import { tick } from './tick.ts';
import { WorkBuilder } from './work.ts';

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
  readonly #intake: IncomingSnapshot;
  readonly #reads = new ReadBatcher();
  /** Without `durable`, so that the content of the disk is not kept in memory. */
  readonly #options: Pick<ConsensusOptions, 'random' | 'electionTicks'>;
  readonly #memberships: MembershipHistory;
  readonly #reconciler: Reconciler;
  #ticksSinceOffer = 0;
  #released: RaftMessage[] = [];
  #appendedSinceTake = false;
  #status: ConsensusStatus | undefined;

  constructor(options: ConsensusOptions) {
    const { replica, memberships, hardState } = restore(options);
    this.#options = { random: options.random, electionTicks: options.electionTicks };
    this.#replica = replica;
    this.#memberships = memberships;
    this.#reconciler = new Reconciler(replica, memberships, options.electionTicks, () => {
      this.#appendedSinceTake = true;
    });
    this.#intake = new IncomingSnapshot(replica);
    const isBirth = options.durable.state === undefined;
    this.#persistence = new Persistence(hardState, replica.log, isBirth, options.electionTicks);
    // A new order has no leader to wait for.
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
    if (decoded.type === 'snapshot') this.#intake.offered(decoded);
    // An entry carries the log time of its leader, so a proposal of another replica is ignored.
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
    if (this.#replica.log.bytes + payload.length > LIMITS.logBytes) return { kind: 'rejected', reason: 'overloaded' };
    if (!appendProposals(this.#replica, [{ kind: 'normal', payload }])) {
      return { kind: 'rejected', reason: 'overloaded' };
    }
    this.#appendedSinceTake = true;
    return { kind: 'accepted', index: asLogIndex(this.#replica.log.lastIndex) };
  }

  read(): ReadOutcome {
    if (this.#replica.role !== 'leader') return { kind: 'rejected', reason: 'not-leader' };
    return this.#reads.add();
  }

  matchIndex(replica: ReplicaId): LogIndex | undefined {
    // A new term starts at 0. An acknowledgement leaves its sender only after the flush.
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
    const { log } = this.#replica;
    // The applied state is about to be replaced.
    if (log.hasPendingSnapshot) return undefined;
    const term = log.termAt(log.applied);
    assert(term !== undefined, 'the log knows every place from the last applied one on');
    return compactionPointAt({ index: log.applied, term }, this.#memberships.at(log.applied));
  }

  compact(through: LogIndex): LogIndex {
    const { log } = this.#replica;
    assert(through <= log.applied, 'only a state that was reached is durable');
    log.compactTo(compactableIndex(this.#replica, through));
    const base = log.firstIndex - 1;
    this.#memberships.forgetBefore(base);
    return asLogIndex(Math.min(through, base));
  }

  hasCatchingUpFollower(offered: LogIndex, through: LogIndex): boolean {
    return hasCatchingUpFollower(this.#replica, offered, through);
  }

  snapshotFetched(index: LogIndex): void {
    this.#intake.fetched(index);
  }

  take(): Work | undefined {
    const work = new WorkBuilder();
    this.#sendBatches(work);
    let persist: Persist | undefined;
    // Work without a flush takes effect at once and may cause more work.
    while (persist === undefined && (this.#persistence.isBirth || hasReady(this.#replica))) {
      const ready = takeReady(this.#replica);
      this.#collect(ready, work);
      persist = this.#persistence.take(ready);
      if (persist !== undefined) break;
      const pending = pendingOf(ready);
      if (!this.#persistence.waitForLast(pending)) this.#release(pending);
    }
    if (this.#released.length > 0) {
      work.send(this.#released);
      this.#released = [];
    }
    return work.build(persist ?? this.#persistence.takeOverdue(), this.#intake.takeFetch());
  }

  status(): ConsensusStatus {
    const { term, leader, log, tracker } = this.#replica;
    const role = roleOf(this.#replica);
    const { voters, outgoingVoters, learners } = tracker.membership;
    const latest = this.#status;
    // Called after every event. Usually nothing has changed.
    if (
      latest?.term === term &&
      latest.leader === leader &&
      latest.role === role &&
      latest.committed === log.committed &&
      latest.lastIndex === log.lastIndex &&
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
      lastIndex: asLogIndex(log.lastIndex),
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

  /** Sends proposals and reads in batches, so that any number of them costs one message to each follower. */
  #sendBatches(work: WorkBuilder): void {
    if (this.#appendedSinceTake && this.#replica.role === 'leader') broadcastAppend(this.#replica);
    this.#appendedSinceTake = false;
    work.abandon(this.#reads.ask(this.#replica));
  }

  #collect(ready: Ready, work: WorkBuilder): void {
    work.send(messagesToSendNow(ready));
    // The snapshot's membership is in force from its index on. Earlier indexes keep theirs.
    if (ready.snapshot !== undefined) this.#memberships.changed(ready.snapshot.index, ready.snapshot.membership);
    for (const entry of ready.committed) {
      if (entry.kind !== 'membership') continue;
      this.#memberships.changed(entry.index, applyChange(this.#replica, decodeMembershipChange(entry.payload)));
    }
    work.commit(ready.committed);
    for (const read of ready.reads) work.grant(this.#reads.granted(read));
    for (const question of ready.abandonedReads) work.abandon(this.#reads.abandoned(question));
  }

  /** A batch is durable. Messages to this replica take effect now, and the others leave with the next `Work`. */
  #release({ messages, flushPoint }: PendingAfterFlush): void {
    messages.forEach((message, at) => {
      if (isSuperseded(message, messages[at + 1]) || isOutdated(message, this.#replica.term)) return;
      if (message.to === this.#replica.id) step(this.#replica, message);
      else this.#released.push(message);
    });
    if (flushPoint !== undefined) flushed(this.#replica, flushPoint);
  }
}

function roleOf({ role, tracker, id }: Replica): Role {
  if (role === 'leader') return 'leader';
  // A replica that is not a member does not vote either.
  if (role === 'follower') return allVoters(tracker.membership).includes(id) ? 'follower' : 'learner';
  return 'candidate';
}
