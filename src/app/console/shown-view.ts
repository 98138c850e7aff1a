/** The view of the host, with the information whether the tab is still linking. */
import type { HostView } from '../../hosts/contract.ts';
import type { BootId } from '../../wire/identifiers.ts';

export interface ShownView extends HostView {
  /**
   * The own radiant started moments ago. Its links take a moment, so an unreachable radiant is no alarm yet.
   * Default: false.
   */
  readonly isLinking?: boolean;
}

/** Remembers when the page first saw a boot, to decide whether it is still linking. */
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
