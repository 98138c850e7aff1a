import { type HeldLock, type Locks, MemoryLocks } from '../../src/hosts/locks.ts';

/** The Web Locks of one origin. Its workers can die, and a dead worker holds no lock. */
export class MortalLocks {
  readonly #locks = new MemoryLocks();

  worker(): Locks & { die(): void } {
    const held = new Set<HeldLock>();
    const client = this.#locks.client();
    const remember = (lock: HeldLock): HeldLock => {
      held.add(lock);
      return lock;
    };
    return {
      tryHold: async (name) => {
        const lock = await client.tryHold(name);
        return lock === undefined ? undefined : remember(lock);
      },
      hold: async (name, signal) => remember(await client.hold(name, signal)),
      table: () => client.table(),
      die: () => {
        for (const lock of held) lock.release();
      },
    };
  }
}
