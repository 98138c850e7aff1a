import { type HeldLock, type Locks, MemoryLocks } from '../../src/hosts/locks.ts';

/** The locks of one origin, whose workers can die: a dead worker holds none. */
export class MortalLocks {
  readonly #locks = new MemoryLocks();

  /** One worker's access. */
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
