/**
 * The herald's part in having a companion (design, rule 6): beside a sole voter, one other member must have flushed
 * whatever is acknowledged, so that one disk that is lost takes nothing with it. Which one that is stands in the log:
 * whoever leads next, and whoever comes back from its disk, knows whom to wait for before it answers anything.
 */
import { targetOf } from '../../cluster/roster.ts';
import type { ConsensusStatus } from '../../consensus/contract.ts';
import type { LogIndex, ReplicaId } from '../../wire/identifiers.ts';
import { asLogIndex } from '../../wire/identifiers.ts';
import type { RosterMember } from '../../wire/configuration/roster.ts';
import type { Replica } from '../replica/replica.ts';
import type { ReplicaContext } from '../replica/replica-context.ts';

/** What was seen of the companion last, and since when it has been so. */
interface Watched {
  readonly companion: ReplicaId;
  readonly flushed: LogIndex;
  readonly sinceMs: number;
  /** Undefined: it is here. */
  readonly silentSinceMs: number | undefined;
}

export class Companionship {
  readonly #replica: Replica;
  readonly #context: Pick<ReplicaContext, 'clock' | 'memberLiveness'>;
  #term = 0;
  /** Whoever has flushed what was committed at the last look has caught up. */
  #look: { readonly committed: LogIndex; readonly atMs: number } | undefined;
  #watched: Watched | undefined;
  /** Since when voters are kept, since there is no companion yet. */
  #lackingSinceMs: number | undefined;
  /** Since when the companion is to go, and is kept. */
  #keptSinceMs: number | undefined;
  /** Index of the entry that was proposed last: one at a time. At first, of all that lay in the log before this term. */
  #proposed = asLogIndex(0);

  constructor(replica: Replica, context: Pick<ReplicaContext, 'clock' | 'memberLiveness'>) {
    this.#replica = replica;
    this.#context = context;
  }

  /** Up to where answers may be given: all that is applied, where there is no companion to wait for. */
  acknowledgeable(): LogIndex {
    const { companion } = this.#replica.state.roster;
    if (companion === undefined) return this.#replica.state.applied;
    return this.#replica.consensus.matchIndex(companion) ?? asLogIndex(0);
  }

  /**
   * The companion where it is to go: it takes part for as long as it is the companion. Out of the order it would flush
   * nothing any more, and all answers would wait until it is let go.
   */
  get kept(): ReplicaId | undefined {
    const { companion } = this.#replica.state.roster;
    return this.#memberOf(companion)?.wanted === 'no-more' && !this.#isOwn() ? companion : undefined;
  }

  /** Nobody is blamed for what was not heard while this radiant stood still. */
  onClockGap(): void {
    this.#watched = undefined;
    this.#lackingSinceMs = undefined;
    this.#keptSinceMs = undefined;
  }

  /** Finds a companion, or lets one go: to be called again and again, before the membership is brought further. */
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
    // One that is to go is what it is, as long as it is there and somebody else is about to be it.
    if (next === companion || (next === undefined && !isLost)) return;
    // Whoever was let go and comes back has more to catch up with than what was committed at the last look.
    this.#look = { committed: status.committed, atMs: this.#context.clock.nowMs };
    this.#propose(next);
  }

  /**
   * Whether voters may be let go: the companion has all that was answered before it was the companion. Where one of
   * those that stay is about to be it, they are kept for a while.
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

  /** It was a learner, became a voter, and leads now: beside itself it needs another one. */
  #isOwn(): boolean {
    return this.#replica.state.roster.companion === this.#replica.id;
  }

  /** It is to decide alone, and nobody takes the place that it had: there is no companion any more, which is to be shown. */
  #isOwnInVain(status: ConsensusStatus): boolean {
    if (!this.#isOwn() || !this.#needsOne(status)) return false;
    const isTooLate = this.#isAlone(status) || this.#isLongLacking();
    return isTooLate || !this.#replica.state.roster.members.some((member) => this.#couldBeOne(member));
  }

  /**
   * It is to go, and need not be waited for: others decide, too; or this one is to decide alone, and nobody takes its
   * place. That there is no companion any more is shown, then it goes.
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

  /** Alone with others that could be its companion as soon as they have caught up. */
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

  /** Where this one decides alone, or is wanted to: named before that, there is no moment without. */
  #needsOne(status: ConsensusStatus): boolean {
    return this.#isAlone(status) || this.#isSole(targetOf(this.#replica.state.roster).voters);
  }

  #isAlone({ membership, outgoingVoters }: ConsensusStatus): boolean {
    return this.#isSole(membership.voters) && outgoingVoters.length === 0;
  }

  #isSole(voters: readonly ReplicaId[]): boolean {
    return voters.length === 1 && voters[0] === this.#replica.id;
  }

  /** Preferably on another device than this herald: what ends one of them is less likely to end both. */
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

  /** It takes part already, and is there. */
  #couldBeOne(member: RosterMember): boolean {
    const { replica, wanted } = member;
    if (replica === this.#replica.id || wanted === 'no-more') return false;
    return this.#replica.consensus.matchIndex(replica) !== undefined && this.#context.memberLiveness(member) === 'here';
  }

  /** It is to stay beside this one, and may only have to learn of it. */
  #mayComeToBeOne(member: RosterMember): boolean {
    const isOther = member.replica !== this.#replica.id && member.wanted !== 'no-more';
    return isOther && this.#context.memberLiveness(member) !== 'gone';
  }

  #isWanted(companion: ReplicaId | undefined): boolean {
    const member = this.#memberOf(companion);
    return member !== undefined && member.wanted !== 'no-more' && !this.#isOwn();
  }

  #memberOf(companion: ReplicaId | undefined): RosterMember | undefined {
    return this.#replica.state.roster.members.find(({ replica }) => replica === companion);
  }

  /** Not, when it took its leave, is out, fell silent, or has long flushed nothing of what is applied here. */
  #isThere(companion: ReplicaId): boolean {
    const { nowMs, times } = this.#context.clock;
    const member = this.#memberOf(companion);
    const memberLiveness = member === undefined ? 'gone' : this.#context.memberLiveness(member);
    const flushed = this.#replica.consensus.matchIndex(companion);
    // Who takes no part any more flushes nothing, however long it is waited for.
    if (memberLiveness === 'gone' || flushed === undefined) return false;
    const before = this.#watched?.companion === companion ? this.#watched : undefined;
    // Whether or not anybody waits for it now: one that is there and does not flush is none.
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
