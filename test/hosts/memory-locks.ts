import type { HeldLock, Locks } from '../../src/hosts/locks.ts';

/** The locks of one origin, as the platform keeps them: first come, first served; the dead hold none. */
export class MemoryLocks {
  readonly #holders = new Map<string, object>();
  readonly #queues = new Map<string, Waiting[]>();

  /** One worker's access. */
  worker(): Locks & { die(): void } {
    const held = new Set<HeldLock>();
    const grant = (name: string): HeldLock => {
      const token = {};
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
          const waiting = { granted: () => resolve(grant(name)) };
          queue.push(waiting);
          signal?.addEventListener('abort', () => {
            queue.splice(queue.indexOf(waiting) >>> 0, 1);
            reject(new DOMException('given up', 'AbortError'));
          });
        }),
      heldNames: async () => new Set(this.#holders.keys()),
      die: () => {
        for (const lock of held) lock.release();
      },
    };
  }
}

interface Waiting {
  readonly granted: () => void;
}
