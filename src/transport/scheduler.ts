/** The clock and timers of a transport. Hosts pass the real ones, and tests pass ones that they control. */
export interface Scheduler {
  /** Milliseconds of a monotonic clock with any origin. */
  nowMs(): number;
  after(delayMs: number, task: () => void): ScheduledTask;
}

export interface ScheduledTask {
  /** Cancels the task. Does nothing after the task has run. */
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

/** The longest delay that the platform's timers support. A timer with a longer delay would expire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Runs `act` once after the time-out. A time-out longer than `LONGEST_TIMER_MS`, such as `Infinity`, never expires.
 * @returns the function that cancels the time-out
 */
export function afterTimeout(scheduler: Scheduler, timeoutMs: number, act: () => void): () => void {
  if (timeoutMs > LONGEST_TIMER_MS) return () => undefined;
  const task = scheduler.after(Math.max(timeoutMs, 0), act);
  return () => task.cancel();
}
