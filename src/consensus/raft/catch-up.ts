/**
 * Decides which replicas have caught up with the leader's log (Ongaro's dissertation, §4.2.1). Replication is observed
 * in rounds. A round ends once the replica holds all entries that the leader held at the start of the round. A replica
 * that ends a round within an election timeout can become a voter without delaying commits.
 */
import type { ReplicaId } from '../../wire/identifiers.ts';
import type { Progress } from './tracker.ts';

interface Round {
  goal: number;
  beganTick: number;
  /** Tick at the end of the last round that took at most an election timeout. */
  caughtUpTick: number;
  activeTick: number;
  answers: number;
}

/** Number of ticks after a clock gap in which answers from before the gap can still arrive. */
const BURST_TICKS = 2;

export class CatchUp {
  readonly #electionTicks: number;
  readonly #rounds = new Map<ReplicaId, Round>();
  #now = 0;
  /** Last tick of the time after a clock gap in which answers can be older than the gap. */
  #burstUntil = 0;

  constructor(electionTicks: number) {
    this.#electionTicks = electionTicks;
  }

  /** Called in every tick of the leader. */
  tick(members: readonly Progress[], lastIndex: number): void {
    this.#now++;
    for (const replica of this.#rounds.keys()) {
      if (!members.some((progress) => progress.replica === replica)) this.#rounds.delete(replica);
    }
    for (const progress of members) this.#look(progress, lastIndex);
  }

  /** Forgets all rounds after a clock gap. A replica that answered before the gap may be dead. */
  restart(): void {
    this.#rounds.clear();
    this.#burstUntil = this.#now + BURST_TICKS;
  }

  /**
   * Whether the replica answered and ended a round of at most an election timeout, both within the last election
   * timeout.
   */
  hasCaughtUp(replica: ReplicaId): boolean {
    const round = this.#rounds.get(replica);
    return round !== undefined && this.#isRecent(round.caughtUpTick) && this.#isRecent(round.activeTick);
  }

  #look({ replica, match, state, answers }: Progress, lastIndex: number): void {
    const round = this.#rounds.get(replica);
    if (round === undefined) {
      const never = Number.NEGATIVE_INFINITY;
      const beganTick = this.#now;
      this.#rounds.set(replica, { goal: lastIndex, beganTick, caughtUpTick: never, activeTick: never, answers });
      return;
    }
    const isAnswering = answers > round.answers && this.#now > this.#burstUntil;
    round.answers = answers;
    // Only in `replicate` does the leader know where the logs agree.
    if (isAnswering && state === 'replicate') round.activeTick = this.#now;
    if (match < round.goal) return;
    if (this.#isRecent(round.beganTick)) round.caughtUpTick = this.#now;
    round.goal = lastIndex;
    round.beganTick = this.#now;
  }

  #isRecent(tick: number): boolean {
    return this.#now - tick <= this.#electionTicks;
  }
}
