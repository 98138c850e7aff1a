/** The view of the host, with the additional fact whether the tab is still linking. */
import type { HostView } from '../../hosts/contract.ts';
import type { BootId } from '../../wire/identifiers.ts';

export interface ShownView extends HostView {
  /**
   * Whether the own radiant started moments ago. Its links need a moment, so an unreachable radiant is no reason for an
   * alarm yet. Default: false.
   */
  readonly isLinking?: boolean;
}

/** Remembers when the page first saw the current boot. The boot counts as linking for a fixed time. */
export class LinkingWindow {
  readonly #windowMs: number;
  #boot: BootId | undefined;
  #endMs = Number.NEGATIVE_INFINITY;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** Adds to a view whether the tab's own radiant is still linking at `nowMs`. */
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
