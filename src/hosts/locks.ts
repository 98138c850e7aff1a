import { ShardbearerError } from '../wire/errors.ts';

/** A held lock, exclusive among all tabs and workers of this origin. The platform frees it when its holder dies. */
export interface HeldLock {
  release(): void;
}

export interface Locks {
  tryHold(name: string): Promise<HeldLock | undefined>;
  /** Waits for the lock. Rejects when `signal` aborts. */
  hold(name: string, signal?: AbortSignal): Promise<HeldLock>;
  table(): Promise<LockTable>;
}

/** Client ids by lock name. All locks of one tab or worker belong to the same client. */
export interface LockTable {
  readonly holders: ReadonlyMap<string, string>;
  readonly waiting: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Guards the founding decision of this device, so that two tabs create one cluster. */
export const FOUNDING_LOCK = 'shardbearer-founding';

/** Name of the lock that the worker of this radiant holds (design, rule 3). */
export function radiantLock(radiant: string): string {
  return `shardbearer-radiant-${radiant}`;
}

/** Name of the lock that a worker holds until it ends. Its page waits for the lock. */
export function workerLock(token: string): string {
  return `shardbearer-worker-${token}`;
}

export async function whileHolding<Result>(locks: Locks, name: string, task: () => Promise<Result>): Promise<Result> {
  const lock = await locks.hold(name);
  try {
    return await task();
  } finally {
    lock.release();
  }
}

/** Locks in memory, granted in order of arrival. A tab uses them if its browser denies Web Locks. */
export class MemoryLocks {
  readonly #holders = new Map<string, Holding>();
  readonly #queues = new Map<string, Waiting[]>();
  #clients = 0;

  /** Returns the locks for a new client, which stands for one tab or worker. */
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
