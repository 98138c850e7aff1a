/** Whom the chunks of a snapshot are asked of: which are under way from there, and which came before their turn. */
import type { ReplicaId } from '../wire/identifiers.ts';
import { INTERVALS, LIMITS } from '../wire/limits.ts';

export interface ArrivedChunk {
  readonly bytes: Uint8Array;
  readonly isLast: boolean;
}

export class ChunkSource {
  readonly from: ReplicaId;
  /** When each chunk that has not come yet was asked for last. */
  readonly #askedMs = new Map<number, number>();
  readonly #early = new Map<number, ArrivedChunk>();
  /** How many may be ahead of the disk: it grows with the chunks that come. */
  #window = 1;
  /** The longest that a chunk took so far: over a slow link a late one is not a lost one. */
  #slowestMs = 0;
  /** A chunk came, or those that are missing were asked for again. */
  #stirredMs: number;
  /** How often in a row something was asked for again, and nothing came. */
  #vainRounds = 0;

  constructor(from: ReplicaId, nowMs: number) {
    this.from = from;
    this.#stirredMs = nowMs;
  }

  /** Chunks that are to be asked for now. @param taken how many have come in order @param staged and are on the disk */
  next(taken: number, staged: number, nowMs: number): readonly number[] {
    const chunks: number[] = [];
    for (let chunk = taken; chunk < staged + this.#window; chunk++) {
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
    this.#stirredMs = nowMs;
    this.#slowestMs = Math.max(this.#slowestMs, nowMs - askedMs);
    this.#vainRounds = 0;
    this.#window = Math.min(this.#window + 1, LIMITS.snapshotWindow);
    return true;
  }

  /** The chunk whose turn it is, if it has come. */
  release(number: number): ArrivedChunk | undefined {
    const chunk = this.#early.get(number);
    this.#early.delete(number);
    return chunk;
  }

  /** Chunks that are to be asked for again now. */
  missing(nowMs: number): readonly number[] | 'given-up' {
    const leastMs = Math.max(INTERVALS.snapshotRetryMs, 2 * this.#slowestMs);
    const patienceMs = Math.min(leastMs * 2 ** this.#vainRounds, INTERVALS.snapshotRetryMaximumMs);
    if (this.#askedMs.size === 0 || nowMs - this.#stirredMs < patienceMs) return [];
    this.#stirredMs = nowMs;
    this.#vainRounds += 1;
    const missing = [...this.#askedMs.keys()];
    for (const chunk of missing) this.#askedMs.set(chunk, nowMs);
    return this.#vainRounds > LIMITS.snapshotVainRounds ? 'given-up' : missing;
  }
}
