/**
 * All that a replica does as the herald of its order: it answers clients, finds a companion, sees to who belongs, and
 * hands shards over.
 */
import type { Consensus, ConsensusStatus } from '../../consensus/contract.ts';
import type { GroupLog } from '../../storage/group-log.ts';
import type { ReadQuestion } from '../../store/contract.ts';
import type { UntimedEntry } from '../../wire/entries/command.ts';
import { encodeEntry } from '../../wire/entries/entry-codec.ts';
import type { LogIndex, OrderId, RadiantId, ReplicaId } from '../../wire/identifiers.ts';
import { LIMITS } from '../../wire/limits.ts';
import type { TargetMembership } from '../../wire/configuration/roster.ts';
import { Companionship } from './companionship.ts';
import type { ReplicaContext } from '../replica/replica-context.ts';
import { Handover } from '../handover/handover.ts';
import { DiskRoom } from './disk-room.ts';
import { Herald } from './herald.ts';
import { MembershipReconciler } from './membership-reconciler.ts';
import { mostAdvancedOf, successorOf } from './successor.ts';
import type { OrderState } from '../replica/order-state.ts';

export interface HeraldOfficeOptions {
  readonly order: OrderId;
  readonly replica: ReplicaId;
  readonly consensus: Consensus;
  readonly state: OrderState;
  readonly log: GroupLog;
  /** Who leads, as far as is known here. */
  readonly leader: () => RadiantId | undefined;
  readonly context: Pick<
    ReplicaContext,
    'nowMs' | 'answer' | 'missingQuorum' | 'administer' | 'memberLiveness' | 'hasDiskRoom' | 'radiantOf' | 'handover'
  >;
}

export class HeraldOffice {
  readonly herald: Herald;
  readonly handover: Handover;
  readonly #consensus: Consensus;
  readonly #logTimeMs: () => number;
  readonly #isPresent: (replica: ReplicaId) => boolean;
  readonly #hasRoom: (replica: ReplicaId) => boolean;
  readonly #diskRoom: DiskRoom;
  readonly #companionship: Companionship;
  readonly #reconciler: MembershipReconciler;

  constructor({ order, replica, consensus, state, log, leader, context }: HeraldOfficeOptions) {
    const { nowMs, answer, missingQuorum, administer, memberLiveness, hasDiskRoom: hasRoom, radiantOf } = context;
    const roster = () => state.roster;
    const appliedIndex = () => state.applied;
    const logTimeMs = () => state.logTimeMs(nowMs());
    this.#consensus = consensus;
    this.#logTimeMs = logTimeMs;
    this.#isPresent = (other) => {
      const member = state.roster.members.find((one) => one.replica === other);
      return member !== undefined && member.replica !== replica && memberLiveness(member) === 'here';
    };
    this.#diskRoom = new DiskRoom({ replica, consensus, isPresent: this.#isPresent, hasRoom, radiantOf });
    this.#hasRoom = hasRoom;
    this.#companionship = new Companionship({
      replica,
      consensus,
      roster,
      appliedIndex,
      logTimeMs,
      nowMs,
      memberLiveness,
    });
    const acknowledgeable = () => this.#companionship.acknowledgeable();
    const read = (question: ReadQuestion) => state.read(question);
    const isLogFull = () => log.bytes >= LIMITS.logBytes || this.#isObstructed;
    const leaderContext = { consensus, logTimeMs, read, appliedIndex, acknowledgeable, isLogFull, leader };
    this.herald = new Herald({ ...leaderContext, missingQuorum, administer, diskRoom: this.#diskRoom }, answer);
    this.handover = new Handover({ order, shards: () => state.shards, nowMs, ...leaderContext, ...context.handover });
    this.#reconciler = new MembershipReconciler({ consensus, roster, logTimeMs });
  }

  /** To be called again and again. */
  reconcile(status: ConsensusStatus): void {
    // First: whoever is to decide alone has a companion by then.
    this.#companionship.reconcile(status);
    if (this.#companionship.isSettled(status)) this.#reconciler.reconcile(status, this.#companionship.kept);
    this.handover.tick();
    this.#diskRoom.reconcile();
    this.herald.refuseHopeless();
  }

  /** The disk of this radiant is full, or has room again. */
  noteDiskRoom(): void {
    this.#diskRoom.reconcile();
    this.herald.refuseHopeless();
  }

  /** Up to where others may know of what is applied. */
  acknowledgeable(): LogIndex {
    return this.#companionship.acknowledgeable();
  }

  /** The voter that can lead at once. Undefined if no voter can, or if this replica does not lead. */
  successor(): ReplicaId | undefined {
    return successorOf(this.#consensus, (other) => this.#isPresent(other) && this.#hasRoom(other));
  }

  /** The voter that can lead soonest; undefined: none is present, or this replica does not lead. */
  mostAdvanced(): ReplicaId | undefined {
    return mostAdvancedOf(this.#consensus, this.#isPresent);
  }

  /** It leads no more, or anew. */
  stepDown(): void {
    this.herald.stepDown();
    this.handover.stepDown();
  }

  /** Asks that these form the order. @returns whether the target went on its way */
  target(target: TargetMembership): boolean {
    return this.#reconciler.target(target);
  }

  /** @returns undefined where the entry never has an effect */
  propose(entry: UntimedEntry): LogIndex | undefined {
    if (this.#isObstructed) return undefined;
    const outcome = this.#consensus.propose(encodeEntry({ ...entry, logTimeMs: this.#logTimeMs() }));
    return outcome.kind === 'accepted' ? outcome.index : undefined;
  }

  /** What is written now would not be flushed, by this replica or by enough others. */
  get #isObstructed(): boolean {
    return this.#diskRoom.isOwnFull || this.#diskRoom.shortage() !== undefined;
  }

  /** This radiant stood still: nobody is blamed for silence meanwhile. */
  restartClocks(): void {
    this.#companionship.restartClocks();
  }
}
