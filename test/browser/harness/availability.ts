/** Measures how long keys cannot be written. Each tab writes each key repeatedly, with a pause after each write. */
import { StoreFailure, type StoreTab } from './store-tab.ts';

const PAUSE_MS = 100;

interface Lane {
  readonly tab: StoreTab;
  readonly key: string;
  /** Times of all acknowledgements, on the clock of this process. */
  readonly acknowledgedMs: number[];
}

export class Availability {
  readonly #lanes: readonly Lane[];
  readonly #running: Promise<unknown>;
  readonly #failures = new Map<string, number>();
  readonly #beganMs = performance.now();
  #isStopped = false;

  constructor(tabs: readonly StoreTab[], keys: readonly string[]) {
    this.#lanes = tabs.flatMap((tab) => keys.map((key): Lane => ({ tab, key, acknowledgedMs: [] })));
    this.#running = Promise.all(this.#lanes.map((lane, at) => this.#run(lane, at)));
  }

  /** Number of failed writes by error code. */
  get failures(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#failures);
  }

  get acknowledged(): number {
    return this.#lanes.reduce((count, { acknowledgedMs }) => count + acknowledgedMs.length, 0);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }

  /** Longest time so far in which a tab could not write a key. */
  longestGapMs(): number {
    const nowMs = performance.now();
    const gaps = this.#lanes.flatMap(({ acknowledgedMs }) => {
      const times = [this.#beganMs, ...acknowledgedMs, nowMs];
      return times.slice(1).map((atMs, at) => atMs - (times[at] ?? atMs));
    });
    return Math.max(...gaps);
  }

  async #run({ tab, key, acknowledgedMs }: Lane, lane: number): Promise<void> {
    for (let number = 1; !this.#isStopped; number++) {
      try {
        await tab.put(key, `${lane}.${number}`);
        acknowledgedMs.push(performance.now());
      } catch (error) {
        if (!(error instanceof StoreFailure)) throw error;
        this.#failures.set(error.code, (this.#failures.get(error.code) ?? 0) + 1);
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}
