/**
 * Checkpoints of a replica's state on its own disk, so that its log can be cut
 * (design, rule 14). One is written chunk by chunk from a copy of the state, while
 * the log goes on; it counts from the moment on that its manifest is durable.
 */
import type { Mark } from '../consensus/contract.ts';
import type { RecordChange } from '../storage/contract.ts';
import type { Checkpoints } from '../storage/group-checkpoint.ts';
import { assert } from '../wire/assertion.ts';
import type { LogIndex } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
import type { FrozenState } from './order-state.ts';

export interface CheckpointingSurroundings {
  readonly checkpoints: Checkpoints;
  /** Bytes of log that make a checkpoint due, where the state is small. */
  readonly logBytes: number;
  /** The state as it is now, which stays so. */
  readonly freeze: () => FrozenState;
  /** What the algorithm must remember of all that is applied; undefined: it keeps its whole log. */
  readonly mark: () => Mark | undefined;
  readonly write: (changes: readonly RecordChange[], onDurable: () => void) => void;
  /** The log up to here is not needed any more. */
  readonly onDurable: (index: LogIndex) => void;
}

interface Writing {
  readonly state: FrozenState;
  readonly mark: Mark;
  readonly rest: Iterator<Uint8Array>;
  ahead: IteratorResult<Uint8Array, unknown>;
  bytes: number;
}

export class Checkpointing {
  readonly #surroundings: CheckpointingSurroundings;
  #writing: Writing | undefined;
  #index: LogIndex | undefined;
  /** Of the state, as of the latest checkpoint. */
  #stateBytes = 0;

  constructor(surroundings: CheckpointingSurroundings) {
    this.#surroundings = surroundings;
  }

  /** Of the latest durable checkpoint; undefined: there is none. */
  get index(): LogIndex | undefined {
    return this.#index;
  }

  /** Bytes of log that make a checkpoint due: a large state is not written again for a few entries. */
  get dueBytes(): number {
    return Math.max(this.#surroundings.logBytes, this.#stateBytes / 2);
  }

  /** A checkpoint lies on the disk: found at the start, or installed in the place of this replica's own state. */
  found(index: LogIndex, stateBytes: number): void {
    this.#writing = undefined;
    this.#index = index;
    this.#stateBytes = stateBytes;
  }

  /**
   * Begins a checkpoint if one is due. All that the algorithm has handed out is applied.
   * @param logBytes of the applied entries that are not in the latest checkpoint
   */
  pursue(logBytes: number): void {
    if (this.#writing !== undefined || logBytes < this.dueBytes) return;
    const mark = this.#surroundings.mark();
    if (mark === undefined) return;
    const state = this.#surroundings.freeze();
    assert(state.index === mark.index, 'a mark is of the state that it is kept with');
    const rest = state.chunks()[Symbol.iterator]();
    this.#writing = { state, mark, rest, ahead: rest.next(), bytes: 0 };
    this.#write(this.#writing, this.#surroundings.checkpoints.begin(state.index));
  }

  /** Another state is going to take the place of this one. */
  abandon(): void {
    this.#writing = undefined;
  }

  /**
   * A few chunks go along with each write: more would make entries wait, fewer would let the log grow by many times of
   * the state while it is written under load.
   */
  #write(writing: Writing, first: readonly RecordChange[]): void {
    const { checkpoints, write } = this.#surroundings;
    const { state, mark } = writing;
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
    write([...changes, ...checkpoints.complete(mark.bytes, state.description)], () => {
      if (this.#writing !== writing) return;
      this.found(state.index, writing.bytes);
      this.#surroundings.onDurable(state.index);
    });
  }
}
