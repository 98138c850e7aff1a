/** What happens in a tab, one thing after another: now, later, or when the tab is no longer frozen. */
import type { Timeline } from '../timeline.ts';

/** Between two events that waited in a tab that thawed: timers come in between. */
const EVENT_MS = 0.01;

export class EventLoop {
  readonly #timeline: Timeline;
  /** Follows each event. */
  readonly #afterEvent: () => void;
  /** Counts the starts of the tab: whatever was planned for an earlier one is void. */
  #generation = 0;
  #isFrozen = false;
  /** A timer that came due while the tab was frozen: however often, it happens once. */
  #missedTick: (() => void) | undefined;
  /** Timers that came due in a frozen tab. */
  readonly #overdue: (() => void)[] = [];
  /** Messages and completions that the tab has not taken yet. */
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

  /** Does something later, unless the tab has ended by then. */
  planned(delayMs: number, action: () => void): void {
    this.#timeline.after(delayMs, this.inThisLife(action));
  }

  /** Something that does nothing once the tab has ended. */
  inThisLife(action: () => void): () => void {
    const generation = this.#generation;
    return () => {
      if (generation === this.#generation) action();
    };
  }

  /** What the tab's timer does, again and again. */
  plannedTick(delayMs: number, tick: () => void): void {
    this.planned(delayMs, () => {
      if (this.#isFrozen) this.#missedTick = tick;
      else tick();
    });
  }

  /** One event after another, in order: what comes while earlier ones wait goes behind them. */
  whenAwake(action: () => void): void {
    if (this.#isFrozen || this.#isDraining) {
      this.#backlog.push(action);
      return;
    }
    action();
    this.#afterEvent();
  }

  /** Does it now; in a frozen tab, as one of the first things when it thaws. */
  whenThawed(action: () => void): void {
    if (this.#isFrozen) this.#overdue.push(action);
    else action();
  }

  freeze(): void {
    this.#isFrozen = true;
  }

  /** What waited happens now, one thing after another: first the timers that came due, each once. */
  thaw(): void {
    this.#isFrozen = false;
    const tick = this.#missedTick;
    this.#missedTick = undefined;
    tick?.();
    for (const action of this.#overdue.splice(0)) action();
    this.#drain();
  }

  /** The tab has ended. Whoever waited for it to thaw waits no longer. */
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
