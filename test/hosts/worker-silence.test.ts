import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { untilSilent } from '../../src/hosts/browser/worker-launch.ts';
import { LIMITS } from '../../src/wire/limits.ts';
import { TIMES } from '../../src/wire/times.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const LONG_MS = (LIMITS.host.workerPings + 1) * TIMES.page.workerPingMs;

test('a worker that answers its pings is alive; one that leaves all of them unanswered is dead', async () => {
  let answers = true;
  let isDead = false;
  const ping = () => (answers ? Promise.resolve() : new Promise<void>(() => undefined));
  void untilSilent(ping, new AbortController().signal, TIMES.page).then(() => {
    isDead = true;
  });
  await vi.advanceTimersByTimeAsync(3 * LONG_MS);
  expect(isDead).toBe(false);
  answers = false;
  await vi.advanceTimersByTimeAsync(LONG_MS - TIMES.page.workerPingMs);
  expect(isDead).toBe(false);
  await vi.advanceTimersByTimeAsync(TIMES.page.workerPingMs);
  expect(isDead).toBe(true);
});

test('a page that was frozen for long does not count its worker as dead', async () => {
  let isDead = false;
  void untilSilent(() => Promise.resolve(), new AbortController().signal, TIMES.page).then(() => {
    isDead = true;
  });
  vi.setSystemTime(Date.now() + 10 * LONG_MS);
  await vi.advanceTimersByTimeAsync(2 * TIMES.page.workerPingMs);
  expect(isDead).toBe(false);
});

test('an aborted watch sends no further pings', async () => {
  const abort = new AbortController();
  const ping = vi.fn(() => Promise.resolve());
  const watch = untilSilent(ping, abort.signal, TIMES.page);
  abort.abort();
  await expect(watch).rejects.toMatchObject({ code: 'ABORTED' });
  await vi.advanceTimersByTimeAsync(LONG_MS);
  expect(ping).not.toHaveBeenCalled();
});
