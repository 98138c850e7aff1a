/** The clock and timers of a transport. Hosts pass the real ones; tests pass ones that they control. */
export interface Scheduler {
  /** Monotonic milliseconds since any origin. */
  nowMs(): number;
  /** Runs `task` once, later. */
  after(delayMs: number, task: () => void): ScheduledTask;
}

export interface ScheduledTask {
  /** Does nothing after the task has run. */
  cancel(): void;
}

/** The clock and the timers of this page, worker or process. */
export const hostScheduler: Scheduler = {
  nowMs: () => performance.now(),
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
};
