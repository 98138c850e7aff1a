import { expect, test } from 'vitest';
import { answerPatienceMs, SendWindow } from '../../src/client/call-queues.ts';
import { INTERVALS, LIMITS } from '../../src/wire/limits.ts';
import { TIMES } from '../../src/wire/times.ts';

/** Fills the window. @returns the number of bytes in the full window */
function fill(window: SendWindow, bytes = 65_536): number {
  while (window.take(bytes));
  return window.bytes;
}

test('a window grows while answers come quickly, and shrinks once for a group of late answers', () => {
  const window = new SendWindow(TIMES.client);
  expect(fill(window)).toBe(LIMITS.sendWindowBytes);
  for (let round = 0; round < 200; round++) {
    window.answered(65_536, 0, INTERVALS.quickAnswerMs);
    window.free(65_536);
    fill(window);
  }
  expect(window.bytes).toBe(LIMITS.sendWindowMaximumBytes);
  for (let late = 0; late < 10; late++) window.answered(65_536, 1_000, 4_000 + late);
  while (window.bytes > 0) window.free(65_536);
  expect(fill(window)).toBe(LIMITS.sendWindowMaximumBytes / 2);
});

test('a window that is not filled does not grow', () => {
  const window = new SendWindow(TIMES.client);
  for (let round = 0; round < 200; round++) {
    window.take(65_536);
    window.answered(65_536, 0, 1);
    window.free(65_536);
  }
  expect(fill(window)).toBe(LIMITS.sendWindowBytes);
});

test('a window of any size has room for one request, and never for more than the limit', () => {
  const window = new SendWindow(TIMES.client);
  for (let atMs = 1; atMs < 20; atMs++) window.delayed(atMs, atMs);
  expect(window.take(LIMITS.valueBytes)).toBe(true);
  expect(window.take(1)).toBe(false);
  window.free(LIMITS.valueBytes);
  for (let count = 0; count < LIMITS.clientRequests; count++) expect(window.take(1)).toBe(true);
  expect(window.take(1)).toBe(false);
});

test('the wait for an answer grows with the bytes under way and with each retry', () => {
  expect(answerPatienceMs(0, 0, TIMES.client)).toBe(INTERVALS.requestRetryMs);
  expect(answerPatienceMs(0, 1, TIMES.client)).toBe(2 * INTERVALS.requestRetryMs);
  expect(answerPatienceMs(0, 9, TIMES.client)).toBe(INTERVALS.requestRetryMaximumMs);
  expect(answerPatienceMs(4 * 1_048_576, 0, TIMES.client)).toBe(INTERVALS.requestRetryMs + 4_000);
});
