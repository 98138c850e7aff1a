/** What the page shows: what the host knows, and whether the tab is still linking. */
import type { HostView } from '../../hosts/contract.ts';
import type { BootId } from '../../wire/identifiers.ts';

export interface ShownView extends HostView {
  /**
   * The own radiant started moments ago. Its links take a moment, so a radiant that is not reachable yet is no alarm.
   * Default: false.
   */
  readonly isLinking?: boolean;
}

/** Remembers which boot the page has seen, and for how long it counts as linking. */
export class LinkingWindow {
  readonly #windowMs: number;
  #boot: BootId | undefined;
  #endMs = Number.NEGATIVE_INFINITY;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** Adds to a view whether its own radiant is linking at `nowMs`. */
  show(view: HostView, nowMs: number): ShownView {
    const boot = view.radiants[0]?.boot;
    if (boot !== undefined && boot !== this.#boot) {
      this.#boot = boot;
      this.#endMs = nowMs + this.#windowMs;
    }
    return { ...view, isLinking: this.remainingMs(nowMs) > 0 };
  }

  remainingMs(nowMs: number): number {
    return Math.max(this.#endMs - nowMs, 0);
  }
}
