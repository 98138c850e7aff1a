/**
 * Checkpoints of a replica's state on its own disk, so that its log can be cut
 * (design, rule 14). One is written chunk by chunk from a copy of the state, while
 * the log goes on; it counts from the moment on that its manifest is durable.
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

/** The latest look at what a checkpoint would free. */
interface Review {
  readonly atMs: number;
  readonly applied: LogIndex | undefined;
  /** It was at rest: nothing more is found until something is applied. */
  readonly isOver: boolean;
}

export class Checkpointing {
  readonly #context: SnapshotContext;
  readonly #onDurable: (index: LogIndex) => void;
  #writing: Writing | undefined;
  #index: LogIndex | undefined;
  /** Of the state, as of the latest checkpoint: its chunks, and what they hold. */
  #stateBytes = 0;
  #contentBytes = 0;
  #review: Review = { atMs: Number.NEGATIVE_INFINITY, applied: undefined, isOver: false };

  /** @param onDurable the log up to here is not needed any longer */
  constructor(context: SnapshotContext, onDurable: (index: LogIndex) => void) {
    this.#context = context;
    this.#onDurable = onDurable;
  }

  /** Of the latest durable checkpoint; undefined: there is none. */
  get index(): LogIndex | undefined {
    return this.#index;
  }

  /** Bytes of log that make a checkpoint due: a large state is not written again for a few entries. */
  get dueBytes(): number {
    return this.#dueBytesFor(this.#stateBytes, LIMITS.checkpointStateDivisor);
  }

  /**
   * A checkpoint lies on the disk: found at the start, or installed in the place of this replica's own state. The state
   * is what it holds.
   */
  found(index: LogIndex, stateBytes: number): void {
    this.#follow(index, stateBytes, this.#context.state.statistics().bytes);
  }

  /**
   * Begins a checkpoint if one is due. All that the algorithm has handed out is applied.
   * @param applied index of the latest entry that is
   * @param logBytes of the applied entries that are not in the latest checkpoint
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

  /** Another state is going to take the place of this one. */
  abandon(): void {
    this.#writing = undefined;
  }

  /**
   * Now and then: whether the disk keeps much that is of no use any more, log before the checkpoint's end or contents that
   * the state has let go, like shards that another order has. Where nothing is written any more, less is much.
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
    const { checkpointRestDivisor, checkpointStateDivisor } = LIMITS;
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
   * A few chunks go along with each write: more would make entries wait, fewer would let the log grow by many times of
   * the state while it is written under load.
   */
  #write(writing: Writing, first: readonly RecordChange[]): void {
    const { checkpoints, write } = this.#context;
    const { state, compactionPoint } = writing;
    assert(writing.ahead.done !== true, 'a state has at least one chunk');
    const changes = [...first];
    const before = writing.bytes;
    while (writing.ahead.done !== true && writing.bytes - before < LIMITS.checkpointWriteBytes) {
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
