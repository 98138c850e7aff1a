/** Locks among all tabs and workers of this origin. The platform frees them when their holder dies. */

export interface HeldLock {
  release(): void;
}

export interface Locks {
  /** Takes the lock if it is free now. */
  tryHold(name: string): Promise<HeldLock | undefined>;
  /** Waits for the lock. Rejects when `signal` aborts. */
  hold(name: string, signal?: AbortSignal): Promise<HeldLock>;
  /** Who holds which lock now, and who waits for which, anywhere in this origin. */
  table(): Promise<LockTable>;
}

/** By name of the lock. Whatever one tab or worker holds or waits for is of the same client. */
export interface LockTable {
  readonly holders: ReadonlyMap<string, string>;
  readonly waiting: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Whoever holds it takes the founding decision of this device: two bare tabs make one cluster. */
export const FOUNDING_LOCK = 'shardbearer-founding';

/** Whoever holds it runs this radiant (design, rule 3). */
export function radiantLock(radiant: string): string {
  return `shardbearer-radiant-${radiant}`;
}

/** A worker holds it as long as it lives; its page waits for it. */
export function workerLock(token: string): string {
  return `shardbearer-worker-${token}`;
}

/** Runs `task` while holding a lock. */
export async function whileHolding<Result>(locks: Locks, name: string, task: () => Promise<Result>): Promise<Result> {
  const lock = await locks.hold(name);
  try {
    return await task();
  } finally {
    lock.release();
  }
}
