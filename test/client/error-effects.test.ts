/** `error.effect` depends on the requests that were sent, not only on the error code. */
import { expect, test } from 'vitest';
import type { Call, CallNumber } from '../../src/client/contract.ts';
import { TIMES } from '../../src/wire/times.ts';
import { type Bench, get, put, refusal, writing } from './bench.ts';

function failureOf(bench: Bench, call: CallNumber) {
  const outcome = bench.outcomes.get(call);
  if (outcome?.kind !== 'failed') throw new Error(`the call ended as ${outcome?.kind}`);
  const { code, effect, message } = outcome.error;
  return { code, effect, message };
}

function append(key: string): Call {
  const bytes = (text: string) => new TextEncoder().encode(text);
  return { kind: 'write', operation: { kind: 'append', key: bytes(key), value: bytes('v') } };
}

const ENDINGS = [
  ['ABORTED', (bench: Bench, call: CallNumber) => bench.abort(call)],
  ['CLOSED', (bench: Bench) => bench.close()],
] as const;

test.each(ENDINGS)('%s of a sent write has effect unknown and advises to read first', (code, end) => {
  const bench = writing();
  const call = bench.call(append('k'));
  end(bench, call);
  expect(failureOf(bench, call)).toMatchObject({ code, effect: 'unknown' });
  expect(failureOf(bench, call).message).toContain('Read the key before you append again');
});

test.each(ENDINGS)('%s of a write that waits for another one has effect none', (code, end) => {
  const bench = writing();
  bench.call(put('k'));
  const waiting = bench.call(put('k'));
  end(bench, waiting);
  expect(failureOf(bench, waiting)).toMatchObject({ code, effect: 'none' });
});

test.each(ENDINGS)('%s of a write that was refused each time has effect none', (code, end) => {
  const bench = writing();
  const call = bench.call(put('k'));
  bench.answer(bench.last('command'), refusal('OVERLOADED', true));
  end(bench, call);
  expect(failureOf(bench, call)).toMatchObject({ code, effect: 'none' });
});

test.each(ENDINGS)('%s of a read has effect none and mentions no write', (code, end) => {
  const bench = writing();
  const call = bench.call(get('k'));
  end(bench, call);
  expect(failureOf(bench, call)).toMatchObject({ code, effect: 'none' });
  expect(failureOf(bench, call).message).not.toMatch(/write|take effect/u);
});

test('a closed client sends nothing, including calls that waited for their turn', () => {
  const bench = writing();
  for (let count = 0; count < 3; count++) bench.call(put('k'));
  const asked = bench.asked.length;
  bench.close();
  bench.pass(TIMES.client.requestRetryMs);
  expect(bench.asked.length).toBe(asked);
});

test('the error of an append without an answer does not advise to try again', () => {
  const bench = writing();
  const call = bench.call(append('k'));
  bench.pass(TIMES.client.requestDeadlineMs);
  const { code, effect, message } = failureOf(bench, call);
  expect({ code, effect }).toEqual({ code: 'OUTCOME_UNKNOWN', effect: 'unknown' });
  expect(message).not.toMatch(/try again/iu);
  expect(message).toContain('a second append adds the value twice');
});

test('the error of a read without an answer advises to try again', () => {
  const bench = writing();
  const call = bench.call(get('k'));
  bench.pass(TIMES.client.requestDeadlineMs);
  expect(failureOf(bench, call)).toEqual({
    code: 'UNAVAILABLE',
    effect: 'none',
    message: 'No answer came in time. Try again.',
  });
});
