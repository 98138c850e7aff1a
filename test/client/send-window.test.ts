import { expect, test } from 'vitest';
import { CallQueues, OrderLanes } from '../../src/client/call-queues.ts';
import type { PendingKeyCall } from '../../src/client/pending-call.ts';
import { pendingCall } from '../../src/client/pending-calls.ts';
import type { Answer } from '../../src/wire/frames/frame.ts';
import { LIMITS } from '../../src/wire/limits.ts';
import { TIMES } from '../../src/wire/times.ts';
import { order, put, WRITTEN } from './bench.ts';

const { client: CLIENT } = TIMES;
const PUT = pendingCall(1, put('k'), 0, CLIENT);
const ANSWER: Answer = WRITTEN;

function callOf(bytes: number): PendingKeyCall {
  if (PUT.kind !== 'key') throw new Error('a call on a key');
  return { ...PUT, bytes };
}

/** One lane of an order, with the calls that are in its send window. */
class Window {
  readonly lane = new OrderLanes(CLIENT).largeWrites;
  readonly #inFlight: PendingKeyCall[] = [];

  take(bytes: number): boolean {
    const call = callOf(bytes);
    const fits = this.lane.takeRoom(call);
    if (fits) this.#inFlight.push(call);
    return fits;
  }

  /**
   * Adds calls until the send window is full.
   * @returns the number of bytes in the full window
   */
  fill(bytes = 65_536): number {
    while (this.take(bytes));
    return this.lane.bytes;
  }

  /** Delivers an answer to the oldest call. The call stays in the window. */
  answer(sentMs: number, nowMs: number): void {
    const [oldest] = this.#inFlight;
    if (oldest !== undefined) this.lane.answered(oldest, ANSWER, sentMs, nowMs);
  }

  freeOldest(): void {
    const oldest = this.#inFlight.shift();
    if (oldest !== undefined) this.lane.leave(oldest);
  }
}

test('a window grows while answers come quickly, and shrinks once for a group of late answers', () => {
  const window = new Window();
  expect(window.fill()).toBe(LIMITS.client.sendWindowBytes);
  for (let round = 0; round < 200; round++) {
    window.answer(0, CLIENT.quickAnswerMs);
    window.freeOldest();
    window.fill();
  }
  expect(window.lane.bytes).toBe(LIMITS.client.sendWindowMaximumBytes);
  for (let late = 0; late < 10; late++) window.answer(1_000, 4_000 + late);
  while (window.lane.bytes > 0) window.freeOldest();
  expect(window.fill()).toBe(LIMITS.client.sendWindowMaximumBytes / 2);
});

test('a window that is not filled does not grow', () => {
  const window = new Window();
  for (let round = 0; round < 200; round++) {
    window.take(65_536);
    window.answer(0, 1);
    window.freeOldest();
  }
  expect(window.fill()).toBe(LIMITS.client.sendWindowBytes);
});

test('a window of any size has room for one request, and never for more than the limit', () => {
  const window = new Window();
  for (let atMs = 1; atMs < 20; atMs++) window.lane.delayed(atMs, atMs);
  expect(window.take(LIMITS.messages.valueBytes)).toBe(true);
  expect(window.take(1)).toBe(false);
  window.freeOldest();
  for (let count = 0; count < LIMITS.client.clientRequests; count++) expect(window.take(1)).toBe(true);
  expect(window.take(1)).toBe(false);
});

test('the wait for an answer grows with the bytes under way and with each retry', () => {
  const queues = new CallQueues(CLIENT);
  expect(queues.answerPatienceMs(order(1), 0)).toBe(CLIENT.requestRetryMs);
  expect(queues.answerPatienceMs(order(1), 1)).toBe(2 * CLIENT.requestRetryMs);
  expect(queues.answerPatienceMs(order(1), 9)).toBe(CLIENT.requestRetryMaximumMs);
  for (let count = 0; count < 4; count++) expect(queues.enter(callOf(1_048_576), order(1))).toBe(true);
  expect(queues.answerPatienceMs(order(1), 0)).toBe(CLIENT.requestRetryMs + 4_000);
});
