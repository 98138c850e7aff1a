/** Calls wait for room in the send window. Only as many are sent as can be answered in time. */
import { keyOperation } from '../key-operation.ts';
import { expect, test } from 'vitest';
import type { CallNumber } from '../../src/client/contract.ts';
import { asSlot } from '../../src/wire/identifiers.ts';
import { LIMITS } from '../../src/wire/limits.ts';
import { TIMES } from '../../src/wire/times.ts';
import {
  append,
  type Bench,
  configurationOf,
  get,
  order,
  put,
  radiant,
  refusal,
  WHOLE_RING,
  WRITTEN,
  writing,
} from './bench.ts';
import { SlowOrder } from './slow-order.ts';

const HERALD = { herald: radiant(1) };
const MEGABYTE = 'x'.repeat(1_000_000);
/** Number of calls with a large value that fill a send window of any size. */
const FILLING = Math.ceil(LIMITS.client.sendWindowMaximumBytes / MEGABYTE.length) + 1;

/** Returns a client with an open session and without any other request. */
function idle(): Bench {
  const bench = writing();
  bench.asked.length = 0;
  return bench;
}

function gists(bench: Bench, calls: readonly CallNumber[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const call of calls) {
    const gist = bench.gist(call) ?? 'open';
    counts[gist] = (counts[gist] ?? 0) + 1;
  }
  return counts;
}

test('5,000 small writes at once all take effect, and only a bounded number is under way at a time', () => {
  const bench = idle();
  const calls = Array.from({ length: 5_000 }, (_, at) => bench.call(put(`key ${at}`)));
  const slow = new SlowOrder(bench, 1_000_000);
  let mostUnderWay = 0;
  slow.run(1_500, () => {
    mostUnderWay = Math.max(mostUnderWay, slow.underWay);
  });
  expect(gists(bench, calls)).toEqual({ written: 5_000 });
  expect(bench.asked).toHaveLength(5_000);
  expect(mostUnderWay).toBe(LIMITS.client.clientRequests);
});

test('24 writes of 1 MB at once over a link of 4 MB per second all take effect, and each is sent once', () => {
  const bench = idle();
  const calls = Array.from({ length: 24 }, (_, at) => bench.call(put(`key ${at}`, MEGABYTE)));
  new SlowOrder(bench, 4_000_000).run(7_000);
  expect(gists(bench, calls)).toEqual({ written: 24 });
  expect(bench.asked).toHaveLength(24);
});

test('over a link that is too slow for all large writes, each takes effect or fails without effect', () => {
  const bench = idle();
  const calls = Array.from({ length: 24 }, (_, at) => bench.call(put(`key ${at}`, MEGABYTE)));
  new SlowOrder(bench, 1_500_000).run(2 * TIMES.client.requestDeadlineMs);
  const { written = 0, OVERLOADED: overloaded = 0 } = gists(bench, calls);
  expect(written + overloaded).toBe(24);
  expect(written).toBeGreaterThan(10);
});

test('many reads of large values at once all return the value, and each is sent once', () => {
  const bench = idle();
  const calls = Array.from({ length: 24 }, (_, at) => bench.call(get(`key ${at}`)));
  new SlowOrder(bench, 4_000_000, new Uint8Array(1_000_000)).run(8_000);
  expect(gists(bench, calls)).toEqual({ value: 24 });
  expect(bench.asked).toHaveLength(24);
});

test('large writes do not hold up small writes or reads, and small ones do not hold up large ones', () => {
  const bench = idle();
  for (let at = 0; at < FILLING; at++) bench.call(put(`large ${at}`, MEGABYTE));
  bench.asked.length = 0;
  bench.call(put('small'));
  bench.call(get('read'));
  expect(bench.asked.map(({ question }) => question.kind)).toEqual(['command', 'read']);

  const other = idle();
  for (let at = 0; at < 2 * LIMITS.client.clientRequests; at++) other.call(put(`small ${at}`));
  other.asked.length = 0;
  other.call(put('large', MEGABYTE));
  expect(other.all('command')).toHaveLength(1);
});

test('calls beyond the byte limit of waiting calls are refused at once without effect until others settle', () => {
  const bench = idle();
  const fitting = Math.floor(LIMITS.client.waitingCallBytes / (MEGABYTE.length + LIMITS.client.callOverheadBytes + 10));
  const calls = Array.from({ length: fitting }, (_, at) => bench.call(put(`key ${at}`, MEGABYTE)));
  const oneMore = () => bench.call(put('one more', MEGABYTE));
  expect(oneMore).toThrow(expect.objectContaining({ code: 'OVERLOADED', effect: 'none' }));
  const [first] = calls;
  if (first === undefined) throw new Error('something fits');
  bench.answer(bench.all('command')[0], WRITTEN);
  expect(bench.gist(first)).toBe('written');
  expect(oneMore).not.toThrow();
});

test('calls on one key keep their order while they wait for room', () => {
  const bench = idle();
  for (let at = 0; at < FILLING; at++) bench.call(put(`large ${at}`, MEGABYTE));
  const values = ['1', '2', '3', '4'].map((digit) => digit + MEGABYTE);
  const calls = values.map((value) => bench.call(append('key', value)));
  const read = bench.call(get('key'));
  expect(bench.all('read')).toEqual([]);
  new SlowOrder(bench, 8_000_000).run(6_000);
  expect(gists(bench, calls)).toEqual({ written: 4 });
  expect(bench.gist(read)).toBe('value');
  const digits = bench.all('command').flatMap(({ question: { command } }) => {
    return command.operation.kind === 'append' ? [String.fromCharCode(command.operation.value[0] ?? 0)] : [];
  });
  expect(digits).toEqual(['1', '2', '3', '4']);
  expect(bench.asked.at(-1)?.question.kind).toBe('read');
});

test('a call that waited until its deadline is OVERLOADED if the order answers others, else UNAVAILABLE', () => {
  const answering = idle();
  for (let at = 0; at < FILLING; at++) answering.call(put(`large ${at}`, MEGABYTE));
  const overloaded = answering.call(put('waits', MEGABYTE));
  answering.pass(100);
  answering.answer(answering.last('command'), refusal('STALE_REQUEST', true));
  answering.call(get('other'));
  answering.answer(answering.last('read'), { kind: 'missing' });
  answering.pass(TIMES.client.requestDeadlineMs);
  expect(answering.gist(overloaded)).toBe('OVERLOADED');

  const silent = idle();
  for (let at = 0; at < FILLING; at++) silent.call(put(`large ${at}`, MEGABYTE));
  const unavailable = silent.call(put('waits', MEGABYTE));
  silent.pass(TIMES.client.requestDeadlineMs);
  expect(silent.gist(unavailable)).toBe('UNAVAILABLE');
});

test('a call that is sent late still gets time for its answer', () => {
  const bench = idle();
  const calls = Array.from({ length: FILLING }, (_, at) => bench.call(put(`large ${at}`, MEGABYTE)));
  const waiting = bench.call(put('waits', MEGABYTE));
  bench.pass(TIMES.client.requestDeadlineMs - TIMES.raft.tickMs);
  for (const call of calls) bench.abort(call);
  const last = bench.last('command');
  expect(last && keyOperation(last.question.command).key).toEqual(new TextEncoder().encode('waits'));
  bench.pass(TIMES.client.answerPatienceMs - TIMES.raft.tickMs);
  expect(bench.gist(waiting)).toBeUndefined();
  bench.answer(bench.last('command'), WRITTEN);
  expect(bench.gist(waiting)).toBe('written');
});

test('a lost order also ends the calls that wait for room at it', () => {
  const bench = idle();
  const calls = Array.from({ length: 2 * LIMITS.client.clientRequests }, (_, at) => bench.call(get(`key ${at}`)));
  bench.show({ herald: undefined, reachable: [1] });
  bench.pass(TIMES.client.quorumPatienceMs);
  expect(gists(bench, calls)).toEqual({ NO_QUORUM: calls.length });
});

test('many calls on one key that fail at once do not exhaust the stack', () => {
  const bench = idle();
  const calls = Array.from({ length: 5_000 }, () => bench.call(put('key')));
  bench.show({ herald: undefined, reachable: [1] });
  bench.pass(TIMES.client.quorumPatienceMs);
  expect(gists(bench, calls)).toEqual({ OUTCOME_UNKNOWN: 1, NO_QUORUM: calls.length - 1 });
});

test('calls that wait for room follow their shard to another order', () => {
  const bench = idle();
  for (let at = 0; at < 2 * LIMITS.client.clientRequests; at++) bench.call(get(`key ${at}`));
  const sent = bench.asked.length;
  const moved = [{ ...WHOLE_RING, last: asSlot(0) }];
  const rest = [{ ...WHOLE_RING, first: asSlot(1), epoch: 2 }];
  bench.show({ ...HERALD, configuration: configurationOf(2, [moved, rest]) });
  const waited = bench.asked.slice(sent).filter(({ question }) => question.kind === 'read');
  expect(waited.some((request) => request.order === order(2))).toBe(true);
  expect(new Set(waited.map(({ order: asked }) => asked))).not.toContain(order(1));
});

test('a request without an answer is sent again after growing waits, and the bytes under way do not grow', () => {
  const bench = idle();
  bench.call(put('key'));
  bench.pass(TIMES.client.requestDeadlineMs - TIMES.raft.tickMs);
  expect(bench.asked.length).toBeLessThan(8);
});

test('a session stays within the number of outcomes that its order keeps beyond an unfinished command', () => {
  const bench = idle();
  bench.call(put('slow', MEGABYTE));
  const calls = Array.from({ length: LIMITS.herald.sessionOutcomes + 10 }, (_, at) => bench.call(put(`key ${at}`)));
  const isOfSlow = ({ question }: (typeof commands)[number]) => keyOperation(question.command).key.length === 4;
  let commands = bench.all('command');
  for (let round = 0; round < 6; round++) {
    const asked = commands.filter((request) => !isOfSlow(request));
    bench.asked.length = 0;
    for (const request of asked) bench.answer(request, WRITTEN);
    commands = bench.all('command');
  }
  expect(gists(bench, calls)).toEqual({ written: LIMITS.herald.sessionOutcomes - 1, open: 11 });
});

test('a call that is aborted while it waits is never sent and releases the next call on its key', () => {
  const bench = idle();
  for (let at = 0; at < FILLING; at++) bench.call(put(`large ${at}`, MEGABYTE));
  const aborted = bench.call(append('key', `1${MEGABYTE}`));
  const next = bench.call(append('key', '2'));
  const sent = bench.asked.length;
  bench.abort(aborted);
  expect(bench.outcomes.get(aborted)).toMatchObject({ error: { code: 'ABORTED', effect: 'none' } });
  expect(bench.asked.slice(sent).map(({ question }) => question.kind)).toEqual(['command']);
  bench.answer(bench.last('command'), WRITTEN);
  expect(bench.gist(next)).toBe('written');
  new SlowOrder(bench, 8_000_000).run(4_000);
  const values = bench.all('command').map(({ question: { command } }) => {
    return command.operation.kind === 'append' ? command.operation.value[0] : undefined;
  });
  expect(values.filter((value) => value !== undefined)).toEqual(['2'.charCodeAt(0)]);
});

test('a call whose session is forgotten repeatedly still ends in time', () => {
  const bench = idle();
  const call = bench.call(put('key'));
  const longestMs = TIMES.client.requestDeadlineMs + TIMES.client.answerPatienceMs;
  for (let passedMs = 0; passedMs < longestMs; passedMs += 1_000) {
    bench.answer(bench.last('command'), refusal('UNKNOWN_SESSION', true));
    bench.pass(1_000);
    bench.openSession();
  }
  expect(bench.gist(call)).toBeDefined();
});

test('a waiting call ends at its own time-out, even behind calls that may wait longer', () => {
  const bench = idle();
  const sent = bench.call(put('key'));
  const patient = bench.call(put('key'));
  const hasty = bench.call(put('key'), 1_000);
  bench.pass(950);
  expect(gists(bench, [sent, patient, hasty])).toEqual({ open: 3 });
  bench.pass(100);
  expect([sent, patient].map((call) => bench.gist(call))).toEqual([undefined, undefined]);
  expect(bench.gist(hasty)).toBe('UNAVAILABLE');
});
