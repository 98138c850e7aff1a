/** Whom the chunks of a state or a shard are asked of: which are under way from there, and which came before their turn. */
import { LIMITS } from '../../wire/limits.ts';
import type { Times } from '../../wire/times.ts';

export interface ArrivedChunk {
  readonly bytes: Uint8Array;
  readonly isLast: boolean;
}

/** How many chunks are asked for at a time, and how patiently. */
export interface Pace {
  /** How many may be ahead of what is secured here, at most. */
  readonly window: number;
  /** Chunks that did not come are asked for again after at least this; the wait doubles each time. */
  readonly retryMs: number;
  /** The longest of these waits. */
  readonly retryMaximumMs: number;
  /** So many rounds in a row in which nothing comes: then it is given up. */
  readonly vainRounds: number;
}

export function snapshotPace({ snapshots: { snapshotRetryMs, snapshotRetryMaximumMs } }: Times): Pace {
  return {
    window: LIMITS.snapshotWindow,
    retryMs: snapshotRetryMs,
    retryMaximumMs: snapshotRetryMaximumMs,
    vainRounds: LIMITS.snapshotVainRounds,
  };
}

export class ChunkSource<From> {
  readonly from: From;
  readonly #pace: Pace;
  /** When each chunk that has not come yet was asked for last. */
  readonly #askedMs = new Map<number, number>();
  readonly #early = new Map<number, ArrivedChunk>();
  #earlyBytes = 0;
  /** How many may be ahead of what is secured here: it grows with the chunks that come. */
  #window = 1;
  /** Number of the last one, once it has come. */
  #end = Number.POSITIVE_INFINITY;
  /** The longest that a chunk took so far: over a slow link a late one is not a lost one. */
  #slowestMs = 0;
  /** A chunk came, or those that are missing were asked for again. */
  #stirredMs: number;
  /** How often in a row something was asked for again, and nothing came. */
  #vainRounds = 0;

  constructor(from: From, pace: Pace, nowMs: number) {
    this.from = from;
    this.#pace = pace;
    this.#stirredMs = nowMs;
  }

  /** It was asked for again and again, and nothing came. */
  get isGivenUp(): boolean {
    return this.#vainRounds > this.#pace.vainRounds;
  }

  /** Of the chunks that wait for their turn. */
  get earlyBytes(): number {
    return this.#earlyBytes;
  }

  /** Chunks that are to be asked for now. @param taken how many have come in order @param secured and stay for good */
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

  /** @returns whether the chunk was asked for */
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

  /** There are none behind this one, which has come. */
  endWith(number: number): void {
    this.#end = number;
    for (const chunk of this.#askedMs.keys()) if (chunk > number) this.#askedMs.delete(chunk);
  }

  /** The chunk whose turn it is, if it has come. */
  release(number: number): ArrivedChunk | undefined {
    const chunk = this.#early.get(number);
    this.#early.delete(number);
    this.#earlyBytes -= chunk?.bytes.length ?? 0;
    return chunk;
  }

  /** Chunks that are to be asked for again now. */
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
