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
  /** When it was known last that the replica answers. */
  activeTick: number;
}

export class CatchUp {
  readonly #electionTicks: number;
  readonly #rounds = new Map<ReplicaId, Round>();
  #now = 0;

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

  /** Whether it held all of the log not longer than an election time-out ago, and answers. */
  hasCaughtUp(replica: ReplicaId): boolean {
    const round = this.#rounds.get(replica);
    return round !== undefined && this.#isRecent(round.caughtUpTick) && this.#isRecent(round.activeTick);
  }

  #look({ replica, match, state, recentlyActive }: Progress, lastIndex: number): void {
    const round = this.#rounds.get(replica);
    if (round === undefined) {
      // Whoever is new here counts as active until it had a chance to be: that says nothing yet.
      const never = Number.NEGATIVE_INFINITY;
      this.#rounds.set(replica, { goal: lastIndex, beganTick: this.#now, caughtUpTick: never, activeTick: never });
      return;
    }
    // What a follower holds is known only once its log was found to agree.
    if (recentlyActive && state === 'replicate') round.activeTick = this.#now;
    if (match < round.goal) return;
    if (this.#isRecent(round.beganTick)) round.caughtUpTick = this.#now;
    round.goal = lastIndex;
    round.beganTick = this.#now;
  }

  #isRecent(tick: number): boolean {
    return this.#now - tick <= this.#electionTicks;
  }
}
