/**
 * Group commit. All changes that gather during one write go into the next batch, in order, up to a size limit. Only one
 * write is in flight, so a later batch is never durable without the earlier ones.
 */
import type { RecordChange, RecordKey, WriteBatch } from '../storage/contract.ts';
import { assert } from '../wire/assertion.ts';
import { LIMITS } from '../wire/limits.ts';
import type { ReadableClock } from './clock.ts';
import type { EffectQueue, WriteNumber } from './event.ts';

/**
 * Changes, or a function that produces them when their write begins. Such a function can include changes that gather
 * until then.
 */
export type Changes = readonly RecordChange[] | (() => readonly RecordChange[]);

interface Part {
  changes: Changes;
  readonly onDurable: () => void;
  /** Whether the changes are produced, and `#keys` includes them. */
  isNoted?: boolean;
}

export class Writer {
  readonly #effects: EffectQueue;
  readonly #clock: ReadableClock;
  /** Parts of the next write, or of a later one. */
  #parts: Part[] = [];
  #underWay: { readonly batch: WriteBatch; readonly onDurable: readonly (() => void)[] } | undefined;
  /** Whether a full disk rejected the write in flight. */
  #isRefused = false;
  #lastNumber = 0;
  /** Whether a full disk rejected the latest write. */
  isFull = false;
  /** Time when the write in flight began or was rejected. */
  #beganMs = 0;
  #isClosed = false;

  /** The keys of the database after all queued writes. */
  readonly #keys: Set<RecordKey>;

  /** @param keys keys of the database when it was opened */
  constructor(effects: EffectQueue, clock: ReadableClock, keys: Iterable<RecordKey>) {
    this.#effects = effects;
    this.#clock = clock;
    this.#keys = new Set(keys);
  }

  /** Keys with this prefix in the database after all queued writes. */
  keysUnder(prefix: RecordKey): readonly RecordKey[] {
    this.makeQueued();
    return [...this.#keys].filter((key) => key.startsWith(prefix));
  }

  /** Produces the changes of all queued parts now, because the changes of the next part depend on them. */
  makeQueued(): void {
    for (const part of this.#parts) this.#make(part);
  }

  /** Queues changes that become durable together, after all parts queued before. */
  add(changes: Changes, onDurable: () => void): void {
    if (this.#isClosed) return;
    this.#parts.push({ changes, onDurable });
  }

  /**
   * Drops all queued changes and callbacks, and writes an empty batch. That write fails if the database belongs to
   * another boot.
   */
  prove(onProven: () => void): void {
    this.#isClosed = true;
    this.#parts = [{ changes: [], onDurable: onProven }];
    if (this.#isRefused) this.#underWay = undefined;
    else if (this.#underWay !== undefined) this.#underWay = { ...this.#underWay, onDurable: [] };
    this.#isRefused = false;
  }

  begin(): void {
    if (this.#underWay !== undefined || this.#parts.length === 0) return;
    // The last change of each record. The others are redundant, because a batch is durable as a whole or not at all.
    const changes = new Map<RecordKey, RecordChange>();
    const onDurable: (() => void)[] = [];
    let bytes = 0;
    // A batch without a limit could take so long that the disk would count as hung.
    for (const part of this.#parts) {
      if (onDurable.length > 0 && bytes >= LIMITS.log.writeBytes) break;
      for (const change of this.#make(part)) {
        changes.set(change.key, change);
        if (change.kind === 'put') bytes += change.value.length;
      }
      onDurable.push(part.onDurable);
    }
    this.#parts.splice(0, onDurable.length);
    const batch = [...changes.values()];
    this.#underWay = { batch, onDurable };
    this.#write(batch);
  }

  /** Notes that the disk was full, and the write changed nothing. The same batch is written again later. */
  refused(write: WriteNumber): void {
    assert(write === this.#lastNumber && this.#underWay !== undefined, 'only the write under way is refused');
    this.#isRefused = true;
    this.isFull = true;
    this.#beganMs = this.#clock.nowMs;
  }

  /** Repeats a write that a full disk rejected. */
  tick(): void {
    if (!this.#isRefused || this.#underWay === undefined) return;
    if (this.#clock.nowMs - this.#beganMs < this.#clock.times.storage.fullDiskRetryMs) return;
    this.#isRefused = false;
    this.#write(this.#underWay.batch);
  }

  /** Whether the write in flight takes longer than a working disk needs. */
  get isHung(): boolean {
    return (
      !this.#isRefused &&
      this.#underWay !== undefined &&
      this.#clock.nowMs - this.#beganMs >= this.#clock.times.storage.writeTimeoutMs
    );
  }

  /** Restarts the measurement after a clock gap, so that the disk is not blamed for the gap. */
  restartClock(): void {
    this.#beganMs = this.#clock.nowMs;
  }

  written(write: WriteNumber): void {
    assert(write === this.#lastNumber && this.#underWay !== undefined, 'only the write under way completes');
    const { onDurable } = this.#underWay;
    this.#underWay = undefined;
    this.isFull = false;
    for (const each of onDurable) each();
  }

  #write(batch: WriteBatch): void {
    this.#beganMs = this.#clock.nowMs;
    this.#lastNumber += 1;
    this.#effects.push({ kind: 'write', write: this.#lastNumber, batch });
  }

  /** Produces the changes of a part once. Parts are produced in queue order. */
  #make(part: Part): readonly RecordChange[] {
    const made = typeof part.changes === 'function' ? part.changes() : part.changes;
    if (part.isNoted === true) return made;
    part.changes = made;
    part.isNoted = true;
    for (const { kind, key } of made) {
      if (kind === 'put') this.#keys.add(key);
      else this.#keys.delete(key);
    }
    return made;
  }
}
