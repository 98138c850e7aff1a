import { platformError } from '../../wire/platform-error.ts';
import type { HeldLock, Locks, LockTable } from '../locks.ts';

/**
 * The Web Locks of the browser. All methods throw {ShardbearerError} `STORAGE_UNAVAILABLE` if the browser denies locks.
 */
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
    const { held = [], pending = [] } = await this.#query();
    const holders = new Map(held.map(({ name = '', clientId = '' }) => [name, clientId]));
    const waiting = new Map<string, Set<string>>();
    for (const { name = '', clientId = '' } of pending) {
      waiting.set(name, (waiting.get(name) ?? new Set<string>()).add(clientId));
    }
    return { holders, waiting };
  }

  async #query(): Promise<LockManagerSnapshot> {
    try {
      return await this.#manager.query();
    } catch (error) {
      throw platformError('navigator.locks.query', error);
    }
  }

  #request(name: string, options: LockOptions): Promise<HeldLock | undefined> {
    return new Promise((resolve, reject) => {
      const fail = (error: unknown) => reject(platformError('navigator.locks.request', error));
      const grant = (lock: Lock | null) => {
        if (lock === null) {
          resolve(undefined);
          return undefined;
        }
        return new Promise<void>((release) => resolve({ release }));
      };
      try {
        // After the grant, a request rejects only if the lock is stolen. The new holder writes another boot id into the
        // database, so the old holder's next write fails.
        this.#manager.request(name, options, grant).catch(fail);
      } catch (error) {
        // The interface is missing.
        fail(error);
      }
    });
  }
}
