/**
 * How many bytes of requests may be under way to one order at the same time. The window grows while answers come
 * quickly, and shrinks when they come late: what is sent can then be answered before its deadline.
 */
import { INTERVALS, LIMITS } from '../wire/limits.ts';

export class SendWindow {
  #limitBytes: number = LIMITS.sendWindowBytes;
  #bytes = 0;
  #count = 0;
  #shrunkMs = Number.NEGATIVE_INFINITY;

  /** Bytes under way. */
  get bytes(): number {
    return this.#bytes;
  }

  /** One request has room whatever its size. */
  hasRoom(bytes: number): boolean {
    if (this.#count === 0) return true;
    return this.#count < LIMITS.clientRequests && this.#bytes + bytes <= this.#limitBytes;
  }

  take(bytes: number): void {
    this.#count += 1;
    this.#bytes += bytes;
  }

  free(bytes: number): void {
    this.#count -= 1;
    this.#bytes -= bytes;
  }

  /** An answer came to a request of `bytes`, which still counts as under way. */
  answered(bytes: number, sentMs: number, nowMs: number): void {
    const roundTripMs = nowMs - sentMs;
    if (roundTripMs > INTERVALS.slowAnswerMs) this.delayed(sentMs, nowMs);
    // A window that is not filled says nothing about what a larger one would do.
    else if (roundTripMs <= INTERVALS.quickAnswerMs && this.#bytes * 2 > this.#limitBytes) {
      this.#limitBytes = Math.min(LIMITS.sendWindowMaximumBytes, this.#limitBytes + bytes);
    }
  }

  /** The answer to a request came late, or did not come. All requests sent before the last shrinking count as one. */
  delayed(sentMs: number, nowMs: number): void {
    if (sentMs < this.#shrunkMs) return;
    this.#shrunkMs = nowMs;
    this.#limitBytes = Math.max(LIMITS.sendWindowMinimumBytes, Math.floor(this.#limitBytes / 2));
  }
}

/**
 * How long an answer is waited for before the request is sent again.
 * @param bytes under way to the same order, which have to be carried first
 * @param unanswered sendings of the same request
 */
export function answerPatienceMs(bytes: number, unanswered: number): number {
  const carryingMs = Math.floor(bytes / LIMITS.slowBytesPerTick) * INTERVALS.tickMs;
  const patienceMs = (INTERVALS.requestRetryMs + carryingMs) * 2 ** Math.min(unanswered, 8);
  return Math.min(patienceMs, Math.max(INTERVALS.requestRetryMaximumMs, INTERVALS.requestRetryMs + carryingMs));
}
