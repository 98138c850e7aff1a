/**
 * When the leader is known to be gone nobody needs to wait out the election time-out. The voters
 * stand for election one after another, so that they do not split the votes, and soon again
 * where it came to nothing (others may learn of the loss a little later, and refuse until then).
 */
const ATTEMPTS = 4;
/** Long enough for an election between two candidates. */
const STAGGER_TICKS = 2;
const RETRY_TICKS = 6;

export class Failover {
  #attemptsLeft = 0;
  #ticksLeft = 0;

  /** @param rank this replica's place among the voters that are left */
  begin(rank: number, random: () => number): void {
    this.#attemptsLeft = ATTEMPTS;
    this.#ticksLeft = STAGGER_TICKS * rank + Math.floor(random() * STAGGER_TICKS);
  }

  /** There is a leader again. */
  end(): void {
    this.#attemptsLeft = 0;
  }

  /** One tick without a leader. Returns whether to stand for election now. */
  tick(random: () => number): boolean {
    if (this.#attemptsLeft === 0 || this.#ticksLeft-- > 0) return false;
    this.#attemptsLeft--;
    this.#ticksLeft = RETRY_TICKS + Math.floor(random() * RETRY_TICKS);
    return true;
  }
}
