import type { ScheduledTask, Scheduler } from '../../src/transport/scheduler.ts';

/** A scheduler whose time advances only when the test says so. */
export class ManualScheduler implements Scheduler {
  #nowMs = 0;
  #tasks: { readonly atMs: number; readonly task: () => void }[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, task: () => void): ScheduledTask {
    const entry = { atMs: this.#nowMs + delayMs, task };
    this.#tasks.push(entry);
    return {
      cancel: () => {
        this.#tasks = this.#tasks.filter((other) => other !== entry);
      },
    };
  }

  /** Advances time, and runs due tasks in order. */
  advance(byMs: number): void {
    const endMs = this.#nowMs + byMs;
    for (;;) {
      const due = this.#tasks.filter((entry) => entry.atMs <= endMs).sort((one, other) => one.atMs - other.atMs)[0];
      if (due === undefined) break;
      this.#tasks = this.#tasks.filter((entry) => entry !== due);
      this.#nowMs = Math.max(this.#nowMs, due.atMs);
      due.task();
    }
    this.#nowMs = endMs;
  }

  /** Advances time as a suspended computer does. Each due task runs once, after the whole time. */
  sleep(byMs: number): void {
    this.#nowMs += byMs;
    const due = this.#tasks.filter((entry) => entry.atMs <= this.#nowMs);
    this.#tasks = this.#tasks.filter((entry) => entry.atMs > this.#nowMs);
    for (const entry of due) entry.task();
  }
}
