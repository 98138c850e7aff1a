/** The event loop of a tab: runs actions now, later, or when the tab is no longer frozen. */
import type { Timeline } from '../timeline.ts';

/** Time between two waiting events after a thaw. Timers run in between. */
const EVENT_MS = 0.01;

export class EventLoop {
  readonly #timeline: Timeline;
  /** Called after each event. */
  readonly #afterEvent: () => void;
  /** Number of starts of the tab. Actions of earlier starts are void. */
  #generation = 0;
  #isFrozen = false;
  /** A timer that came due while the tab was frozen. It runs once. */
  #missedTick: (() => void) | undefined;
  readonly #overdue: (() => void)[] = [];
  /** Messages and completions that wait. */
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

  /** Repeats the tab's timer. */
  plannedTick(delayMs: number, tick: () => void): void {
    this.planned(delayMs, () => {
      if (this.#isFrozen) this.#missedTick = tick;
      else tick();
    });
  }

  /** Runs events in order. An event waits behind earlier ones. */
  whenAwake(action: () => void): void {
    if (this.#isFrozen || this.#isDraining) {
      this.#backlog.push(action);
      return;
    }
    action();
    this.#afterEvent();
  }

  /** Runs an action now. In a frozen tab it runs early in the thaw. */
  whenThawed(action: () => void): void {
    if (this.#isFrozen) this.#overdue.push(action);
    else action();
  }

  freeze(): void {
    this.#isFrozen = true;
  }

  /** Runs everything that waited: first the due timers, each once. */
  thaw(): void {
    this.#isFrozen = false;
    const tick = this.#missedTick;
    this.#missedTick = undefined;
    tick?.();
    for (const action of this.#overdue.splice(0)) action();
    this.#drain();
  }

  /** The tab has ended. Actions that waited for a thaw run now. */
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
