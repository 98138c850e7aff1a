/**
 * One replica of one order: the consensus algorithm, its records and the state
 * that it replicates. All that an algorithm asks for is done here, in its order.
 */
import type { Lifecycle, OrderLifecycle } from '../../cluster/lifecycle.ts';
import { firstRoster } from '../../cluster/roster.ts';
import { headerOf } from '../../cluster/configuration.ts';
import { algorithmNamed } from '../../consensus/algorithms.ts';
import type { CommittedEntry, Consensus, ConsensusAlgorithm, Persist, Work } from '../../consensus/contract.ts';
import type { RecordChange } from '../../storage/contract.ts';
import type { HeldShard, StateMachineKind, StateMachineStatistics } from '../../store/contract.ts';
import type { UntimedEntry } from '../../wire/entries/command.ts';
import type { Configuration } from '../../wire/configuration/configuration.ts';
import type {
  Answer,
  MemberList,
  Membership,
  Position,
  Request,
  ShardBody,
  SnapshotBody,
} from '../../wire/frames/frame.ts';
import type { LogIndex, RadiantId, ReplicaId } from '../../wire/identifiers.ts';
import type { GroupRecord } from '../../wire/records/records.ts';
import type { TargetMembership, Roster } from '../../wire/configuration/roster.ts';
import type { Asked, Answering, Asker } from '../answers.ts';
import type { ReplicaProgress, ReplicaView } from '../contract.ts';
import type { GroupRecords } from './group-records.ts';
import { findGroup } from './group-records.ts';
import type { GroupOrigin, ReplicaContext } from './replica-context.ts';
import { GroupWrites } from './group-writes.ts';
import type { Endpoint } from '../handover/shard-transfer-router.ts';
import { HeraldOffice } from '../herald/herald-office.ts';
import { OrderState } from './order-state.ts';
import { Snapshots } from '../snapshots/snapshots.ts';
import { ReplicaStatus } from './replica-status.ts';
import { stateMachineOf } from './state-machines.ts';

export class Group {
  readonly record: GroupRecord;
  /** What was durable when this boot began. */
  readonly atStart: Position;
  readonly #context: ReplicaContext;
  readonly #lifecycle: Lifecycle<OrderLifecycle>;
  readonly #algorithm: ConsensusAlgorithm;
  readonly #consensus: Consensus;
  readonly #state: OrderState;
  readonly #snapshots: Snapshots;
  readonly #office: HeraldOffice;
  readonly #writes: GroupWrites;
  readonly #status: ReplicaStatus;
  #isStopped = false;

  /** @throws {StorageLostError} `STORAGE_LOST` where its records are damaged */
  constructor({ record, configuration, records }: GroupOrigin, context: ReplicaContext) {
    this.record = record;
    this.#context = context;
    this.#lifecycle = context.lifecycle;
    // Where an earlier boot broke, that has happened already.
    if (this.#lifecycle.state !== 'reset') this.#lifecycle.enter('reset');
    const kind = stateMachineOf(record.id, configuration);
    const found = findGroup(record.id, records, kind);
    this.#state = new OrderState(
      kind.create({ shards: record.firstShards, header: headerOf(configuration) }),
      firstRoster(record.firstVoters),
    );
    if (found.state !== undefined) this.#state.replace(found.state);
    this.#algorithm = algorithmNamed(configuration.algorithm);
    this.#consensus = this.#algorithm.create({
      replica: record.replica,
      firstMembership: { voters: record.firstVoters.map(({ replica }) => replica), learners: [] },
      durable: found.durable,
      random: context.random,
      heartbeatTicks: context.times.raft.heartbeatTicks,
      electionTicks: context.times.raft.electionTicks,
      snapshot: (atLeast) => this.#snapshots.offer(atLeast),
    });
    const { nowMs, writer, seen } = context;
    const { id, replica } = record;
    this.#writes = new GroupWrites({
      id,
      log: found.log,
      writer,
      seen,
      nowMs,
      appliedIndex: () => this.#state.applied,
      install: (snapshot) => this.#snapshots.install(snapshot),
    });
    this.#snapshots = this.#makeSnapshots(kind, found);
    this.atStart = this.#consensus.position();
    this.#status = new ReplicaStatus({ id, replica, consensus: this.#consensus, state: this.#state, nowMs });
    const leader = () => this.leader();
    const [consensus, state] = [this.#consensus, this.#state];
    this.#office = new HeraldOffice({ order: id, replica, consensus, state, log: found.log, leader, context });
    this.#lifecycle.enter('locked');
    this.#lifecycle.enter('active');
    this.#advance();
  }

  tick(): void {
    if (this.#isStopped) return;
    this.#consensus.tick();
    this.#office.reconcile(this.#status.status);
    this.#followMoves();
    this.#snapshots.tick();
    this.#advance();
  }

  stoodStill(): void {
    this.#consensus.stoodStill();
  }

  /** This radiant stood still: nobody is blamed for silence meanwhile. */
  restartClocks(): void {
    this.#consensus.restartClocks();
    this.#office.restartClocks();
  }

  /**
   * Takes a message in; `proceed` does what follows from it.
   * @throws {ShardbearerError} `FRAME_MALFORMED`; then nothing has changed. `STORAGE_LOST` where it shows that this
   * replica has forgotten what it acknowledged
   */
  hear(from: ReplicaId, message: Uint8Array): void {
    if (this.#isStopped) return;
    this.#consensus.receive(from, message);
    this.#status.heard(from);
  }

  proceed(): void {
    this.#advance();
  }

  /** Takes in what belongs to a state that is on its way to another replica, or from there. */
  hearSnapshot(body: SnapshotBody): void {
    if (this.#isStopped) return;
    this.#snapshots.hear(body);
    this.#advance();
  }

  /** Takes in what belongs to a shard that is on its way to another order, or from there. */
  hearShard(sender: Endpoint, body: ShardBody): void {
    if (this.#isStopped) return;
    this.#office.handover.hear(sender, body);
    this.#advance();
  }

  lost(replica: ReplicaId): void {
    if (this.#isStopped) return;
    this.#consensus.lost(replica);
    this.#advance();
  }

  accept(asker: Asker, request: Request): void {
    if (this.#isStopped) return;
    this.#office.herald.accept(asker, request);
    this.#advance();
  }

  /**
   * Asks that these form the order; only its herald can.
   * @param number of the configuration that wants it; where none does, the next that there is
   * @returns whether the target went on its way
   */
  target({ voters, learners }: Omit<TargetMembership, 'number'>, number = this.roster.number + 1): boolean {
    if (this.#isStopped || !this.#algorithm.changesMembership) return false;
    const isOnItsWay = this.#office.target({ number, voters, learners });
    this.#advance();
    return isOnItsWay;
  }

  /**
   * Puts an entry into the log, where this replica leads. What became of it the state tells, when `applied` has
   * reached the index: another entry may have come in its place.
   * @returns undefined where it never has an effect
   */
  propose(entry: UntimedEntry): LogIndex | undefined {
    if (this.#isStopped) return undefined;
    const index = this.#office.propose(entry);
    this.#advance();
    return index;
  }

  /** Hands the office of the herald over to another voter, as far as that one is there to take it. */
  transfer(to: ReplicaId): void {
    if (this.#isStopped) return;
    this.#consensus.transfer(to);
    this.#advance();
  }

  /** Asks another voter to lead, where one is present. */
  transferLeadership(): void {
    const successor = this.#office.mostAdvanced();
    if (successor !== undefined) this.transfer(successor);
  }

  /** Answers a request with what is read of the state, when it is sure that no other replica has led on meanwhile. */
  answerLater(asked: Asked, read: () => Answer, answer: Answering): void {
    if (this.#isStopped) return;
    this.#office.herald.answerLater(asked, read, answer);
    this.#advance();
  }

  /** From now on it says nothing: its radiant leaves. */
  stop(): void {
    this.#isStopped = true;
    this.#writes.stop();
  }

  /** From now on it says and writes nothing: it is out of the order. Whoever waits is told so. */
  leave(): void {
    // Stopped first: the refusals must not name this replica as the herald to ask.
    this.stop();
    this.#office.herald.stepDown();
  }

  /** The disk of this replica is of no use: a voter that has the whole log is asked to lead at once. */
  resign(): void {
    if (this.#isStopped) return;
    const successor = this.#office.successor();
    if (successor !== undefined) {
      this.#consensus.transfer(successor);
      for (const { to, message, urgent } of this.#consensus.take()?.messages ?? []) {
        this.#context.send(to, message, urgent);
      }
    }
    this.leave();
  }

  /** Without room this replica does not stand for election: it could not flush its vote. */
  noteDiskRoom(hasRoom: boolean): void {
    if (this.#isStopped) return;
    this.#consensus.abstain(!hasRoom);
    this.#office.noteDiskRoom();
    this.#advance();
  }

  /** Undefined: none is known, or this replica has stopped. */
  leader(): RadiantId | undefined {
    if (this.#isStopped) return undefined;
    const { leader } = this.#status.status;
    return leader === undefined ? undefined : this.#context.radiantOf(leader);
  }

  /** Number of the term in which this replica leads; undefined: it does not. */
  termAsLeader(): number | undefined {
    const { role, term } = this.#status.status;
    return role === 'leader' && !this.#isStopped ? term : undefined;
  }

  /** Of the latest entry that is applied here. */
  get applied(): LogIndex {
    return this.#state.applied;
  }

  /** The latest that is applied here, where this is the bondsmith's order. */
  get configuration(): Configuration | undefined {
    return this.#state.configuration;
  }

  /**
   * The latest that anyone may go by: where one voter decides alone, its companion has it, too (design, rule 6). Only
   * who leads, and the companion itself, know whether that is so: from them all others learn it.
   */
  get decided(): Configuration | undefined {
    const { companion } = this.roster;
    if (companion === undefined || companion === this.record.replica) return this.#state.configuration;
    const isHeld = this.termAsLeader() !== undefined && this.#office.acknowledgeable() >= this.#state.machineIndex;
    return isHeld ? this.#state.configuration : undefined;
  }

  get roster(): Roster {
    return this.#state.roster;
  }

  /** One of its shards is on its way: whoever asks for it waits. */
  get isLocked(): boolean {
    return this.#lifecycle.state === 'locked';
  }

  /** Who belongs to the order, as of what is applied here. */
  memberList(): MemberList {
    return this.#status.memberList;
  }

  position(): Position {
    return this.#consensus.position();
  }

  membership(): Membership {
    const { role, leader } = this.#status.status;
    const { id: group, replica } = this.record;
    return { group, replica, atStart: this.atStart, now: this.position(), role, leader };
  }

  /** Of the replicated state. */
  digest(): string {
    return this.#state.digest();
  }

  statistics(): StateMachineStatistics {
    return this.#state.statistics();
  }

  /** As this replica has applied them; undefined: the state has none. */
  shards(): readonly HeldShard[] | undefined {
    return this.#state.shards?.held();
  }

  view(): ReplicaView {
    const moves = this.#office.handover.moves();
    return { lifecycle: this.#lifecycle.state, moves, ...this.#status.view(), ...this.#snapshots.view() };
  }

  progress(): ReplicaProgress {
    return this.#status.progress();
  }

  #makeSnapshots(kind: StateMachineKind, found: GroupRecords): Snapshots {
    const { nowMs, checkpointLogBytes, sendSnapshot: send, read } = this.#context;
    const { log, checkpoints } = found;
    const [{ replica }, state, consensus] = [this.record, this.#state, this.#consensus];
    const write = (changes: readonly RecordChange[], onDurable: () => void) => this.#writes.add(changes, onDurable);
    const options = { replica, state, kind, log, checkpoints, consensus, nowMs, checkpointLogBytes, write, send, read };
    return new Snapshots(options, found);
  }

  #advance(): void {
    for (let work = this.#take(); work !== undefined; work = this.#take()) {
      if (work.persist !== undefined) this.#persist(work.persist);
      for (const { to, message, urgent } of work.messages) this.#context.send(to, message, urgent);
      for (const entry of work.committed) this.#apply(entry);
      for (const grant of work.reads) this.#office.herald.granted(grant);
      for (const read of work.abandonedReads) this.#office.herald.abandoned(read);
      this.#office.herald.answerReads();
      this.#office.handover.proceed();
      if (work.fetch !== undefined) this.#snapshots.fetch(work.fetch);
    }
    this.#noteStatus();
    if (this.#isStopped) return;
    this.#office.herald.release();
    this.#snapshots.reconcile();
  }

  #take(): Work | undefined {
    return this.#isStopped ? undefined : this.#consensus.take();
  }

  #persist(persist: Persist): void {
    this.#writes.persist(persist, () => {
      if (persist.snapshot !== undefined) {
        this.#snapshots.installed();
        this.#context.onStatusChange();
        this.#context.onChange();
      }
      this.#consensus.persisted(persist.number);
      this.#advance();
    });
  }

  #apply(committed: CommittedEntry): void {
    const { index } = committed;
    const { entry, answer, isChange } = this.#state.apply(committed);
    this.#writes.settle(index);
    this.#consensus.applied(index);
    this.#office.herald.applied(index, entry, answer);
    if (isChange) this.#context.onChange();
  }

  /** A client of a shard that is on its way waits: the order says so. */
  #followMoves(): void {
    const now = this.#office.handover.isUnderWay ? 'locked' : 'active';
    if (this.#lifecycle.state === now) return;
    this.#lifecycle.enter(now);
    this.#context.onStatusChange();
  }

  #noteStatus(): void {
    const { steppedDown, isNew } = this.#status.note();
    if (steppedDown) {
      this.#office.stepDown();
      this.#snapshots.stepDown();
    }
    if (isNew) this.#context.onStatusChange();
  }
}
