import type { HeldLock, Locks, LockTable } from '../locks.ts';

/** The browser's Web Locks. */
export class WebLocks implements Locks {
  readonly #manager: LockManager;

  constructor(manager: LockManager = navigator.locks) {
    this.#manager = manager;
  }

  tryHold(name: string): Promise<HeldLock | undefined> {
    return this.#request(name, { ifAvailable: true });
  }

  async hold(name: string, signal?: AbortSignal): Promise<HeldLock> {
    for (;;) {
      const lock = await this.#request(name, signal === undefined ? {} : { signal });
      if (lock !== undefined) return lock;
    }
  }

  async table(): Promise<LockTable> {
    const { held = [], pending = [] } = await this.#manager.query();
    const holders = new Map(held.map(({ name = '', clientId = '' }) => [name, clientId]));
    const waiting = new Map<string, Set<string>>();
    for (const { name = '', clientId = '' } of pending) {
      waiting.set(name, (waiting.get(name) ?? new Set<string>()).add(clientId));
    }
    return { holders, waiting };
  }

  #request(name: string, options: LockOptions): Promise<HeldLock | undefined> {
    return new Promise((resolve, reject) => {
      this.#manager
        .request(name, options, (lock) => {
          if (lock === null) {
            resolve(undefined);
            return undefined;
          }
          return new Promise<void>((release) => resolve({ release }));
        })
        // After the lock was granted only its theft ends the request so: the database's boot id tells the holder.
        .catch(reject);
    });
  }
}
