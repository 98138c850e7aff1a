/** Time as transports get it: the hosts give them the real one, tests one that they move by hand. */
export interface Scheduler {
  /** Monotonic milliseconds, from any origin. */
  nowMs(): number;
  /** Runs `task` once, later. */
  after(delayMs: number, task: () => void): ScheduledTask;
}

export interface ScheduledTask {
  /** Does nothing once the task has run. */
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
