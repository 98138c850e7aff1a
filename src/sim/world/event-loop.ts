/** The event loop of a tab. It runs actions now, later, or when the tab is no longer frozen. */
import type { Timeline } from '../timeline.ts';

/** Time between two waiting events after a thaw. Timers run between them. */
const EVENT_MS = 0.01;

export class EventLoop {
  readonly #timeline: Timeline;
  readonly #afterEvent: () => void;
  /** Number of starts of the tab. Actions that an earlier start planned are void. */
  #generation = 0;
  #isFrozen = false;
  /** The timer that came due while the tab was frozen. It runs once after the thaw. */
  #missedTick: (() => void) | undefined;
  readonly #overdue: (() => void)[] = [];
  /** Messages and completions that wait for a thaw, or behind earlier ones. */
  readonly #backlog: (() => void)[] = [];
  #isDraining = false;

  constructor(timeline: Timeline, afterEvent: () => void) {
    this.#timeline = timeline;
    this.#afterEvent = afterEvent;
  }

  get isFrozen(): boolean {
    return this.#isFrozen;
  }

  get generation(): number {
    return this.#generation;
  }

  /** Runs an action later, unless the tab has ended by then. */
  planned(delayMs: number, action: () => void): void {
    this.#timeline.after(delayMs, this.inThisLife(action));
  }

  /** Wraps an action. The result does nothing after the tab has ended. */
  inThisLife(action: () => void): () => void {
    const generation = this.#generation;
    return () => {
      if (generation === this.#generation) action();
    };
  }

  /** Runs the tab's timer repeatedly. */
  plannedTick(delayMs: number, tick: () => void): void {
    this.planned(delayMs, () => {
      if (this.#isFrozen) this.#missedTick = tick;
      else tick();
    });
  }

  /** Runs an event in order. It waits for a thaw, and behind earlier events. */
  whenAwake(action: () => void): void {
    if (this.#isFrozen || this.#isDraining) {
      this.#backlog.push(action);
      return;
    }
    action();
    this.#afterEvent();
  }

  /** Runs an action now. In a frozen tab, the action runs at the beginning of the thaw. */
  whenThawed(action: () => void): void {
    if (this.#isFrozen) this.#overdue.push(action);
    else action();
  }

  freeze(): void {
    this.#isFrozen = true;
  }

  /** Runs everything that waited for the thaw. Due timers come first, each once. */
  thaw(): void {
    this.#isFrozen = false;
    const tick = this.#missedTick;
    this.#missedTick = undefined;
    tick?.();
    for (const action of this.#overdue.splice(0)) action();
    this.#drain();
  }

  /** Ends the tab. Returns the actions that waited for a thaw, so that the caller can run them. */
  end(): readonly (() => void)[] {
    this.#generation++;
    this.#isFrozen = false;
    this.#missedTick = undefined;
    this.#backlog.length = 0;
    this.#isDraining = false;
    return this.#overdue.splice(0);
  }

  #drain(): void {
    if (this.#isFrozen) return;
    const action = this.#backlog.shift();
    this.#isDraining = action !== undefined;
    if (action === undefined) return;
    action();
    this.#afterEvent();
    this.planned(EVENT_MS, () => this.#drain());
  }
}
