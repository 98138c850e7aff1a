/**
 * Group commit: what this radiant's groups have to write while one write is under way goes into the next, in order, as
 * one batch of bounded size. One write at a time: a later batch is never durable without all earlier ones.
 */
import type { RecordChange, RecordKey, WriteBatch } from '../storage/contract.ts';
import { assert } from '../wire/assertion.ts';
import { LIMITS } from '../wire/limits.ts';
import type { ReadableClock } from './clock.ts';
import type { Effects } from './effects.ts';
import type { WriteNumber } from './event.ts';

/** Changes, or what makes them when the write begins that they are part of: the more has gathered by then, the better. */
export type Changes = readonly RecordChange[] | (() => readonly RecordChange[]);

interface Part {
  changes: Changes;
  readonly onDurable: () => void;
  /** Its changes are made, and their keys known. */
  isNoted?: boolean;
}

export class Writer {
  readonly #effects: Effects;
  readonly #clock: ReadableClock;
  /** What waits for the next write, or a later one. */
  #parts: Part[] = [];
  #underWay: { readonly batch: WriteBatch; readonly onDurable: readonly (() => void)[] } | undefined;
  /** The disk was full when it refused the write under way. */
  #isRefused = false;
  #lastNumber = 0;
  #isFull = false;
  /** When the write under way began, or was refused. */
  #beganMs = 0;
  #isClosed = false;

  /** What lies in the database, once all that was queued is written. */
  readonly #keys: Set<RecordKey>;

  /** @param keys of what the database held when it was opened */
  constructor(effects: Effects, clock: ReadableClock, keys: Iterable<RecordKey>) {
    this.#effects = effects;
    this.#clock = clock;
    this.#keys = new Set(keys);
  }

  /** The keys that begin so, of all that lies in the database or is queued. */
  keysUnder(prefix: RecordKey): readonly RecordKey[] {
    this.makeQueued();
    return [...this.#keys].filter((key) => key.startsWith(prefix));
  }

  /** Makes the changes of all queued parts now: the changes of the next part follow from theirs. */
  makeQueued(): void {
    for (const part of this.#parts) this.#make(part);
  }

  /** Queues one part of a batch: it becomes durable whole, after all parts queued before it. */
  add(changes: Changes, onDurable: () => void): void {
    if (this.#isClosed) return;
    this.#parts.push({ changes, onDurable });
  }

  /** Forgets all that was to be told or written, and asks only whether the database still belongs to this boot. */
  prove(onProven: () => void): void {
    this.#isClosed = true;
    this.#parts = [{ changes: [], onDurable: onProven }];
    if (this.#isRefused) this.#underWay = undefined;
    else if (this.#underWay !== undefined) this.#underWay = { ...this.#underWay, onDurable: [] };
    this.#isRefused = false;
  }

  /** Begins the next write, if there is something to write and none is under way. */
  begin(): void {
    if (this.#underWay !== undefined || this.#parts.length === 0) return;
    const changes: RecordChange[] = [];
    const onDurable: (() => void)[] = [];
    let bytes = 0;
    // A batch without a bound would take longer than a disk that hangs.
    for (const part of this.#parts) {
      if (onDurable.length > 0 && bytes >= LIMITS.writeBytes) break;
      for (const change of this.#make(part)) {
        changes.push(change);
        if (change.kind === 'put') bytes += change.value.length;
      }
      onDurable.push(part.onDurable);
    }
    this.#parts.splice(0, onDurable.length);
    const batch = lastOfEach(changes);
    this.#underWay = { batch, onDurable };
    this.#write(batch);
  }

  /** The disk was full, and this write changed nothing: the same batch is written again after a while. */
  refused(write: WriteNumber): void {
    assert(write === this.#lastNumber && this.#underWay !== undefined, 'only the write under way is refused');
    this.#isRefused = true;
    this.#isFull = true;
    this.#beganMs = this.#clock.nowMs;
  }

  /** Whether the disk was full at the last write that ended. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Writes what a full disk refused again. */
  tick(): void {
    if (!this.#isRefused || this.#underWay === undefined) return;
    if (this.#clock.nowMs - this.#beganMs < this.#clock.times.storage.fullDiskRetryMs) return;
    this.#isRefused = false;
    this.#write(this.#underWay.batch);
  }

  /** Whether the write under way has taken longer than a disk that works. */
  get isHung(): boolean {
    return (
      !this.#isRefused &&
      this.#underWay !== undefined &&
      this.#clock.nowMs - this.#beganMs >= this.#clock.times.storage.writeTimeoutMs
    );
  }

  /** This radiant stood still: the disk is not blamed for that time. */
  restartClock(): void {
    this.#beganMs = this.#clock.nowMs;
  }

  /** The write with this number is durable. */
  written(write: WriteNumber): void {
    assert(write === this.#lastNumber && this.#underWay !== undefined, 'only the write under way completes');
    const { onDurable } = this.#underWay;
    this.#underWay = undefined;
    this.#isFull = false;
    for (const each of onDurable) each();
  }

  #write(batch: WriteBatch): void {
    this.#beganMs = this.#clock.nowMs;
    this.#lastNumber += 1;
    const write = this.#lastNumber;
    assertWriteNumber(write);
    this.#effects.push({ kind: 'write', write, batch });
  }

  /** The changes of a part, made once. Parts are made in the order in which they were queued. */
  #make(part: Part): readonly RecordChange[] {
    const made = typeof part.changes === 'function' ? part.changes() : part.changes;
    if (part.isNoted !== true) this.#note(made);
    part.changes = made;
    part.isNoted = true;
    return made;
  }

  #note(changes: readonly RecordChange[]): void {
    for (const { kind, key } of changes) {
      if (kind === 'put') this.#keys.add(key);
      else this.#keys.delete(key);
    }
  }
}

/** Of several changes of one record only the last counts: a batch is durable whole or not at all. */
function lastOfEach(changes: readonly RecordChange[]): readonly RecordChange[] {
  if (changes.length < 2) return changes;
  const last = new Map(changes.map((change) => [change.key, change]));
  return last.size === changes.length ? changes : [...last.values()];
}

function assertWriteNumber(value: number): asserts value is WriteNumber {
  assert(Number.isSafeInteger(value) && value >= 1, 'writes are counted from 1');
}
