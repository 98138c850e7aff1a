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

/** The longest delay that a timer of the platform counts. A longer one would expire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Calls back once after a time-out of the caller, up to `Infinity`. Returns the function that cancels it. */
export function afterTimeout(scheduler: Scheduler, timeoutMs: number, act: () => void): () => void {
  if (timeoutMs > LONGEST_TIMER_MS) return () => undefined;
  const task = scheduler.after(Math.max(timeoutMs, 0), act);
  return () => task.cancel();
}
