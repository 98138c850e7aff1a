/** The transactions of one disk, each from its start to its completion, hung ones included. */
import type { Flush } from '../../storage/memory/flush.ts';
import { isShardbearerError, ShardbearerError } from '../../wire/errors.ts';
import type { RadiantId } from '../../wire/identifiers.ts';
import { TIMES } from '../../wire/times.ts';
import type { Random } from '../random.ts';
import type { Planned, Timeline } from '../timeline.ts';
import { Violation } from '../violation.ts';

/** `open` creates or reopens an identity, and fails if it hangs for too long. `write` belongs to a running boot. */
export type FlushPurpose = 'open' | 'write';

interface Pending {
  readonly radiant: RadiantId;
  readonly purpose: FlushPurpose;
  /** The planned completion. Undefined: the transaction hangs. */
  planned: Planned | undefined;
  readonly finish: () => void;
  /** Cancels a transaction that hung for too long, and reports an error to its caller. */
  readonly giveUp: () => void;
  /** Detaches the transaction from its ended caller. The disk may still perform it. */
  readonly orphan: () => Orphan;
}

/** A write of a boot that has ended. */
interface Orphan {
  readonly radiant: RadiantId;
  /** Number of openings of the identity when the boot ended. */
  readonly openings: number;
  /** Attempts the write. @returns whether the write changed the disk */
  readonly attempt: () => boolean;
}

/** Delay after a recovery until the disk attempts the writes of ended boots. */
const LATE_MS: readonly [number, number] = [100, 5_000];

export class DiskWork {
  readonly #device: string;
  readonly #timeline: Timeline;
  readonly #random: Random;
  /** Random draws for hangs only. Other draws do not depend on them. */
  readonly #hanging: Random;
  readonly #flushMs: () => readonly [number, number];
  readonly #pending = new Set<Pending>();
  readonly #orphans = new Set<Orphan>();
  readonly #openings = new Map<RadiantId, number>();
  #hangs: 'all' | 'next write' | undefined;
  lost = 0;
  lateRefused = 0;

  constructor(device: string, timeline: Timeline, random: Random, flushMs: () => readonly [number, number]) {
    this.#device = device;
    this.#timeline = timeline;
    this.#random = random;
    this.#hanging = random.fork('hanging');
    this.#flushMs = flushMs;
  }

  get isHung(): boolean {
    return this.#hangs === 'all' || [...this.#pending].some(({ planned }) => planned === undefined);
  }

  perform<Result>(
    purpose: FlushPurpose,
    flush: Flush<Result>,
    done: (result: Result) => void,
    failed: (error: ShardbearerError) => void,
  ): void {
    const finish = (): void => {
      this.#pending.delete(pending);
      const result = attempt(() => flush.complete(), failed);
      if (result === undefined) return;
      if (purpose === 'open') this.#openings.set(flush.radiant, this.#openingsOf(flush.radiant) + 1);
      done(result.value);
    };
    const giveUp = (): void => {
      if (!this.#pending.delete(pending)) return;
      const error = new ShardbearerError('STORAGE_HUNG', 'the disk did not answer in time');
      flush.lose(error);
      failed(error);
    };
    const orphan = (): Orphan => {
      flush.orphan();
      const isDone = (): boolean =>
        attempt(
          () => flush.complete(),
          () => undefined,
        ) !== undefined;
      return { radiant: flush.radiant, openings: this.#openingsOf(flush.radiant), attempt: isDone };
    };
    const pending: Pending = { radiant: flush.radiant, purpose, planned: undefined, finish, giveUp, orphan };
    this.#pending.add(pending);
    const delayMs = this.#random.within(this.#flushMs());
    if (this.#hangs === 'all' || (this.#hangs === 'next write' && purpose === 'write')) this.#hold(pending);
    else pending.planned = this.#timeline.after(delayMs, finish);
    if (this.#hangs === 'next write' && purpose === 'write') this.#hangs = undefined;
  }

  hang(which: 'write' | 'all'): void {
    if (which === 'all') {
      this.#hangs = 'all';
      for (const pending of this.#pending) this.#hold(pending);
      return;
    }
    if (this.#hangs === 'all') return;
    const write = [...this.#pending].find(({ purpose }) => purpose === 'write');
    if (write === undefined) this.#hangs = 'next write';
    else this.#hold(write);
  }

  recover(): void {
    this.#hangs = undefined;
    let delayMs = 0;
    for (const pending of this.#pending) {
      if (pending.planned !== undefined) continue;
      delayMs += this.#hanging.within(this.#flushMs());
      pending.planned = this.#timeline.after(delayMs, pending.finish);
    }
    for (const orphan of this.#orphans) {
      this.#orphans.delete(orphan);
      this.#timeline.after(delayMs + this.#hanging.within(LATE_MS), () => this.#comeLate(orphan));
    }
  }

  /** Ends the transactions of a boot. Each one is lost, has just completed, or remains if it hangs. */
  crash(radiant: RadiantId): void {
    for (const pending of this.#pending) {
      if (pending.radiant !== radiant) continue;
      const isHanging = pending.planned === undefined;
      pending.planned?.cancel();
      this.#pending.delete(pending);
      if (isHanging) this.#leaveOver(pending);
      else if (this.#random.chance(0.5)) pending.finish();
      else this.lost++;
    }
  }

  #leaveOver(pending: Pending): void {
    const fate = this.#hanging.next();
    if (pending.purpose === 'write' && fate < 0.5) this.#orphans.add(pending.orphan());
    else if (fate < 0.75) pending.finish();
    else this.lost++;
  }

  /** Makes a transaction hang. A transaction that opens an identity fails after `storagePatienceMs`. */
  #hold(pending: Pending): void {
    pending.planned?.cancel();
    pending.planned = undefined;
    if (pending.purpose !== 'open') return;
    this.#timeline.after(TIMES.storage.storagePatienceMs, () => {
      if (pending.planned === undefined) pending.giveUp();
    });
  }

  /** Attempts the write of an ended boot. The write must fail if another boot has opened the identity since. */
  #comeLate({ radiant, openings, attempt: isDone }: Orphan): void {
    if (this.#openingsOf(radiant) === openings) return;
    if (isDone()) {
      throw new Violation(
        'a write of an older boot fails',
        `${radiant} on ${this.#device} was written by an older boot`,
      );
    }
    this.lateRefused++;
  }

  #openingsOf(radiant: RadiantId): number {
    return this.#openings.get(radiant) ?? 0;
  }
}

/** Performs a transaction. Undefined: it failed, and `failed` was called. */
function attempt<Result>(
  act: () => Result,
  failed: (error: ShardbearerError) => void,
): { readonly value: Result } | undefined {
  try {
    return { value: act() };
  } catch (error) {
    if (!isShardbearerError(error) || error.code === 'INVARIANT_BROKEN') throw error;
    failed(error);
    return undefined;
  }
}
