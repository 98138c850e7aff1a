/**
 * Checkpoints of a replica's state on its own disk, which allow its log to be cut (design, rule 14). A checkpoint is
 * written chunk by chunk from a frozen copy, while the log continues. It counts once its manifest is durable.
 */
import type { CompactionPoint } from '../../consensus/contract.ts';
import type { RecordChange } from '../../storage/contract.ts';
import { assert } from '../../wire/assertion.ts';
import type { LogIndex } from '../../wire/identifiers.ts';
import { LIMITS } from '../../wire/limits.ts';
import type { FrozenState } from './order-state.ts';
import type { SnapshotContext } from './snapshot-context.ts';

interface Writing {
  readonly state: FrozenState;
  readonly contentBytes: number;
  readonly compactionPoint: CompactionPoint;
  readonly rest: Iterator<Uint8Array>;
  ahead: IteratorResult<Uint8Array, unknown>;
  bytes: number;
}

/** The latest estimate of the bytes that a checkpoint would free. */
interface Review {
  readonly atMs: number;
  readonly applied: LogIndex | undefined;
  /** Whether the replica was idle, so that the estimate stands until an entry is applied. */
  readonly isOver: boolean;
}

export class Checkpointing {
  readonly #context: SnapshotContext;
  readonly #onDurable: (index: LogIndex) => void;
  #writing: Writing | undefined;
  #index: LogIndex | undefined;
  /** Bytes of the chunks in the latest checkpoint, and of the contents in them. */
  #stateBytes = 0;
  #contentBytes = 0;
  #review: Review = { atMs: Number.NEGATIVE_INFINITY, applied: undefined, isOver: false };

  /** @param onDurable called when the log up to this index is no longer needed */
  constructor(context: SnapshotContext, onDurable: (index: LogIndex) => void) {
    this.#context = context;
    this.#onDurable = onDurable;
  }

  /** Index of the latest durable checkpoint. Undefined before the first one. */
  get index(): LogIndex | undefined {
    return this.#index;
  }

  /**
   * Log bytes that make a checkpoint due. They grow with the state, so that a few entries do not cause a large state to
   * be written again.
   */
  get dueBytes(): number {
    return this.#dueBytesFor(this.#stateBytes, LIMITS.log.checkpointStateDivisor);
  }

  /** Notes a checkpoint of the current state that was found at the start, or installed. */
  found(index: LogIndex, stateBytes: number): void {
    this.#follow(index, stateBytes, this.#context.state.statistics().bytes);
  }

  /**
   * Begins a checkpoint if one is due. Call this when all committed entries are applied.
   * @param applied index of the last applied entry
   * @param logBytes bytes of applied entries after the latest checkpoint
   */
  reconcile(applied: LogIndex, logBytes: number): void {
    if (this.#writing !== undefined) return;
    if (logBytes < this.dueBytes && !this.#isWorthwhile(applied, logBytes)) return;
    const compactionPoint = this.#context.consensus.compactionPoint();
    if (compactionPoint === undefined) return;
    const state = this.#context.state.freeze();
    assert(state.index === compactionPoint.index, 'a compaction point is stored with the state at its index');
    const rest = state.chunks()[Symbol.iterator]();
    const contentBytes = this.#context.state.statistics().bytes;
    this.#writing = { state, contentBytes, compactionPoint, rest, ahead: rest.next(), bytes: 0 };
    this.#write(this.#writing, this.#context.checkpoints.begin(state.index));
  }

  /** Abandons a checkpoint in progress, because another state replaces this one. */
  abandon(): void {
    this.#writing = undefined;
  }

  /**
   * Estimates once per review interval whether a checkpoint frees enough. It frees log records, and contents that the
   * state has dropped, such as moved shards. An idle replica accepts a smaller gain.
   */
  #isWorthwhile(applied: LogIndex, logBytes: number): boolean {
    const { nowMs, times } = this.#context.clock;
    const { atMs, applied: before, isOver } = this.#review;
    const isAtRest = applied === before;
    if ((isAtRest && isOver) || nowMs - atMs < times.snapshots.checkpointReviewMs) return false;
    this.#review = { atMs: nowMs, applied, isOver: isAtRest };
    const left =
      this.#contentBytes === 0 ? 1 : Math.min(1, this.#context.state.statistics().bytes / this.#contentBytes);
    const stateBytes = left * this.#stateBytes;
    const uselessBytes = logBytes + this.#stateBytes - stateBytes;
    const { checkpointRestDivisor, checkpointStateDivisor } = LIMITS.log;
    return uselessBytes >= this.#dueBytesFor(stateBytes, isAtRest ? checkpointRestDivisor : checkpointStateDivisor);
  }

  #dueBytesFor(stateBytes: number, divisor: number): number {
    return Math.max(this.#context.checkpointLogBytes, stateBytes / divisor);
  }

  #follow(index: LogIndex, stateBytes: number, contentBytes: number): void {
    this.#writing = undefined;
    this.#index = index;
    this.#stateBytes = stateBytes;
    this.#contentBytes = contentBytes;
  }

  /**
   * Writes the next chunks. More chunks per write would delay entries. Fewer would let the log outgrow the state under
   * load.
   */
  #write(writing: Writing, first: readonly RecordChange[]): void {
    const { checkpoints, write } = this.#context;
    const { state, compactionPoint } = writing;
    assert(writing.ahead.done !== true, 'a state has at least one chunk');
    const changes = [...first];
    const before = writing.bytes;
    while (writing.ahead.done !== true && writing.bytes - before < LIMITS.log.checkpointWriteBytes) {
      const chunk = writing.ahead.value;
      changes.push(...checkpoints.put(chunk));
      writing.bytes += chunk.length;
      writing.ahead = writing.rest.next();
    }
    if (writing.ahead.done !== true) {
      write(changes, () => {
        if (this.#writing === writing) this.#write(writing, []);
      });
      return;
    }
    write([...changes, ...checkpoints.complete(compactionPoint.bytes, state.description)], () => {
      if (this.#writing !== writing) return;
      this.#follow(state.index, writing.bytes, writing.contentBytes);
      this.#onDurable(state.index);
    });
  }
}
