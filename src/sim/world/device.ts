/** One browser profile: a disk, and which of its radiants are taken up by which tab. */
import type { Flush } from '../../storage/memory/flush.ts';
import { MemoryDisk } from '../../storage/memory/memory-disk.ts';
import { isShardbearerError, type ShardbearerError } from '../../wire/errors.ts';
import { type DeviceId, type RadiantId, idFromBytes } from '../../wire/identifiers.ts';
import type { Random } from '../random.ts';
import type { Planned, Timeline } from '../timeline.ts';

/** How long a flush takes, in milliseconds. */
export type FlushDelay = readonly [from: number, to: number];

export const QUICK_FLUSH: FlushDelay = [0.3, 2];

interface PendingFlush {
  readonly radiant: RadiantId;
  readonly planned: Planned;
  readonly finish: () => void;
}

export class SimulatedDevice {
  readonly id: DeviceId;
  readonly name: string;
  readonly disk = new MemoryDisk();
  flushMs: FlushDelay = QUICK_FLUSH;
  /** Writes that were under way when who wrote them was killed, and never reached the disk. */
  flushesLost = 0;
  readonly #timeline: Timeline;
  readonly #random: Random;
  /** The Web Locks on identities: who holds each, by host name. */
  readonly #holders = new Map<RadiantId, string>();
  readonly #freeSinceMs = new Map<RadiantId, number>();
  readonly #flushes = new Set<PendingFlush>();

  constructor(name: string, timeline: Timeline, random: Random) {
    this.name = name;
    this.#timeline = timeline;
    this.#random = random;
    this.id = idFromBytes<DeviceId>(random.bytes(16));
  }

  /** Identities of this device that no tab has taken up, with the time since when. */
  freeIdentities(): readonly { readonly radiant: RadiantId; readonly sinceMs: number }[] {
    return [...this.#freeSinceMs].map(([radiant, sinceMs]) => ({ radiant, sinceMs }));
  }

  isFree(radiant: RadiantId): boolean {
    return this.#freeSinceMs.has(radiant);
  }

  lock(radiant: RadiantId, holder: string): void {
    this.#holders.set(radiant, holder);
    this.#freeSinceMs.delete(radiant);
  }

  /** The holder ended: whoever comes next may take the identity up. What another one holds stays its own. */
  release(radiant: RadiantId, holder: string): void {
    if (this.#holders.get(radiant) !== holder) return;
    this.#holders.delete(radiant);
    this.#freeSinceMs.set(radiant, this.#timeline.nowMs);
  }

  /** The identity is retired: nobody takes it up again. */
  forget(radiant: RadiantId): void {
    this.#holders.delete(radiant);
    this.#freeSinceMs.delete(radiant);
  }

  /** Lets the disk work on a transaction, and tells its end. */
  perform<Result>(
    flush: Flush<Result>,
    done: (result: Result) => void,
    failed: (error: ShardbearerError) => void,
  ): void {
    const finish = (): void => {
      this.#flushes.delete(pending);
      let result: Result;
      try {
        result = flush.complete();
      } catch (error) {
        if (!isShardbearerError(error) || error.code === 'INVARIANT_BROKEN') throw error;
        failed(error);
        return;
      }
      done(result);
    };
    const planned = this.#timeline.after(this.#random.within(this.flushMs), finish);
    const pending: PendingFlush = { radiant: flush.radiant, planned, finish };
    this.#flushes.add(pending);
  }

  /**
   * The process that wrote for this radiant is killed. What the disk was working on is lost, or (the
   * kill came a moment later) just through; `done` is still called then, for whoever observes the disk.
   */
  crash(radiant: RadiantId): void {
    for (const pending of this.#flushes) {
      if (pending.radiant !== radiant) continue;
      pending.planned.cancel();
      this.#flushes.delete(pending);
      if (this.#random.chance(0.5)) pending.finish();
      else this.flushesLost++;
    }
    this.disk.crash(radiant);
  }
}
