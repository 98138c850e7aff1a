/**
 * Requests the chunks of a state or a shard from one sender. Tracks which chunks are in flight, and which arrived
 * early.
 */
import { LIMITS } from '../../wire/limits.ts';
import type { Times } from '../../wire/times.ts';

export interface ArrivedChunk {
  readonly bytes: Uint8Array;
  readonly isLast: boolean;
}

/** Window and patience of the requests. */
export interface Pace {
  /** Most chunks in flight beyond those that are durable. */
  readonly window: number;
  /** Shortest delay before missing chunks are requested again. The delay doubles each time. */
  readonly retryMs: number;
  /** Longest delay before missing chunks are requested again. */
  readonly retryMaximumMs: number;
  /** Consecutive rounds without a chunk after which the source is given up. */
  readonly vainRounds: number;
}

export function snapshotPace({ snapshots: { snapshotRetryMs, snapshotRetryMaximumMs } }: Times): Pace {
  return {
    window: LIMITS.snapshots.snapshotWindow,
    retryMs: snapshotRetryMs,
    retryMaximumMs: snapshotRetryMaximumMs,
    vainRounds: LIMITS.snapshots.snapshotVainRounds,
  };
}

export class ChunkSource<From> {
  readonly from: From;
  readonly #pace: Pace;
  /** Time of the last request for each missing chunk, by chunk number. */
  readonly #askedMs = new Map<number, number>();
  readonly #early = new Map<number, ArrivedChunk>();
  #earlyBytes = 0;
  /** Chunks that may be in flight beyond those that are durable. The window grows with each arrival. */
  #window = 1;
  /** Number of the last chunk. Infinity until the number is known. */
  #end = Number.POSITIVE_INFINITY;
  /** The longest time between a request and its chunk. A slow link delays chunks without losing them. */
  #slowestMs = 0;
  /** Time of the last arrival of a chunk, or of the last repeated requests. */
  #stirredMs: number;
  #vainRounds = 0;

  constructor(from: From, pace: Pace, nowMs: number) {
    this.from = from;
    this.#pace = pace;
    this.#stirredMs = nowMs;
  }

  get isGivenUp(): boolean {
    return this.#vainRounds > this.#pace.vainRounds;
  }

  get earlyBytes(): number {
    return this.#earlyBytes;
  }

  /**
   * Returns the chunks to request now.
   * @param taken number of chunks that arrived in order
   * @param secured number of chunks that are durable
   */
  next(taken: number, secured: number, nowMs: number): readonly number[] {
    const chunks: number[] = [];
    for (let chunk = taken; chunk < secured + this.#window && chunk <= this.#end; chunk++) {
      if (this.#askedMs.has(chunk) || this.#early.has(chunk)) continue;
      if (this.#askedMs.size === 0) this.#stirredMs = nowMs;
      this.#askedMs.set(chunk, nowMs);
      chunks.push(chunk);
    }
    return chunks;
  }

  /** @returns whether the chunk was requested */
  take(number: number, chunk: ArrivedChunk, nowMs: number): boolean {
    const askedMs = this.#askedMs.get(number);
    if (askedMs === undefined) return false;
    this.#askedMs.delete(number);
    this.#early.set(number, chunk);
    this.#earlyBytes += chunk.bytes.length;
    this.#stirredMs = nowMs;
    this.#slowestMs = Math.max(this.#slowestMs, nowMs - askedMs);
    this.#vainRounds = 0;
    this.#window = Math.min(this.#window + 1, this.#pace.window);
    return true;
  }

  endWith(number: number): void {
    this.#end = number;
    for (const chunk of this.#askedMs.keys()) if (chunk > number) this.#askedMs.delete(chunk);
  }

  /** Removes and returns the chunk with this number, if it has arrived. */
  release(number: number): ArrivedChunk | undefined {
    const chunk = this.#early.get(number);
    this.#early.delete(number);
    this.#earlyBytes -= chunk?.bytes.length ?? 0;
    return chunk;
  }

  missing(nowMs: number): readonly number[] {
    const leastMs = Math.max(this.#pace.retryMs, 2 * this.#slowestMs);
    const patienceMs = Math.min(leastMs * 2 ** this.#vainRounds, this.#pace.retryMaximumMs);
    if (this.#askedMs.size === 0 || nowMs - this.#stirredMs < patienceMs) return [];
    this.#stirredMs = nowMs;
    this.#vainRounds += 1;
    const missing = [...this.#askedMs.keys()];
    for (const chunk of missing) this.#askedMs.set(chunk, nowMs);
    return missing;
  }
}
