import type { Scheduler } from '../transport/scheduler.ts';

/** The longest that a timer of the platform counts; a longer one would run out at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Calls back once, after a caller's time-out; never where that is longer than a timer counts. Returns how to stop. */
export function afterTimeout(scheduler: Scheduler, timeoutMs: number, act: () => void): () => void {
  if (timeoutMs > LONGEST_TIMER_MS) return () => undefined;
  const task = scheduler.after(Math.max(timeoutMs, 0), act);
  return () => task.cancel();
}
