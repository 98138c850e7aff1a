/** This radiant's part in one order. It consists of its replica, and its work as herald while that replica leads. */
import type { HeldShard } from '../../store/contract.ts';
import type { Configuration } from '../../wire/configuration/configuration.ts';
import type { TargetMembership } from '../../wire/configuration/roster.ts';
import type { UntimedEntry } from '../../wire/entries/command.ts';
import type { Answer, MemberList, Membership, ShardBody, SnapshotBody, Watch } from '../../wire/frames/frame.ts';
import type { LogIndex, RadiantId, ReplicaId } from '../../wire/identifiers.ts';
import type { ReplyTo, RequestOrigin } from '../replies.ts';
import type { ReplicaView } from '../contract.ts';
import { Handover } from '../handover/handover.ts';
import { Companionship } from '../herald/companionship.ts';
import { DeferredReplies } from '../herald/deferred-replies.ts';
import { DiskRoom } from '../herald/disk-room.ts';
import { Herald, type HeraldQuestion } from '../herald/herald.ts';
import { KeyExpiry } from '../herald/key-expiry.ts';
import { MembershipReconciler } from '../herald/membership-reconciler.ts';
import { type OpenTransaction, OpenTransactions } from '../herald/open-transactions.ts';
import { mostAdvancedOf, successorOf } from '../herald/successor.ts';
import type { ReplicaSummary } from '../neighbours/replica-directory.ts';
import type { Endpoint } from '../neighbours/router.ts';
import type { ReplicaOrigin } from '../replica/replica.ts';
import { Replica } from '../replica/replica.ts';
import type { ReplicaContext } from '../replica/replica-context.ts';
import { WaitingWatches } from './waiting-watches.ts';

export class LocalOrder implements ReplicaSummary {
  readonly replica: Replica;
  readonly #context: ReplicaContext;
  readonly #herald: Herald;
  readonly #handover: Handover;
  readonly #diskRoom: DiskRoom;
  readonly #companionship: Companionship;
  readonly #deferredReplies: DeferredReplies;
  readonly #watches: WaitingWatches;
  readonly #isBondsmiths: boolean;
  readonly #reconciler: MembershipReconciler;
  readonly #openTransactions: OpenTransactions;
  readonly #keyExpiry: KeyExpiry;

  /** @throws {StorageLostError} `STORAGE_LOST` if the replica's records are damaged */
  constructor(origin: ReplicaOrigin, context: ReplicaContext) {
    const { lifecycle } = context;
    this.#context = context;
    // A broken earlier boot has already entered this state.
    if (lifecycle.state !== 'reset') lifecycle.enter('reset');
    this.#isBondsmiths = origin.configuration.bondsmith.id === origin.record.id;
    this.replica = new Replica(origin, context, this.advance);
    const { replica } = this;
    this.#diskRoom = new DiskRoom(replica, context, this.#isPresent);
    this.#companionship = new Companionship(replica, context);
    this.#deferredReplies = new DeferredReplies(this.#companionship);
    this.#herald = new Herald(replica, context, this.#diskRoom, this.#deferredReplies);
    this.#watches = new WaitingWatches(replica, context.clock, this.#deferredReplies, (one, answer) =>
      context.replies.answer(one, answer, replica.order),
    );
    this.#handover = new Handover(replica, context, this.#companionship, this.#diskRoom);
    this.#reconciler = new MembershipReconciler(replica);
    this.#openTransactions = new OpenTransactions(replica.state, this.#companionship, context.clock.times.transactions);
    this.#keyExpiry = new KeyExpiry(replica, this.#diskRoom);
    lifecycle.enter('locked');
    lifecycle.enter('active');
    this.advance();
  }

  tick(): void {
    if (this.replica.isStopped) return;
    this.replica.consensus.tick();
    this.#lead();
    this.#followMoves();
    this.replica.tick();
    this.advance();
    this.#watches.tick();
    if (!this.replica.isStopped) this.replica.checkpoint();
  }

  receiveSnapshot(body: SnapshotBody): void {
    if (this.replica.isStopped) return;
    this.replica.receiveSnapshot(body);
    this.advance();
  }

  receiveShard(sender: Endpoint, body: ShardBody): void {
    if (this.replica.isStopped) return;
    this.#handover.hear(sender, body);
    this.advance();
  }

  lost(replica: ReplicaId): void {
    if (this.replica.isStopped) return;
    this.replica.consensus.reportUnreachable(replica);
    this.advance();
  }

  accept(origin: RequestOrigin, question: HeraldQuestion): void {
    if (this.replica.isStopped) return;
    this.#herald.accept(origin, question);
    this.advance();
  }

  /** Whether this replica can answer a question of a watcher itself. */
  canAnswer(watch: Watch): boolean {
    return !this.replica.isStopped && this.#watches.canAnswer(watch);
  }

  /** Takes a question of a watcher. Every replica answers. */
  watch(origin: RequestOrigin, watch: Watch): void {
    if (!this.replica.isStopped) this.#watches.accept(origin, watch);
  }

  /** The reason why this order accepts no change now. Undefined if it accepts changes. */
  changeRefusal(): Answer | undefined {
    return this.#herald.changeRefusal();
  }

  /** Sends the answer that `read` returns, once it is certain that no other herald has led meanwhile. */
  answerLater(origin: RequestOrigin, read: () => Answer, answer: ReplyTo): void {
    if (this.replica.isStopped) return;
    this.#herald.answerLater(origin, read, answer);
    this.advance();
  }

  /**
   * Proposes a target for the members of this order. Only its herald can.
   * @param number number of the configuration that names the target; by default the next free one
   * @returns whether the target was proposed
   */
  target(
    { voters, learners }: Omit<TargetMembership, 'number'>,
    number = this.replica.state.roster.number + 1,
  ): boolean {
    if (this.replica.isStopped || !this.replica.changesMembership) return false;
    const isProposed = this.#reconciler.target({ number, voters, learners });
    this.advance();
    return isProposed;
  }

  /**
   * Proposes an entry.
   * @returns the index of the entry, which another herald's entry may still replace; undefined if it was refused
   */
  propose(entry: UntimedEntry): LogIndex | undefined {
    if (this.replica.isStopped) return undefined;
    const outcome = this.#diskRoom.isObstructed ? undefined : this.replica.propose(entry);
    this.advance();
    return outcome?.kind === 'accepted' ? outcome.index : undefined;
  }

  /**
   * Returns the transactions that nobody has settled for long, if this radiant leads the order. Releases the ranges that
   * were locked for too long.
   */
  dueTransactions(nowMs: number): readonly OpenTransaction[] {
    if (this.replica.isStopped || !this.replica.leads) {
      this.#openTransactions.stepDown();
      return [];
    }
    const transactions: OpenTransaction[] = [];
    for (const open of this.#openTransactions.due(nowMs)) {
      if (open.kind === 'range') this.propose({ kind: 'release-range', lock: open.lock });
      else transactions.push(open);
    }
    return transactions;
  }

  transfer(to: ReplicaId): void {
    if (this.replica.isStopped) return;
    this.replica.consensus.transfer(to);
    this.advance();
  }

  /** Transfers leadership to the present voter that has flushed the most entries. */
  transferLeadership(): void {
    const successor = mostAdvancedOf(this.replica.consensus, this.#isPresent);
    if (successor !== undefined) this.transfer(successor);
  }

  /** Announces that the tick is late by an unknown time, so that leases end. */
  onLateTick(): void {
    this.replica.consensus.onLateTick();
  }

  onClockGap(): void {
    this.replica.consensus.onClockGap();
    this.#companionship.onClockGap();
  }

  /** Ends the replica, which was removed from the order. Every waiting request is answered. */
  leave(): void {
    // The replica stops first, because the refusals must not name it as the herald.
    this.replica.stop();
    this.#herald.stepDown();
    this.#watches.end();
  }

  /** Resigns because the disk of this replica failed. A voter that has the whole log is asked to lead at once. */
  resign(): void {
    if (this.replica.isStopped) return;
    const { consensus } = this.replica;
    const successor = successorOf(consensus, (other) => this.#isPresent(other) && this.#context.hasDiskRoom(other));
    if (successor !== undefined) {
      consensus.transfer(successor);
      for (const message of consensus.take()?.messages ?? []) this.replica.send(message);
    }
    this.leave();
  }

  /**
   * Notes whether the disk has space. A replica with a full disk does not campaign, because it could not flush its
   * vote.
   */
  noteDiskRoom(hasRoom: boolean): void {
    if (this.replica.isStopped) return;
    this.replica.consensus.abstain(!hasRoom);
    this.#diskRoom.reconcile();
    this.#herald.refuseHopeless();
    this.advance();
  }

  /** Performs all work that the consensus algorithm has. */
  readonly advance = (): void => {
    const { replica } = this;
    const { applied } = replica.state;
    while (!replica.isStopped) {
      const work = replica.consensus.take();
      if (work === undefined) break;
      replica.perform(work, this.#herald);
      if (this.#handover.isWaiting) this.#handover.proceed();
    }
    if (replica.noteStatus()) {
      this.#herald.stepDown();
      this.#handover.stepDown();
    }
    if (!replica.isStopped) this.#watches.serve();
    // Applied entries and the companion's flush can complete a decision.
    const mayComplete = replica.state.applied !== applied || replica.state.roster.companion !== undefined;
    if (this.#isBondsmiths && mayComplete) this.#context.changes.note();
    if (this.#deferredReplies.isWaiting && !replica.isStopped) this.#deferredReplies.release();
  };

  leader(): RadiantId | undefined {
    return this.replica.leader();
  }

  memberList(): MemberList {
    return this.replica.memberList();
  }

  membership(): Membership {
    return this.replica.membership();
  }

  view(): ReplicaView {
    const moves = this.#handover.moves();
    return { lifecycle: this.#context.lifecycle.state, moves, ...this.replica.view() };
  }

  /** Whether a shard of the order moves, so that its clients wait. */
  get isLocked(): boolean {
    return this.#context.lifecycle.state === 'locked';
  }

  /**
   * The latest configuration that others may use, in the bondsmith's order. A sole voter's companion must hold it as
   * well (design, rule 6). Only the leader and the companion know that, so others learn the configuration from them.
   */
  get decided(): Configuration | undefined {
    const { state, id } = this.replica;
    const { companion } = state.roster;
    if (companion === undefined || companion === id) return state.configuration;
    const isHeld =
      this.replica.termAsLeader() !== undefined && this.#companionship.acknowledgeable() >= state.machineIndex;
    return isHeld ? state.configuration : undefined;
  }

  /** The shards as this replica has applied them. Undefined if the order holds none. */
  heldShards(): readonly HeldShard[] | undefined {
    return this.replica.state.shards?.held();
  }

  #lead(): void {
    const { status } = this.replica;
    // The companion comes first, because a voter that is about to decide alone must have one by then.
    this.#companionship.reconcile(status);
    if (this.#companionship.isSettled(status)) this.#reconciler.reconcile(status, this.#companionship.kept);
    this.#handover.tick();
    this.#diskRoom.reconcile();
    this.#herald.refuseHopeless();
    this.#keyExpiry.tick(status);
  }

  /** Shows in the lifecycle whether clients of a moving shard wait. */
  #followMoves(): void {
    const { lifecycle, onStatusChange } = this.#context;
    const now = this.#handover.isUnderWay ? 'locked' : 'active';
    if (lifecycle.state === now) return;
    lifecycle.enter(now);
    onStatusChange();
  }

  readonly #isPresent = (other: ReplicaId): boolean => {
    const member = this.replica.state.roster.members.find(({ replica }) => replica === other);
    return member !== undefined && other !== this.replica.id && this.#context.memberLiveness(member) === 'here';
  };
}
