/**
 * One replica of one order: the consensus algorithm, its records and the state
 * that it replicates. All that an algorithm asks for is done here, in its order.
 */
import type { Lifecycle, OrderLifecycle } from '../cluster/lifecycle.ts';
import { orderLifecycle } from '../cluster/lifecycle.ts';
import { firstRoster } from '../cluster/roster.ts';
import type { SeenReplicas } from '../cluster/seen.ts';
import { algorithmNamed } from '../consensus/algorithms.ts';
import type { CommittedEntry, Consensus, ConsensusAlgorithm, Persist, Work } from '../consensus/contract.ts';
import type { RecordChange, Records } from '../storage/contract.ts';
import type { GroupLog } from '../storage/group-log.ts';
import type { HeldShard, ShardKeeper, StateMachineKind } from '../store/contract.ts';
import { stateMachineNamed } from '../store/registry.ts';
import type { MembersWish, UntimedEntry } from '../wire/command.ts';
import type { Configuration } from '../wire/configuration.ts';
import { encodeEntry } from '../wire/entry-codec.ts';
import type {
  Administration,
  MemberList,
  Membership,
  Position,
  Request,
  ShardBody,
  SnapshotBody,
} from '../wire/frame.ts';
import type { LogIndex, RadiantId, ReplicaId } from '../wire/identifiers.ts';
import { INTERVALS, LIMITS } from '../wire/limits.ts';
import type { GroupRecord } from '../wire/records.ts';
import type { Roster } from '../wire/roster.ts';
import type { Answering, Asked, Asker } from './answers.ts';
import type { ReplicaProgress, ReplicaView } from './contract.ts';
import type { GroupRecords } from './group-records.ts';
import { findGroup } from './group-records.ts';
import { GroupWrites } from './group-writes.ts';
import type { HandoverSurroundings } from './handover.ts';
import { Handover } from './handover.ts';
import type { Spokesman } from './handover-desk.ts';
import type { Realm } from './herald.ts';
import { Herald } from './herald.ts';
import { MembershipPursuit } from './membership-pursuit.ts';
import { OrderState } from './order-state.ts';
import { Snapshots } from './snapshots.ts';
import { Standing } from './standing.ts';
import type { Writer } from './writer.ts';

/** What makes a replica what it is. */
export interface GroupOrigin {
  readonly record: GroupRecord;
  readonly configuration: Configuration;
  /** What the database held; a replica that is born now finds nothing there. */
  readonly records: Records;
}

export interface GroupSurroundings {
  readonly random: () => number;
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
  readonly writer: Pick<Writer, 'add'>;
  readonly seen: SeenReplicas;
  readonly send: (to: ReplicaId, message: Uint8Array, urgent: boolean) => void;
  readonly sendSnapshot: (to: ReplicaId, body: SnapshotBody) => void;
  /** Reads what came from outside. @returns undefined where it was refused, which is counted */
  readonly read: <Value>(reading: () => Value) => Value | undefined;
  /** Bytes of log that make a checkpoint due, where the state is small. */
  readonly checkpointLogBytes: number;
  readonly answer: Answering;
  /** Whose replica this is, as far as is known. */
  readonly radiantOf: (replica: ReplicaId) => RadiantId | undefined;
  /** Another role, another leader, or other members. */
  readonly onStanding: () => void;
  /** Why no majority of this order can be reached, or undefined where one can. */
  readonly missingQuorum: () => string | undefined;
  /** The order's herald is asked what only the bondsmith decides. */
  readonly administer: (asked: Asked, administration: Administration) => void;
  /** The order serves other shards than before, or the configuration that it decides on is another one. */
  readonly onChange: () => void;
  readonly handover: HandoverSurroundings;
}

export class Group {
  readonly record: GroupRecord;
  /** What was durable when this boot began. */
  readonly atStart: Position;
  readonly #surroundings: GroupSurroundings;
  readonly #lifecycle: Lifecycle<OrderLifecycle> = orderLifecycle();
  readonly #log: GroupLog;
  readonly #algorithm: ConsensusAlgorithm;
  readonly #consensus: Consensus;
  readonly #state: OrderState;
  readonly #snapshots: Snapshots;
  readonly #herald: Herald;
  readonly #pursuit: MembershipPursuit;
  readonly #handover: Handover;
  readonly #writes: GroupWrites;
  readonly #standing: Standing;
  #isStopped = false;

  /** @throws {StorageLostError} `STORAGE_LOST` where its records are damaged */
  constructor({ record, configuration, records }: GroupOrigin, surroundings: GroupSurroundings) {
    this.record = record;
    this.#surroundings = surroundings;
    this.#lifecycle.enter('reset');
    const kind = stateMachineNamed(configuration.stateMachine);
    const found = findGroup(record.id, records, kind);
    this.#log = found.log;
    this.#state = new OrderState(
      kind.create({ shards: record.firstShards, header: configuration }),
      firstRoster(record.firstVoters),
    );
    if (found.state !== undefined) this.#state.replace(found.state);
    this.#algorithm = algorithmNamed(configuration.algorithm);
    this.#consensus = this.#algorithm.create({
      replica: record.replica,
      firstMembership: { voters: record.firstVoters.map(({ replica }) => replica), learners: [] },
      durable: found.durable,
      random: surroundings.random,
      heartbeatTicks: INTERVALS.heartbeatTicks,
      electionTicks: INTERVALS.electionTicks,
      snapshot: (atLeast) => this.#snapshots.offer(atLeast),
    });
    const { nowMs, writer, seen } = surroundings;
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
    this.#standing = new Standing({ id, replica, consensus: this.#consensus, state: this.#state, nowMs });
    const realm = this.#realm();
    this.#herald = new Herald(realm, surroundings.answer);
    const shards = () => this.#state.shards;
    this.#handover = new Handover({ order: id, shards, nowMs, ...realm, ...surroundings.handover });
    this.#pursuit = new MembershipPursuit({
      consensus: this.#consensus,
      roster: () => this.#state.roster,
      logTimeMs: () => this.#state.logTimeMs(nowMs()),
    });
    this.#lifecycle.enter('locked');
    this.#lifecycle.enter('active');
    this.#advance();
  }

  tick(): void {
    if (this.#isStopped) return;
    this.#consensus.tick();
    this.#pursuit.pursue(this.#standing.status);
    this.#followMoves();
    this.#handover.tick();
    this.#snapshots.tick();
    this.#advance();
  }

  stoodStill(): void {
    this.#consensus.stoodStill();
  }

  /**
   * Takes a message in; `proceed` does what follows from it.
   * @throws {ShardbearerError} `FRAME_MALFORMED`; then nothing has changed. `STORAGE_LOST` where it shows that this
   * replica has forgotten what it acknowledged
   */
  hear(from: ReplicaId, message: Uint8Array): void {
    if (this.#isStopped) return;
    this.#consensus.receive(from, message);
    this.#standing.heard(from);
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
  hearShard(sender: Spokesman, body: ShardBody): void {
    if (this.#isStopped) return;
    this.#handover.hear(sender, body);
    this.#advance();
  }

  lost(replica: ReplicaId): void {
    if (this.#isStopped) return;
    this.#consensus.lost(replica);
    this.#advance();
  }

  accept(asker: Asker, request: Request): void {
    if (this.#isStopped) return;
    this.#herald.accept(asker, request);
    this.#advance();
  }

  /** Asks that these form the order; only its herald can. @returns whether the wish went on its way */
  wish(members: Omit<MembersWish, 'number'>): boolean {
    if (this.#isStopped || !this.#algorithm.changesMembership) return false;
    const isOnItsWay = this.#pursuit.wish(members);
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
    const logTimeMs = this.#state.logTimeMs(this.#surroundings.nowMs());
    const outcome = this.#consensus.propose(encodeEntry({ ...entry, logTimeMs }));
    this.#advance();
    return outcome.kind === 'accepted' ? outcome.index : undefined;
  }

  /** From now on it says nothing: its radiant leaves. */
  stop(): void {
    this.#isStopped = true;
    this.#writes.stop();
  }

  /** From now on it says and writes nothing: it is out of the order. Whoever waits is told so. */
  leave(): void {
    this.#herald.stepDown();
    this.stop();
  }

  /** From now on it says nothing: its radiant broke. */
  fail(): void {
    this.stop();
    if (this.#lifecycle.state !== 'error') this.#lifecycle.enter('error');
  }

  leader(): RadiantId | undefined {
    const { leader } = this.#standing.status;
    return leader === undefined ? undefined : this.#surroundings.radiantOf(leader);
  }

  /** Number of the reign in which this replica leads; undefined: it does not. */
  reignAsLeader(): number | undefined {
    const { role, reign } = this.#standing.status;
    return role === 'leader' && !this.#isStopped ? reign : undefined;
  }

  /** Of the latest entry that is applied here. */
  get applied(): LogIndex {
    return this.#state.applied;
  }

  /** Undefined: this is no order that serves shards. */
  get shardKeeper(): ShardKeeper | undefined {
    return this.#state.shards;
  }

  /** The latest that is applied here, where this is the bondsmith's order. */
  get configuration(): Configuration | undefined {
    return this.#state.configuration;
  }

  get roster(): Roster {
    return this.#state.roster;
  }

  /** Who belongs to the order, as of what is applied here. */
  memberList(): MemberList {
    return this.#standing.memberList;
  }

  position(): Position {
    return this.#consensus.position();
  }

  membership(): Membership {
    const { role, leader } = this.#standing.status;
    const { id: group, replica } = this.record;
    return { group, replica, atStart: this.atStart, now: this.position(), role, leader };
  }

  /** Of the replicated state. */
  digest(): string {
    return this.#state.digest();
  }

  /** As this replica has applied them; undefined: the state has none. */
  shards(): readonly HeldShard[] | undefined {
    return this.#state.shards?.held();
  }

  view(): ReplicaView {
    const { role, reign, committed, lastIndex } = this.#consensus.status();
    const { replica } = this.record;
    const flushed = this.position();
    const lifecycle = this.#lifecycle.state;
    const { applied } = this.#state;
    const { number, isReached } = this.#state.roster;
    const wish = { number, isReached };
    const { heraldSilenceMs } = this.#standing;
    const snapshots = this.#snapshots.view();
    const standing = { role, reign, committed, applied, lastIndex, flushed, heraldSilenceMs };
    return { replica, wish, lifecycle, moves: this.#handover.moves(), ...standing, ...snapshots };
  }

  progress(): ReplicaProgress {
    return this.#standing.progress();
  }

  #realm(): Realm {
    return {
      consensus: this.#consensus,
      logTimeMs: () => this.#state.logTimeMs(this.#surroundings.nowMs()),
      read: (question) => this.#state.read(question),
      appliedIndex: () => this.#state.applied,
      isLogFull: () => this.#log.bytes >= LIMITS.logBytes,
      leader: () => this.leader(),
      missingQuorum: this.#surroundings.missingQuorum,
      administer: this.#surroundings.administer,
    };
  }

  #makeSnapshots(kind: StateMachineKind, found: GroupRecords): Snapshots {
    const { nowMs, checkpointLogBytes, sendSnapshot: send, read } = this.#surroundings;
    const { log, checkpoints } = found;
    const [{ replica }, state, consensus] = [this.record, this.#state, this.#consensus];
    const write = (changes: readonly RecordChange[], onDurable: () => void) => this.#writes.add(changes, onDurable);
    const options = { replica, state, kind, log, checkpoints, consensus, nowMs, checkpointLogBytes, write, send, read };
    return new Snapshots(options, found);
  }

  #advance(): void {
    for (let work = this.#take(); work !== undefined; work = this.#take()) {
      if (work.persist !== undefined) this.#persist(work.persist);
      for (const { to, message, urgent } of work.messages) this.#surroundings.send(to, message, urgent);
      for (const entry of work.committed) this.#apply(entry);
      for (const grant of work.reads) this.#herald.granted(grant);
      for (const read of work.abandonedReads) this.#herald.abandoned(read);
      this.#herald.answerReads();
      this.#handover.proceed();
      if (work.fetch !== undefined) this.#snapshots.fetch(work.fetch);
    }
    this.#noteStanding();
    if (!this.#isStopped) this.#snapshots.pursue();
  }

  #take(): Work | undefined {
    return this.#isStopped ? undefined : this.#consensus.take();
  }

  #persist(persist: Persist): void {
    this.#writes.persist(persist, () => {
      if (persist.snapshot !== undefined) {
        this.#snapshots.installed();
        this.#surroundings.onStanding();
        this.#surroundings.onChange();
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
    this.#herald.applied(index, entry, answer);
    if (isChange) this.#surroundings.onChange();
  }

  /** A client of a shard that is on its way waits: the order says so. */
  #followMoves(): void {
    const now = this.#handover.isUnderWay ? 'locked' : 'active';
    if (this.#lifecycle.state === now) return;
    this.#lifecycle.enter(now);
    this.#surroundings.onStanding();
  }

  #noteStanding(): void {
    const { steppedDown, isNew } = this.#standing.note();
    if (steppedDown) {
      this.#herald.stepDown();
      this.#handover.stepDown();
      this.#snapshots.stepDown();
    }
    if (isNew) this.#surroundings.onStanding();
  }
}
