/** One browser profile: a disk, and which of its radiants are taken up by which tab. */
import type { Flush } from '../../storage/memory/flush.ts';
import { MemoryDisk } from '../../storage/memory/memory-disk.ts';
import type { ShardbearerError } from '../../wire/errors.ts';
import { type DeviceId, type RadiantId, idFromBytes } from '../../wire/identifiers.ts';
import type { Random } from '../random.ts';
import type { Timeline } from '../timeline.ts';
import { DiskWork, type FlushPurpose } from './disk-work.ts';

/** How long a flush takes, in milliseconds. */
export type FlushDelay = readonly [from: number, to: number];

export const QUICK_FLUSH: FlushDelay = [0.3, 2];

export class SimulatedDevice {
  readonly id: DeviceId;
  readonly name: string;
  readonly disk = new MemoryDisk();
  flushMs: FlushDelay = QUICK_FLUSH;
  readonly #timeline: Timeline;
  /** The Web Locks on identities: who holds each, by host name. */
  readonly #holders = new Map<RadiantId, string>();
  readonly #freeSinceMs = new Map<RadiantId, number>();
  readonly #work: DiskWork;

  constructor(name: string, timeline: Timeline, random: Random) {
    this.name = name;
    this.#timeline = timeline;
    this.id = idFromBytes<DeviceId>(random.bytes(16));
    this.#work = new DiskWork(name, timeline, random, () => this.flushMs);
  }

  /** Writes that were under way when the tab was killed that wrote them, and that never reached the disk. */
  get flushesLost(): number {
    return this.#work.lost;
  }

  /** Writes of boots that had ended, which the disk came to later and refused. */
  get lateWritesRefused(): number {
    return this.#work.lateRefused;
  }

  /** Whether some transaction of a running boot does not complete until the disk recovers. */
  get isHung(): boolean {
    return this.#work.isHung;
  }

  /** From now on no transaction completes (`all`), or one write does not (`write`), until the disk recovers. */
  hang(which: 'write' | 'all'): void {
    this.#work.hang(which);
  }

  /** What hung completes soon, in order. */
  recover(): void {
    this.#work.recover();
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
    purpose: FlushPurpose,
    flush: Flush<Result>,
    done: (result: Result) => void,
    failed: (error: ShardbearerError) => void,
  ): void {
    this.#work.perform(purpose, flush, done, failed);
  }

  /**
   * The process that wrote for this radiant is killed. What the disk was working on is lost, or (the
   * kill came a moment later) just through; `done` is still called then, for whoever observes the disk.
   */
  crash(radiant: RadiantId): void {
    this.#work.crash(radiant);
    this.disk.crash(radiant);
  }
}
