/**
 * The state that a herald serves to followers whose entries it no longer keeps. Followers request chunks one by one, so
 * a slow follower delays no other. One state exists at a time, while a follower asks for it.
 */
import type { SnapshotOffer } from '../../consensus/contract.ts';
import type { SnapshotBody } from '../../wire/frames/frame.ts';
import type { LogIndex, ReplicaId } from '../../wire/identifiers.ts';
import { LIMITS } from '../../wire/limits.ts';
import { ChunkCursor } from './chunk-cursor.ts';
import type { FrozenState } from './order-state.ts';
import type { SnapshotContext } from './snapshot-context.ts';

type SnapshotRequestBody = Extract<SnapshotBody, { kind: 'snapshot-request' }>;

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

  /** Index of the served state. Its receivers need the entries after that index. */
  get index(): LogIndex | undefined {
    return this.#state?.index;
  }

  /** Offers a state. The same state is offered again while the log still holds the entries after it. */
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
    if (receiver.wanted.size < 2 * LIMITS.snapshots.snapshotWindow) receiver.wanted.add(chunk);
    this.#serve(from, receiver, state);
  }

  /**
   * Sends requested chunks, and drops a state that no follower requests.
   * @returns whether the state was dropped
   */
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

  /**
   * Sends the requested chunks. A chunk far ahead takes several ticks, because all chunks before it have to be
   * produced.
   */
  #serve(to: ReplicaId, { cursor, wanted }: Receiver, { index }: FrozenState): void {
    const { replica: from, sendSnapshot } = this.#context;
    for (const number of [...wanted].sort((one, other) => one - other)) {
      const chunk = cursor.read(number, LIMITS.snapshots.snapshotChunksAtOnce);
      if (chunk === undefined) return;
      wanted.delete(number);
      const { number: found, isLast, bytes } = chunk;
      sendSnapshot(to, { kind: 'snapshot-chunk', from, to, index, chunk: found, isLast, bytes });
    }
  }
}
