/** A browser profile: one disk, and the Web Locks that its tabs hold on identities. */
import type { Flush } from '../../storage/memory/flush.ts';
import { MemoryDisk } from '../../storage/memory/memory-disk.ts';
import type { ShardbearerError } from '../../wire/errors.ts';
import { type DeviceId, type RadiantId, idFromBytes } from '../../wire/identifiers.ts';
import type { Random } from '../random.ts';
import type { Timeline } from '../timeline.ts';
import { DiskWork, type FlushPurpose } from './disk-work.ts';

/** Shortest and longest time of a flush, in milliseconds. */
export type FlushDelay = readonly [from: number, to: number];

export const QUICK_FLUSH: FlushDelay = [0.3, 2];

export class SimulatedDevice {
  readonly id: DeviceId;
  readonly name: string;
  readonly disk = new MemoryDisk();
  flushMs: FlushDelay = QUICK_FLUSH;
  readonly #timeline: Timeline;
  /** By identity: the name of the tab that holds its Web Lock. */
  readonly #holders = new Map<RadiantId, string>();
  readonly #freeSinceMs = new Map<RadiantId, number>();
  readonly #work: DiskWork;

  constructor(name: string, timeline: Timeline, random: Random) {
    this.name = name;
    this.#timeline = timeline;
    this.id = idFromBytes<DeviceId>(random.bytes(16));
    this.#work = new DiskWork(name, timeline, random, () => this.flushMs);
  }

  /** Number of lost writes that were interrupted by a kill. */
  get flushesLost(): number {
    return this.#work.lost;
  }

  /** Number of writes of ended boots that the disk attempted late and refused. */
  get lateWritesRefused(): number {
    return this.#work.lateRefused;
  }

  /** Whether a transaction of a running boot hangs. */
  get isHung(): boolean {
    return this.#work.isHung;
  }

  /**
   * Makes the disk hang until it recovers. With `all`, no transaction completes. With `write`, only the next write does
   * not.
   */
  hang(which: 'write' | 'all'): void {
    this.#work.hang(which);
  }

  /** Ends the hang. Hung transactions complete soon, in order. */
  recover(): void {
    this.#work.recover();
  }

  /** Identities without a Web Lock, each with the time since when it is free. */
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

  /** Releases the Web Lock of a tab that ended. The lock stays if another tab holds it. */
  release(radiant: RadiantId, holder: string): void {
    if (this.#holders.get(radiant) !== holder) return;
    this.#holders.delete(radiant);
    this.#freeSinceMs.set(radiant, this.#timeline.nowMs);
  }

  /** Removes a retired identity. No tab reopens it. */
  forget(radiant: RadiantId): void {
    this.#holders.delete(radiant);
    this.#freeSinceMs.delete(radiant);
  }

  /** Starts a transaction and reports its end. */
  perform<Result>(
    purpose: FlushPurpose,
    flush: Flush<Result>,
    done: (result: Result) => void,
    failed: (error: ShardbearerError) => void,
  ): void {
    this.#work.perform(purpose, flush, done, failed);
  }

  /**
   * Ends the transactions of a radiant whose process was killed. A transaction under way is lost, or has just
   * completed. `done` is called for a completed one, because observers watch the disk.
   */
  crash(radiant: RadiantId): void {
    this.#work.crash(radiant);
    this.disk.crash(radiant);
  }
}
