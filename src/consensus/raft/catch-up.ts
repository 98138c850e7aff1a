/**
 * Whose log is as good as the leader's (Ongaro's dissertation, §4.2.1). Replication is looked at in
 * rounds: a round ends when the replica holds all that the leader held when it began. Whoever ends a
 * round within an election time-out would, as a voter, hold nobody up for longer.
 */
import type { ReplicaId } from '../../wire/identifiers.ts';
import type { Progress } from './progress.ts';

interface Round {
  goal: number;
  beganTick: number;
  /** When the last quick round ended. */
  caughtUpTick: number;
  /** Of the tick in which the replica's last answer was counted. */
  activeTick: number;
  /** `Progress.answers` as of the last tick. */
  answers: number;
}

/** After a gap in time: the burst of old answers that waited is over by the second tick. */
const BURST_TICKS = 2;

export class CatchUp {
  readonly #electionTicks: number;
  readonly #rounds = new Map<ReplicaId, Round>();
  #now = 0;
  /** Answers up to this tick may be as old as the gap before it. */
  #burstUntil = 0;

  constructor(electionTicks: number) {
    this.#electionTicks = electionTicks;
  }

  /** Once in every tick of the leader. */
  tick(members: readonly Progress[], lastIndex: number): void {
    this.#now++;
    for (const replica of this.#rounds.keys()) {
      if (!members.some((progress) => progress.replica === replica)) this.#rounds.delete(replica);
    }
    for (const progress of members) this.#look(progress, lastIndex);
  }

  /** Time has passed without ticks: a replica that answered before the gap may be dead by now. */
  restart(): void {
    this.#rounds.clear();
    this.#burstUntil = this.#now + BURST_TICKS;
  }

  /** Whether it held all of the log not longer than an election time-out ago, and answers. */
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
    // What a follower holds is known only once its log was found to agree.
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
