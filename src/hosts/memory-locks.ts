import { ShardbearerError } from '../wire/errors.ts';
import type { HeldLock, Locks, LockTable } from './locks.ts';

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
