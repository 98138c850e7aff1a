import type { HeldLock, Locks, LockTable } from '../../src/hosts/locks.ts';

/** The locks of one origin, as the platform keeps them: first come, first served; the dead hold none. */
export class MemoryLocks {
  readonly #holders = new Map<string, Holding>();
  readonly #queues = new Map<string, Waiting[]>();
  #workers = 0;

  /** One worker's access. */
  worker(): Locks & { die(): void } {
    const held = new Set<HeldLock>();
    this.#workers += 1;
    const client = `worker ${this.#workers}`;
    const grant = (name: string): HeldLock => {
      const token = { client };
      this.#holders.set(name, token);
      const lock = {
        release: () => {
          held.delete(lock);
          if (this.#holders.get(name) !== token) return;
          this.#holders.delete(name);
          this.#queues.get(name)?.shift()?.granted();
        },
      };
      held.add(lock);
      return lock;
    };
    return {
      tryHold: async (name) => (this.#holders.has(name) ? undefined : grant(name)),
      hold: (name, signal) =>
        new Promise((resolve, reject) => {
          if (!this.#holders.has(name)) {
            resolve(grant(name));
            return;
          }
          const queue = this.#queues.get(name) ?? [];
          this.#queues.set(name, queue);
          const waiting = { client, granted: () => resolve(grant(name)) };
          queue.push(waiting);
          signal?.addEventListener('abort', () => {
            queue.splice(queue.indexOf(waiting) >>> 0, 1);
            reject(new DOMException('given up', 'AbortError'));
          });
        }),
      table: async () => this.#table(),
      die: () => {
        for (const lock of held) lock.release();
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
