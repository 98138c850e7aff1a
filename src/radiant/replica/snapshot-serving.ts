/**
 * The state that a herald holds ready for followers whose entries it has
 * forgotten. They ask for its chunks one by one, so whoever is slow slows down
 * nobody else. One state at a time, and only as long as somebody asks for it.
 */
import type { SnapshotOffer } from '../../consensus/contract.ts';
import type { SnapshotBody } from '../../wire/frames/frame.ts';
import type { LogIndex, ReplicaId } from '../../wire/identifiers.ts';
import { LIMITS } from '../../wire/limits.ts';
import { ChunkCursor } from './chunk-cursor.ts';
import type { FrozenState } from './order-state.ts';
import type { SnapshotContext } from './snapshot-context.ts';

type SnapshotRequestBody = Extract<SnapshotBody, { kind: 'snapshot-request' }>;

/** One follower, and what it has asked for and not got yet. */
interface Receiver {
  readonly cursor: ChunkCursor;
  readonly wanted: Set<number>;
}

export class SnapshotServing {
  readonly #context: SnapshotContext;
  #state: FrozenState | undefined;
  readonly #receivers = new Map<ReplicaId, Receiver>();
  #usedMs = 0;

  constructor(context: SnapshotContext) {
    this.#context = context;
  }

  /** Of the state in use: whoever has it needs the entries behind it. */
  get index(): LogIndex | undefined {
    return this.#state?.index;
  }

  /** The same state again while it is of use: whoever has it finds the entries from `atLeast` on in the log. */
  offer(atLeast: LogIndex): SnapshotOffer | undefined {
    if (this.#state === undefined || this.#state.index < atLeast) this.#take();
    const state = this.#state;
    return state === undefined || state.index < atLeast
      ? undefined
      : { index: state.index, description: state.description };
  }

  hear({ from, index, chunk }: SnapshotRequestBody): void {
    const state = this.#state;
    if (state === undefined || state.index !== index) {
      this.#context.sendSnapshot(from, { kind: 'snapshot-gone', from: this.#context.replica, to: from, index });
      return;
    }
    this.#usedMs = this.#context.clock.nowMs;
    const receiver = this.#receivers.get(from) ?? { cursor: new ChunkCursor(() => state.chunks()), wanted: new Set() };
    this.#receivers.set(from, receiver);
    if (receiver.wanted.size < 2 * LIMITS.snapshotWindow) receiver.wanted.add(chunk);
    this.#serve(from, receiver, state);
  }

  /** @returns whether the state was let go */
  tick(): boolean {
    const state = this.#state;
    if (state === undefined) return false;
    for (const [replica, receiver] of this.#receivers) this.#serve(replica, receiver, state);
    const { nowMs, times } = this.#context.clock;
    if (nowMs - this.#usedMs < times.snapshots.snapshotOfferMs) return false;
    this.drop();
    return true;
  }

  drop(): void {
    this.#state = undefined;
    this.#receivers.clear();
  }

  #take(): void {
    this.drop();
    const state = this.#context.state.freeze();
    if (state.index === 0) return;
    this.#state = state;
    this.#usedMs = this.#context.clock.nowMs;
  }

  /** Whoever asks for a chunk far on gets it some ticks later: to make all those before it takes time. */
  #serve(to: ReplicaId, { cursor, wanted }: Receiver, { index }: FrozenState): void {
    const { replica: from, sendSnapshot } = this.#context;
    for (const number of [...wanted].sort((one, other) => one - other)) {
      const chunk = cursor.read(number, LIMITS.snapshotChunksAtOnce);
      if (chunk === undefined) return;
      wanted.delete(number);
      const { number: found, isLast, bytes } = chunk;
      sendSnapshot(to, { kind: 'snapshot-chunk', from, to, index, chunk: found, isLast, bytes });
    }
  }
}
