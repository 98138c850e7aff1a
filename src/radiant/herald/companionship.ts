/**
 * Chooses and dismisses the companion of a sole voter (design, rule 6). The companion must flush a write before it is
 * acknowledged, so that the loss of one disk loses no data. The log names the companion, so the next leader, or a
 * restarted one, waits for the same replica.
 */
import { targetOf } from '../../cluster/roster.ts';
import type { ConsensusStatus } from '../../consensus/contract.ts';
import type { LogIndex, ReplicaId } from '../../wire/identifiers.ts';
import { asLogIndex } from '../../wire/identifiers.ts';
import type { RosterMember } from '../../wire/configuration/roster.ts';
import type { Replica } from '../replica/replica.ts';
import type { ReplicaContext } from '../replica/replica-context.ts';

interface Watched {
  readonly companion: ReplicaId;
  readonly flushed: LogIndex;
  readonly sinceMs: number;
  /** Start of the companion's silence. Undefined while it is present. */
  readonly silentSinceMs: number | undefined;
}

export class Companionship {
  readonly #replica: Replica;
  readonly #context: Pick<ReplicaContext, 'clock' | 'memberLiveness'>;
  #term = 0;
  /** The commit index at an earlier time. A learner that has flushed up to it has caught up. */
  #look: { readonly committed: LogIndex; readonly atMs: number } | undefined;
  #watched: Watched | undefined;
  /** Time since which a change of voters waits for a companion. */
  #lackingSinceMs: number | undefined;
  /** Time since which an unwanted companion stays in the order. */
  #keptSinceMs: number | undefined;
  /** Index of the latest proposal. Only one proposal is in progress. In a new term, the last index of the log. */
  #proposed = asLogIndex(0);

  constructor(replica: Replica, context: Pick<ReplicaContext, 'clock' | 'memberLiveness'>) {
    this.#replica = replica;
    this.#context = context;
  }

  /** The index up to which answers may be sent. Without a companion, all applied entries count. */
  acknowledgeable(): LogIndex {
    const { companion } = this.#replica.state.roster;
    if (companion === undefined) return this.#replica.state.applied;
    return this.#replica.consensus.matchIndex(companion) ?? asLogIndex(0);
  }

  /**
   * The companion, if the target removes it. It stays in the order while it is the companion. Outside the order it
   * would flush nothing, and all answers would wait.
   */
  get kept(): ReplicaId | undefined {
    const { companion } = this.#replica.state.roster;
    return this.#memberOf(companion)?.wanted === 'removed' && !this.#isOwn() ? companion : undefined;
  }

  /** Restarts all measurements after a clock gap, so that no member is blamed for silence. */
  onClockGap(): void {
    this.#watched = undefined;
    this.#lackingSinceMs = undefined;
    this.#keptSinceMs = undefined;
  }

  /** Chooses or dismisses a companion. Call this in every tick, before the membership changes. */
  reconcile(status: ConsensusStatus): void {
    if (status.role !== 'leader') {
      this.#watched = undefined;
      return;
    }
    if (status.term !== this.#term) this.#begin(status);
    this.#takeLook(status);
    this.#noteKept();
    const { companion } = this.#replica.state.roster;
    const isInVain = this.#isOwnInVain(status) || this.#isKeptInVain(status);
    const isLost = companion !== undefined && (isInVain || !this.#isThere(companion));
    if (this.#replica.state.applied < this.#proposed || (!isLost && this.#isWanted(companion))) return;
    const next = this.#needsOne(status) ? this.#candidate(companion) : undefined;
    // An unwanted companion stays until another one is ready, unless it is lost.
    if (next === companion || (next === undefined && !isLost)) return;
    // A dismissed member that returns must catch up with more than the last committed index.
    this.#look = { committed: status.committed, atMs: this.#context.clock.nowMs };
    this.#propose(next);
  }

  /**
   * Whether voters may be removed. The companion must have flushed every answer that was sent before it became the
   * companion. The removal waits for a while if a remaining member can become the companion.
   */
  isSettled(status: ConsensusStatus): boolean {
    if (Math.min(this.#replica.state.applied, this.acknowledgeable()) < this.#proposed) return false;
    const isOwn = this.#isOwn();
    if ((this.#replica.state.roster.companion !== undefined && !isOwn) || !this.#isYetToBeSole(status)) {
      this.#lackingSinceMs = undefined;
      return !isOwn || !this.#needsOne(status);
    }
    this.#lackingSinceMs ??= this.#context.clock.nowMs;
    return !isOwn && this.#isLongLacking();
  }

  /** Whether the companion became a voter and leads now. It then needs another companion. */
  #isOwn(): boolean {
    return this.#replica.state.roster.companion === this.#replica.id;
  }

  /**
   * Whether this sole voter was the companion, and no member can succeed it. The log must then show that there is no
   * companion.
   */
  #isOwnInVain(status: ConsensusStatus): boolean {
    if (!this.#isOwn() || !this.#needsOne(status)) return false;
    const isTooLate = this.#isAlone(status) || this.#isLongLacking();
    return isTooLate || !this.#replica.state.roster.members.some((member) => this.#couldBeOne(member));
  }

  /**
   * Whether the unwanted companion is no longer needed, because there are other voters or no member can succeed it. The
   * log shows that there is no companion before the member leaves.
   */
  #isKeptInVain(status: ConsensusStatus): boolean {
    if (this.kept === undefined) return false;
    if (!this.#needsOne(status)) return true;
    const roster = this.#replica.state.roster;
    if (!this.#isSole(targetOf(roster).voters)) return false;
    return this.#isLong(this.#keptSinceMs) || !roster.members.some((member) => this.#mayComeToBeOne(member));
  }

  #noteKept(): void {
    this.#keptSinceMs = this.kept === undefined ? undefined : (this.#keptSinceMs ?? this.#context.clock.nowMs);
  }

  #isLongLacking(): boolean {
    return this.#isLong(this.#lackingSinceMs);
  }

  /** Whether this replica is about to become the sole voter, and other members can become its companion. */
  #isYetToBeSole({ role, membership }: ConsensusStatus): boolean {
    const roster = this.#replica.state.roster;
    if (role !== 'leader' || roster.isReached || membership.voters.length === 1) return false;
    return this.#isSole(targetOf(roster).voters) && roster.members.some((member) => this.#couldBeOne(member));
  }

  #begin({ term, lastIndex }: ConsensusStatus): void {
    this.#term = term;
    this.#look = undefined;
    this.#watched = undefined;
    this.#lackingSinceMs = undefined;
    this.#keptSinceMs = undefined;
    this.#proposed = lastIndex;
  }

  #takeLook({ committed }: ConsensusStatus): void {
    const { nowMs, times } = this.#context.clock;
    if (this.#look !== undefined && nowMs - this.#look.atMs < times.companion.companionLookMs) return;
    this.#look = { committed, atMs: nowMs };
  }

  /**
   * Whether this replica needs a companion. Also true shortly before it becomes the sole voter, so that it never lacks
   * a companion.
   */
  #needsOne(status: ConsensusStatus): boolean {
    return this.#isAlone(status) || this.#isSole(targetOf(this.#replica.state.roster).voters);
  }

  #isAlone({ membership, outgoingVoters }: ConsensusStatus): boolean {
    return this.#isSole(membership.voters) && outgoingVoters.length === 0;
  }

  #isSole(voters: readonly ReplicaId[]): boolean {
    return voters.length === 1 && voters[0] === this.#replica.id;
  }

  /** The member that should become the companion. Prefers another device, because one cause seldom ends two devices. */
  #candidate(lost: ReplicaId | undefined): ReplicaId | undefined {
    const { members } = this.#replica.state.roster;
    const own = members.find(({ replica }) => replica === this.#replica.id)?.device;
    const candidates = members.filter((member) => {
      return member.replica !== lost && this.#hasCaughtUp(member) && this.#couldBeOne(member);
    });
    return (candidates.find(({ device }) => device !== own) ?? candidates[0])?.replica;
  }

  #hasCaughtUp({ replica }: RosterMember): boolean {
    const flushed = this.#replica.consensus.matchIndex(replica) ?? asLogIndex(0);
    return this.#look !== undefined && flushed >= this.#look.committed;
  }

  /** Whether the member takes part and is present. */
  #couldBeOne(member: RosterMember): boolean {
    const { replica, wanted } = member;
    if (replica === this.#replica.id || wanted === 'removed') return false;
    return this.#replica.consensus.matchIndex(replica) !== undefined && this.#context.memberLiveness(member) === 'here';
  }

  /**
   * Whether the member could take part later. It stays in the order, and may still have to learn that it is a member.
   */
  #mayComeToBeOne(member: RosterMember): boolean {
    const isOther = member.replica !== this.#replica.id && member.wanted !== 'removed';
    return isOther && this.#context.memberLiveness(member) !== 'gone';
  }

  #isWanted(companion: ReplicaId | undefined): boolean {
    const member = this.#memberOf(companion);
    return member !== undefined && member.wanted !== 'removed' && !this.#isOwn();
  }

  #memberOf(companion: ReplicaId | undefined): RosterMember | undefined {
    return this.#replica.state.roster.members.find(({ replica }) => replica === companion);
  }

  /**
   * Whether the companion is present. False if it said goodbye, left the order, fell silent, or has flushed nothing for
   * long.
   */
  #isThere(companion: ReplicaId): boolean {
    const { nowMs, times } = this.#context.clock;
    const member = this.#memberOf(companion);
    const memberLiveness = member === undefined ? 'gone' : this.#context.memberLiveness(member);
    const flushed = this.#replica.consensus.matchIndex(companion);
    // A replica that takes no part never flushes, so waiting for it is useless.
    if (memberLiveness === 'gone' || flushed === undefined) return false;
    const before = this.#watched?.companion === companion ? this.#watched : undefined;
    // The check ignores whether answers wait, because a companion that does not flush is of no use.
    const isBehind = before?.flushed === flushed && flushed < this.#replica.state.applied;
    const sinceMs = isBehind ? before.sinceMs : nowMs;
    const silentSinceMs = memberLiveness === 'here' ? undefined : (before?.silentSinceMs ?? nowMs);
    this.#watched = { companion, flushed, sinceMs, silentSinceMs };
    if (silentSinceMs !== undefined && nowMs - silentSinceMs >= times.companion.companionSilenceMs) return false;
    return nowMs - sinceMs < times.companion.companionFlushMs;
  }

  #isLong(sinceMs: number | undefined): boolean {
    const { nowMs, times } = this.#context.clock;
    return sinceMs !== undefined && nowMs - sinceMs >= times.companion.companionFlushMs;
  }

  #propose(companion: ReplicaId | undefined): void {
    const outcome = this.#replica.propose({ kind: 'companion', companion });
    if (outcome.kind === 'accepted') this.#proposed = outcome.index;
  }
}
