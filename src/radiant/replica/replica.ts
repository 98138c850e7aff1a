/** One replica of one order. It connects its consensus algorithm, its records, and the state that it replicates. */
import { headerOf } from '../../cluster/configuration.ts';
import { firstRoster } from '../../cluster/roster.ts';
import { algorithmNamed } from '../../consensus/algorithms.ts';
import type {
  CommittedEntry,
  Consensus,
  ConsensusAlgorithm,
  ConsensusStatus,
  OutgoingMessage,
  Persist,
  ProposalOutcome,
  ReadGrant,
  ReadNumber,
  Work,
} from '../../consensus/contract.ts';
import type { RecordChange, Records } from '../../storage/contract.ts';
import type { GroupLog } from '../../storage/group-log.ts';
import type { ReadQuestion, StateMachineKind } from '../../store/contract.ts';
import type { Configuration } from '../../wire/configuration/configuration.ts';
import type { Entry, UntimedEntry } from '../../wire/entries/command.ts';
import { encodeEntry } from '../../wire/entries/entry-codec.ts';
import type { Answer, MemberList, Membership, Position, SnapshotBody } from '../../wire/frames/frame.ts';
import type { LogIndex, OrderId, RadiantId, ReplicaId } from '../../wire/identifiers.ts';
import { LIMITS } from '../../wire/limits.ts';
import type { GroupRecord } from '../../wire/records/records.ts';
import type { ReplicaProgress, ReplicaView } from '../contract.ts';
import { Snapshots } from './snapshots.ts';
import { OrderState, stateMachineOf } from './order-state.ts';
import type { ReplicaContext } from './replica-context.ts';
import type { ReplicaRecords } from './replica-records.ts';
import { findReplica } from './replica-records.ts';
import { ReplicaStatus } from './replica-status.ts';
import { ReplicaWrites } from './replica-writes.ts';

export interface ReplicaOrigin {
  readonly record: GroupRecord;
  readonly configuration: Configuration;
  /** All records of the order in the database. Empty for a new replica. */
  readonly records: Records;
}

/** Observes the progress of the log. */
interface ProgressObserver {
  applied(index: LogIndex, entry: Entry | undefined, answer: Answer | undefined): void;
  granted(grant: ReadGrant): void;
  abandoned(read: ReadNumber): void;
}

export class Replica {
  readonly record: GroupRecord;
  readonly order: OrderId;
  readonly id: ReplicaId;
  /** The position that was durable when this boot began. */
  readonly atStart: Position;
  readonly consensus: Consensus;
  readonly state: OrderState;
  /** Stops this replica, which sends and writes nothing from now on. */
  isStopped = false;
  /** The status at the last call of `noteStatus`. */
  leads = false;
  readonly #context: ReplicaContext;
  readonly #algorithm: ConsensusAlgorithm;
  readonly #log: GroupLog;
  readonly #snapshots: Snapshots;
  readonly #writes: ReplicaWrites;
  readonly #status: ReplicaStatus;
  readonly #onPersisted: () => void;

  /**
   * @param onPersisted called when the disk has taken a write, so that the algorithm has new work
   * @throws {StorageLostError} `STORAGE_LOST` if the records are damaged
   */
  constructor({ record, configuration, records }: ReplicaOrigin, context: ReplicaContext, onPersisted: () => void) {
    this.record = record;
    this.order = record.id;
    this.id = record.replica;
    this.#context = context;
    this.#onPersisted = onPersisted;
    const kind = stateMachineOf(record.id, configuration, context.machines);
    const found = findReplica(record.id, records, kind);
    this.#log = found.log;
    this.state = new OrderState(
      kind.create({ shards: record.firstShards, header: headerOf(configuration) }),
      firstRoster(record.firstVoters),
    );
    if (found.state !== undefined) this.state.replace(found.state);
    this.#algorithm = algorithmNamed(configuration.algorithm);
    this.consensus = this.#algorithm.create({
      replica: record.replica,
      firstMembership: { voters: record.firstVoters.map(({ replica }) => replica), learners: [] },
      durable: found.durable,
      random: context.random,
      heartbeatTicks: context.clock.times.raft.heartbeatTicks,
      electionTicks: context.clock.times.raft.electionTicks,
      snapshot: (atLeast) => this.#snapshots.offer(atLeast),
    });
    this.#writes = new ReplicaWrites({
      order: record.id,
      log: found.log,
      writer: context.writer,
      seen: context.seen,
      clock: context.clock,
      state: this.state,
      install: (snapshot) => this.#snapshots.install(snapshot),
      onPersisted: this.#persisted,
    });
    this.#snapshots = this.#makeSnapshots(kind, found);
    this.atStart = this.consensus.position();
    this.#status = new ReplicaStatus(this, context.clock);
  }

  /** The status at the last call of `noteStatus`. */
  get status(): ConsensusStatus {
    return this.#status.current;
  }

  /** Whether the algorithm can bring the membership to any target. */
  get changesMembership(): boolean {
    return this.#algorithm.changesMembership;
  }

  /** Whether the log has reached its limit. Proposals then wait until a checkpoint has cut it. */
  get isLogFull(): boolean {
    return this.#log.bytes >= LIMITS.log.logBytes;
  }

  tick(): void {
    this.#snapshots.tick();
  }

  /**
   * @throws {ShardbearerError} `FRAME_MALFORMED` without any change; `STORAGE_LOST` if this replica has forgotten what
   * it acknowledged
   */
  receive(from: ReplicaId, message: Uint8Array): void {
    if (this.isStopped) return;
    this.consensus.receive(from, message);
    if (from === this.#status.current.leader) this.#status.heard(from);
  }

  receiveSnapshot(body: SnapshotBody): void {
    this.#snapshots.hear(body);
  }

  /** The log time of the next entry. Only a leader has one. */
  readLogTime(): number {
    return this.state.logClock.read(this.#context.clock.nowMs);
  }

  read(question: ReadQuestion): Answer {
    return this.state.read(question, this.#context.clock.nowMs);
  }

  /** Proposes an entry if this replica leads. Its log time is never earlier than that of any applied entry. */
  propose(entry: UntimedEntry): ProposalOutcome {
    if (!this.leads) return { kind: 'rejected', reason: 'not-leader' };
    const logTimeMs = this.readLogTime();
    return this.consensus.propose(encodeEntry({ ...entry, logTimeMs }));
  }

  perform(work: Work, observer: ProgressObserver): void {
    if (work.persist !== undefined) this.#writes.persist(work.persist);
    for (const message of work.messages) this.send(message);
    for (const entry of work.committed) this.#apply(entry, observer);
    for (const grant of work.reads) observer.granted(grant);
    for (const read of work.abandonedReads) observer.abandoned(read);
    if (work.fetch !== undefined) this.#snapshots.fetch(work.fetch);
  }

  /** Sends a message to the boot that took part in the handshake, and to no later boot. */
  send({ to, message, urgent }: OutgoingMessage): void {
    const partner = this.#context.handshake.partner(this.order, to);
    if (partner === undefined) return;
    this.#context.router.send({
      receiver: partner.radiant,
      receiverBoot: partner.boot,
      group: this.order,
      urgency: urgent ? 'urgent' : 'bulk',
      body: { kind: 'consensus', from: this.id, to, flushed: this.consensus.position(), message },
    });
  }

  /**
   * Notes the current status.
   * @returns whether this replica stopped leading in its term
   */
  noteStatus(): boolean {
    const change = this.#status.note();
    if (change === undefined) return false;
    this.leads = this.status.role === 'leader' && !this.isStopped;
    if (change.steppedDown) this.#snapshots.stepDown();
    if (change.isVisible) this.#context.onStatusChange();
    return change.steppedDown;
  }

  /** Begins a checkpoint if one is due. Call this in every tick, when all work is done. */
  checkpoint(): void {
    this.#snapshots.reconcile();
  }

  /** Stops this replica, which sends and writes nothing from now on. */
  stop(): void {
    this.isStopped = true;
    this.leads = false;
    this.#writes.stop();
  }

  /** The leader of the order. Undefined if no leader is known, or if this replica has stopped. */
  leader(): RadiantId | undefined {
    if (this.isStopped) return undefined;
    const { leader } = this.#status.current;
    return leader === undefined ? undefined : this.#context.radiantOf(leader);
  }

  /** The term in which this replica leads. Undefined if it does not lead. */
  termAsLeader(): number | undefined {
    return this.leads ? this.status.term : undefined;
  }

  /** The members of the order as of the applied log. */
  memberList(): MemberList {
    return this.#status.memberList();
  }

  membership(): Membership {
    const { role, leader } = this.#status.current;
    return { group: this.order, replica: this.id, atStart: this.atStart, now: this.consensus.position(), role, leader };
  }

  view(): Omit<ReplicaView, 'lifecycle' | 'moves'> {
    return { ...this.#status.view(), ...this.#snapshots.view() };
  }

  progress(): ReplicaProgress {
    return this.#status.progress();
  }

  #makeSnapshots(kind: StateMachineKind, found: ReplicaRecords): Snapshots {
    const { clock, checkpointLogBytes, read } = this.#context;
    const { log, checkpoints } = found;
    const { id: replica, state, consensus } = this;
    const write = (changes: readonly RecordChange[], onDurable: () => void) => this.#writes.add(changes, onDurable);
    const sendSnapshot = (to: ReplicaId, body: SnapshotBody) => this.#sendSnapshot(to, body);
    const own = { replica, state, kind, log, checkpoints, consensus, write, sendSnapshot };
    return new Snapshots({ ...own, clock, checkpointLogBytes, read }, found);
  }

  #sendSnapshot(to: ReplicaId, body: SnapshotBody): void {
    const partner = this.#context.handshake.partner(this.order, to);
    if (partner === undefined) return;
    const { radiant: receiver, boot: receiverBoot } = partner;
    this.#context.router.send({ receiver, receiverBoot, group: this.order, urgency: 'bulk', body });
  }

  readonly #persisted = ({ number, snapshot }: Persist): void => {
    if (snapshot !== undefined) {
      this.#snapshots.installed();
      this.#context.onStatusChange();
      this.#context.onChange();
    }
    this.consensus.persisted(number);
    this.#onPersisted();
    if (this.#log.bytes >= this.#snapshots.dueLogBytes && !this.isStopped) this.checkpoint();
  };

  #apply(committed: CommittedEntry, observer: ProgressObserver): void {
    const { index } = committed;
    const { entry, answer, isChange } = this.state.apply(committed);
    this.#writes.settle(index);
    this.consensus.applied(index);
    observer.applied(index, entry, answer);
    if (isChange) this.#context.onChange();
  }
}
