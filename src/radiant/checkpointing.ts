/**
 * Checkpoints of a replica's state on its own disk, so that its log can be cut
 * (design, rule 14). One is written chunk by chunk from a copy of the state, while
 * the log goes on; it counts from the moment on that its manifest is durable.
 */
import type { Mark } from '../consensus/contract.ts';
import { assert } from '../wire/assertion.ts';
import type { LogIndex } from '../wire/identifiers.ts';
import type { FrozenState } from './order-state.ts';

export interface CheckpointingSurroundings {
  /** Bytes of applied entries from which on a checkpoint is due, where the state is small. */
  readonly logBytes: number;
  /** The state as it is now, which stays so. */
  readonly freeze: () => FrozenState;
  /** What the algorithm must remember of all that is applied; undefined: it keeps its whole log. */
  readonly mark: () => Mark | undefined;
  readonly putChunk: (index: LogIndex, chunk: number, bytes: Uint8Array, onDurable: () => void) => void;
  /** Makes what was put this replica's checkpoint, in the place of the one before. */
  readonly complete: (state: FrozenState, mark: Mark, chunkCount: number, onDurable: () => void) => void;
  readonly discard: (index: LogIndex) => void;
  /** The log up to here is not needed any more. */
  readonly onDurable: (index: LogIndex) => void;
}

interface Writing {
  readonly state: FrozenState;
  readonly mark: Mark;
  readonly rest: Iterator<Uint8Array>;
  chunkCount: number;
  bytes: number;
  ahead: IteratorResult<Uint8Array, unknown>;
  /** All of it is handed out to be written. */
  isComplete: boolean;
}

export class Checkpointing {
  readonly #surroundings: CheckpointingSurroundings;
  #writing: Writing | undefined;
  #index: LogIndex | undefined;
  /** Of the state, as of the latest checkpoint. */
  #stateBytes = 0;
  /** Of entries that were applied since the latest checkpoint was begun. */
  #appliedBytes = 0;

  constructor(surroundings: CheckpointingSurroundings) {
    this.#surroundings = surroundings;
  }

  /** Of the latest durable checkpoint; undefined: there is none. */
  get index(): LogIndex | undefined {
    return this.#index;
  }

  /** Bytes of applied entries that make a checkpoint due: a large state is not written again for a few entries. */
  get dueBytes(): number {
    return Math.max(this.#surroundings.logBytes, this.#stateBytes / 2);
  }

  /** A checkpoint lies on the disk: found at the start, or installed in the place of this replica's own state. */
  found(index: LogIndex, stateBytes: number): void {
    this.#writing = undefined;
    this.#index = index;
    this.#stateBytes = stateBytes;
    this.#appliedBytes = 0;
  }

  applied(entryBytes: number): void {
    this.#appliedBytes += entryBytes + ENTRY_OVERHEAD_BYTES;
  }

  /** Begins a checkpoint if one is due. All that the algorithm has handed out is applied. */
  pursue(): void {
    if (this.#writing !== undefined || this.#appliedBytes < this.dueBytes) return;
    const mark = this.#surroundings.mark();
    if (mark === undefined) return;
    const state = this.#surroundings.freeze();
    assert(state.index === mark.index, 'a mark is of the state that it is kept with');
    const rest = state.chunks()[Symbol.iterator]();
    this.#appliedBytes = 0;
    this.#writing = { state, mark, rest, chunkCount: 0, bytes: 0, ahead: rest.next(), isComplete: false };
    this.#write(this.#writing);
  }

  /** Another state takes the place of this one: what was written of it is of no use. */
  abandon(): void {
    if (this.#writing?.isComplete === false) this.#surroundings.discard(this.#writing.state.index);
    this.#writing = undefined;
  }

  /** One chunk goes along with each write, so that no entry waits for more than that. */
  #write(writing: Writing): void {
    const { state, ahead, chunkCount } = writing;
    assert(ahead.done !== true, 'a state has at least one chunk');
    writing.ahead = writing.rest.next();
    writing.chunkCount += 1;
    writing.bytes += ahead.value.length;
    const isLast = writing.ahead.done === true;
    this.#surroundings.putChunk(state.index, chunkCount, ahead.value, () => {
      if (this.#writing === writing && !isLast) this.#write(writing);
    });
    if (isLast) this.#complete(writing);
  }

  #complete(writing: Writing): void {
    const { state, mark, chunkCount, bytes } = writing;
    writing.isComplete = true;
    this.#surroundings.complete(state, mark, chunkCount, () => {
      if (this.#writing !== writing) return;
      this.#writing = undefined;
      this.#index = state.index;
      this.#stateBytes = bytes;
      this.#surroundings.onDurable(state.index);
    });
  }
}

/** What an entry takes on the disk beside its payload, about. */
const ENTRY_OVERHEAD_BYTES = 16;
