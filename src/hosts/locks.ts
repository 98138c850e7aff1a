import { ShardbearerError } from '../wire/errors.ts';

/** A lock among all tabs and workers of this origin. The platform frees it when its holder dies. */
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

/** Locks that live in memory: a waiting request is granted in order of arrival. For a tab whose browser denies Web Locks. */
export class MemoryLocks {
  readonly #holders = new Map<string, Holding>();
  readonly #queues = new Map<string, Waiting[]>();
  #clients = 0;

  /** Access of one client, as one tab or worker has it. */
  client(): Locks {
    this.#clients += 1;
    const client = `client ${this.#clients}`;
    return {
      tryHold: async (name) => (this.#holders.has(name) ? undefined : this.#grant(name, client)),
      hold: (name, signal) => this.#hold(name, client, signal),
      table: async () => this.#table(),
    };
  }

  #hold(name: string, client: string, signal: AbortSignal | undefined): Promise<HeldLock> {
    return new Promise((resolve, reject) => {
      if (!this.#holders.has(name)) {
        resolve(this.#grant(name, client));
        return;
      }
      const queue = this.#queues.get(name) ?? [];
      this.#queues.set(name, queue);
      const waiting = { client, granted: () => resolve(this.#grant(name, client)) };
      queue.push(waiting);
      signal?.addEventListener('abort', () => {
        const at = queue.indexOf(waiting);
        if (at >= 0) queue.splice(at, 1);
        reject(new ShardbearerError('ABORTED', `The wait for the lock ${name} was aborted.`));
      });
    });
  }

  #grant(name: string, client: string): HeldLock {
    const holding = { client };
    this.#holders.set(name, holding);
    return {
      release: () => {
        if (this.#holders.get(name) !== holding) return;
        this.#holders.delete(name);
        this.#queues.get(name)?.shift()?.granted();
      },
    };
  }

  #table(): LockTable {
    return {
      holders: new Map([...this.#holders].map(([name, { client }]) => [name, client])),
      waiting: new Map([...this.#queues].map(([name, queue]) => [name, new Set(queue.map(({ client }) => client))])),
    };
  }
}

interface Holding {
  readonly client: string;
}

interface Waiting {
  readonly client: string;
  readonly granted: () => void;
}
