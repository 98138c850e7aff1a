/** Virtual time, with the planned actions in the order in which they run. */

/** A planned action. A second or late cancellation has no effect. */
export interface Planned {
  cancel(): void;
}

class Entry implements Planned {
  readonly timeMs: number;
  /** Tie-breaker. Actions with equal times run in the order in which they were planned. */
  readonly order: number;
  action: (() => void) | undefined;

  constructor(timeMs: number, order: number, action: () => void) {
    this.timeMs = timeMs;
    this.order = order;
    this.action = action;
  }

  cancel(): void {
    this.action = undefined;
  }
}

export class Timeline {
  readonly #heap: Entry[] = [];
  #nowMs = 0;
  #planned = 0;
  #happened = 0;

  get nowMs(): number {
    return this.#nowMs;
  }

  get happened(): number {
    return this.#happened;
  }

  /** Plans an action. Its time is rounded to whole microseconds. */
  after(delayMs: number, action: () => void): Planned {
    const timeMs = Math.round((this.#nowMs + Math.max(0, delayMs)) * 1_000) / 1_000;
    const entry = new Entry(timeMs, this.#planned++, action);
    this.#push(entry);
    return entry;
  }

  /** Runs the next action if it is due by `untilMs`. False: no action was due. */
  step(untilMs = Number.POSITIVE_INFINITY): boolean {
    for (;;) {
      const next = this.#heap[0];
      if (next === undefined || next.timeMs > untilMs) return false;
      this.#pop();
      const { action } = next;
      if (action === undefined) continue;
      this.#nowMs = next.timeMs;
      this.#happened++;
      action();
      return true;
    }
  }

  /** Advances time and runs every action that is due by then. */
  runUntil(untilMs: number): void {
    while (this.step(untilMs));
    this.#nowMs = Math.max(this.#nowMs, untilMs);
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || !isBefore(entry, parent)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      let child = heap[below];
      const other = heap[below + 1];
      if (child === undefined) break;
      if (other !== undefined && isBefore(other, child)) {
        child = other;
        below++;
      }
      if (!isBefore(child, last)) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = last;
  }
}

function isBefore(left: Entry, right: Entry): boolean {
  return left.timeMs < right.timeMs || (left.timeMs === right.timeMs && left.order < right.order);
}
