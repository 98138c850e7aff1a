import { expect, test } from 'vitest';
import type { BootId } from '../../src/wire/identifiers.ts';
import { idFromBytes } from '../../src/wire/identifiers.ts';
import { LIMITS } from '../../src/wire/limits.ts';
import { TIMES } from '../../src/wire/times.ts';
import { Bench, get, put, radiant, refusal, WRITTEN, writing } from './bench.ts';

const HERALD = { herald: radiant(1) };

function formed(): Bench {
  const bench = new Bench();
  bench.show(HERALD);
  return bench;
}

test('the first write opens a session, and a read opens none', () => {
  const bench = formed();
  const calls = [put('a'), put('b')].map((call) => bench.call(call));
  expect(bench.all('open-session')).toHaveLength(1);
  expect(bench.all('command')).toHaveLength(0);
  bench.openSession();
  expect(bench.all('command').map(({ question }) => question.command.sequence)).toEqual([1, 2]);
  for (const request of bench.all('command')) bench.answer(request, WRITTEN);
  expect(calls.map((call) => bench.gist(call))).toEqual(['written', 'written']);
  bench.call(put('c'));
  expect(bench.all('open-session')).toHaveLength(1);
});

test('a command without an answer is sent again with the same number and opens no session', () => {
  const bench = writing();
  bench.call(put('k'));
  const sent = bench.all('command').length;
  bench.pass(TIMES.client.requestRetryMs);
  const [before, again] = bench.all('command').slice(sent - 1);
  expect(again?.question.command.sequence).toBe(before?.question.command.sequence);
  expect(again?.id.number).not.toBe(before?.id.number);
  expect(bench.all('open-session')).toHaveLength(1);
});

test('a refusal that names another herald is followed at once', () => {
  const bench = writing();
  bench.call(put('k'));
  const sent = bench.all('command').length;
  bench.show({ herald: radiant(2) });
  expect(bench.all('command')).toHaveLength(sent + 1);
});

test('a temporary refusal is followed by one retry at a time', () => {
  const bench = writing();
  bench.call(put('k'));
  const sent = bench.all('command').length;
  bench.answer(bench.last('command'), refusal('NOT_HERALD', true));
  bench.show(HERALD);
  expect(bench.all('command')).toHaveLength(sent);
  bench.pass(TIMES.client.refusalRetryMs);
  expect(bench.all('command')).toHaveLength(sent + 1);
});

test('at the deadline a call had no effect if every sending was refused; otherwise its outcome is unknown', () => {
  const bench = writing();
  const refused = bench.call(put('refused'));
  const request = bench.last('command');
  const silent = bench.call(put('silent'));
  const disowned = bench.call(put('disowned'));
  bench.answer(bench.last('command'), refusal('NOT_HERALD', false));
  const read = bench.call(get('read'));
  bench.answer(request, refusal('NOT_HERALD', true));
  bench.show({ herald: undefined });
  while (bench.nowMs < TIMES.client.requestDeadlineMs) {
    bench.pass(TIMES.raft.tickMs);
    const last = bench.all('command').filter(({ question }) => question.command.sequence === 2);
    for (const again of last) bench.answer(again, refusal('NOT_HERALD', true));
  }
  expect([refused, silent, disowned, read].map((call) => bench.gist(call))).toEqual([
    'UNAVAILABLE',
    'OUTCOME_UNKNOWN',
    'OUTCOME_UNKNOWN',
    'UNAVAILABLE',
  ]);
});

test('an order that accepts no further session or command makes a call OVERLOADED, not UNAVAILABLE', () => {
  const bench = formed();
  const write = bench.call(put('k'));
  const read = bench.call(get('other'));
  while (bench.nowMs < TIMES.client.requestDeadlineMs) {
    for (const kind of ['open-session', 'read'] as const) bench.answer(bench.last(kind), refusal('OVERLOADED', true));
    bench.pass(TIMES.raft.tickMs);
  }
  expect([write, read].map((call) => bench.gist(call))).toEqual(['OVERLOADED', 'OVERLOADED']);
});

test('a call in a cluster that is not formed fails at once and counts the radiants that are present', () => {
  const bench = new Bench();
  bench.showUnformed(1);
  const call = bench.call(put('k'));
  expect(bench.gist(call)).toBe('NOT_FORMED');
  expect(bench.message(call)).toContain('1 of 3');
});

test('a call waits for a cluster that is about to form', () => {
  const bench = new Bench();
  bench.showUnformed(3);
  const call = bench.call(get('k'));
  expect(bench.gist(call)).toBeUndefined();
  bench.show(HERALD);
  bench.answer(bench.last('read'), { kind: 'missing' });
  expect(bench.gist(call)).toBe('missing');
});

test('without a quorum a call fails after quorumPatienceMs, later calls fail at once, and the message names the missing voters', () => {
  const bench = writing();
  bench.show({ herald: undefined, reachable: [1] });
  const call = bench.call(put('k'));
  for (const request of bench.all('command')) bench.answer(request, refusal('NOT_HERALD', true));
  bench.pass(TIMES.client.quorumPatienceMs - TIMES.raft.tickMs);
  for (const request of bench.all('command')) bench.answer(request, refusal('NOT_HERALD', true));
  expect(bench.gist(call)).toBeUndefined();
  bench.pass(TIMES.raft.tickMs);
  expect(bench.gist(call)).toBe('NO_QUORUM');
  const later = bench.call(get('k'));
  expect(bench.gist(later)).toBe('NO_QUORUM');
  expect(bench.message(later)).toContain(radiant(2).slice(0, 6));
});

test.each([
  [{ reachable: [1] }, /linked to no other radiant\. Check the network of this device/u, /^Open their tabs/u],
  [{ reachable: [1], isLinked: true }, /missing: .*, .*\. Open their tabs again/u, /network|is lost/u],
  [{ reachable: [1], lost: [2], isLinked: true }, /missing: .*The data of .* is lost, so no tab/u, /network/u],
  [{ reachable: [1], lost: [2, 3], isLinked: true }, /needs a majority/u, /Open their tabs|missing:/u],
] as const)('the message of NO_QUORUM gives the right advice: %j', (shown, expected, unexpected) => {
  const bench = writing();
  bench.show({ herald: undefined, ...shown });
  bench.pass(TIMES.client.quorumPatienceMs);
  const call = bench.call(get('k'));
  expect(bench.gist(call)).toBe('NO_QUORUM');
  expect(bench.message(call)).toMatch(expected);
  expect(bench.message(call)).not.toMatch(unexpected);
});

test('a write that was sent before the quorum was lost has an unknown outcome', () => {
  const bench = writing();
  const call = bench.call(put('k'));
  bench.show({ herald: undefined, reachable: [1] });
  bench.pass(TIMES.client.quorumPatienceMs);
  expect(bench.gist(call)).toBe('OUTCOME_UNKNOWN');
});

test('a command that had no effect starts again in a new session if its session is unknown', () => {
  const bench = writing();
  const call = bench.call(put('k'));
  const before = bench.last('command');
  bench.answer(before, refusal('UNKNOWN_SESSION', true));
  expect(bench.gist(call)).toBeUndefined();
  bench.openSession();
  const after = bench.last('command');
  expect(after?.id.client).not.toBe(before?.id.client);
  bench.answer(after, WRITTEN);
  expect(bench.gist(call)).toBe('written');
});

test('a command that may have taken effect has an unknown outcome if its session is unknown', () => {
  const bench = writing();
  const call = bench.call(put('k'));
  bench.pass(TIMES.client.requestRetryMs);
  bench.answer(bench.last('command'), refusal('UNKNOWN_SESSION', true));
  expect(bench.gist(call)).toBe('OUTCOME_UNKNOWN');
  const sessions = bench.all('open-session').length;
  bench.call(put('k'));
  expect(bench.all('open-session')).toHaveLength(sessions + 1);
});

test('calls on one key are sent one after another, and reads between two writes are sent together', () => {
  const bench = writing();
  const sent = () => bench.asked.slice(2).map(({ question }) => question.kind);
  const calls = [put('k', '1'), get('k'), get('k'), put('k', '2')].map((call) => bench.call(call));
  bench.call(put('other'));
  expect(sent()).toEqual(['command', 'command']);
  bench.answer(bench.all('command').at(-2), WRITTEN);
  expect(sent()).toEqual(['command', 'command', 'read', 'read']);
  for (const read of bench.all('read')) bench.answer(read, { kind: 'missing' });
  expect(sent()).toHaveLength(5);
  bench.answer(bench.last('command'), WRITTEN);
  expect(calls.map((call) => bench.gist(call))).toEqual(['written', 'missing', 'missing', 'written']);
});

test('an aborted call settles at once and releases the next call on its key', () => {
  const bench = writing();
  const aborted = bench.call(put('k', '1'));
  const next = bench.call(put('k', '2'));
  bench.abort(aborted);
  bench.abort(aborted);
  expect(bench.gist(aborted)).toBe('ABORTED');
  const { command } = bench.last('command')?.question ?? {};
  expect(command?.finishedThrough).toBe((command?.sequence ?? 0) - 1);
  bench.answer(bench.last('command'), WRITTEN);
  expect(bench.gist(next)).toBe('written');
});

test('the finished watermark stops before the first unfinished command', () => {
  const bench = writing();
  bench.call(put('slow'));
  for (const key of ['a', 'b', 'c']) {
    bench.call(put(key));
    expect(bench.last('command')?.question.command.finishedThrough).toBe(1);
    bench.answer(bench.last('command'), WRITTEN);
  }
});

test('after a restart of the radiant every call is sent again', () => {
  const bench = writing();
  const write = bench.call(put('k'));
  const before = bench.last('command');
  bench.restart();
  const again = bench.last('command');
  expect(again?.question.command.sequence).toBe(before?.question.command.sequence);
  bench.answer(before, WRITTEN);
  expect(bench.gist(write)).toBeUndefined();
  bench.answer(again, refusal('NOT_HERALD', true));
  bench.show({ herald: undefined, reachable: [1] });
  bench.pass(TIMES.client.quorumPatienceMs);
  expect(bench.gist(write)).toBe('OUTCOME_UNKNOWN');
});

test('while the radiant is down nothing is sent, and calls fail after 2 s with its error', () => {
  const bench = writing();
  const sent = bench.call(put('sent'));
  bench.down('STORAGE_HUNG');
  const asked = bench.asked.length;
  const unsent = [bench.call(put('unsent')), bench.call(get('read'))];
  bench.pass(TIMES.client.downtimePatienceMs - 100);
  expect(unsent.map((call) => bench.gist(call))).toEqual([undefined, undefined]);
  // A failed restart of the radiant does not extend the time that calls wait.
  bench.down('STORAGE_HUNG');
  bench.pass(100);
  expect(unsent.map((call) => bench.gist(call))).toEqual(['STORAGE_HUNG', 'STORAGE_HUNG']);
  expect(bench.gist(sent)).toBe('OUTCOME_UNKNOWN');
  expect(bench.asked).toHaveLength(asked);
  expect(bench.outcomes.get(unsent[0] ?? sent)).toMatchObject({ error: { effect: 'none' } });
});

test('a call that waits for the radiant continues with its next boot', () => {
  const bench = writing();
  bench.down('STORAGE_HUNG');
  const call = bench.call(put('k'));
  bench.pass(TIMES.client.downtimePatienceMs / 2);
  bench.restart();
  bench.answer(bench.last('command'), WRITTEN);
  expect(bench.gist(call)).toBe('written');
});

test('answers to other clients and answers of the wrong kind change nothing', () => {
  const bench = writing();
  const call = bench.call(put('k'));
  const request = bench.last('command');
  if (request === undefined) throw new Error('a command');
  const other = { ...request.id, clientBoot: idFromBytes<BootId>(new Uint8Array(16).fill(99)) };
  bench.answer({ ...request, id: other }, WRITTEN);
  expect(bench.gist(call)).toBeUndefined();
  bench.answer(request, { kind: 'missing' });
  expect(bench.gist(call)).toBeUndefined();
});

test('the client rejects a value that is too large, and the order rejects one that grows too large', () => {
  const bench = writing();
  expect(() => bench.call(put('k', 'x'.repeat(LIMITS.messages.valueBytes + 1)))).toThrow(
    expect.objectContaining({ code: 'VALUE_TOO_LARGE' }),
  );
  expect(() => bench.call(put(''))).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  const call = bench.call(put('k'));
  bench.answer(bench.last('command'), refusal('VALUE_TOO_LARGE', true));
  expect(bench.gist(call)).toBe('VALUE_TOO_LARGE');
});
