/** Calls find the order of their shard, also after the shard has moved. */
import { expect, test } from 'vitest';
import { ServedShards } from '../../src/cluster/served-shards.ts';
import type { Shard } from '../../src/wire/configuration/configuration.ts';
import { asSlot, SLOT_COUNT } from '../../src/wire/identifiers.ts';
import { TIMES } from '../../src/wire/times.ts';
import { Bench, configurationOf, get, order, put, radiant, refusal, WHOLE_RING, WRITTEN } from './bench.ts';

const HERALD = radiant(1);
const AT_FIRST = configurationOf(1, [[WHOLE_RING], []]);
const MOVING = configurationOf(2, [[], [{ ...WHOLE_RING, epoch: 2, source: order(1) }]]);
const MOVED = configurationOf(3, [[], [{ ...WHOLE_RING, epoch: 2 }]]);

/** Returns a client with an open session at the first order, and a call whose command was sent in the session. */
function writing(): { readonly bench: Bench; readonly call: ReturnType<Bench['call']> } {
  const bench = new Bench();
  bench.show({ herald: HERALD, configuration: AT_FIRST });
  bench.call(put('first'));
  bench.openSession();
  bench.answer(bench.last('command'), WRITTEN);
  return { bench, call: bench.call(put('k')) };
}

test('each slot is found in the shard that contains it', () => {
  const shard = (first: number, last: number): Shard => ({
    first: asSlot(first),
    last: asSlot(last),
    epoch: first + 1,
    source: undefined,
  });
  const shards = [
    [shard(8_000, 8_000), shard(0, 99)],
    [shard(100, 7_999), shard(8_001, SLOT_COUNT - 1)],
  ];
  const served = new ServedShards(configurationOf(1, shards));
  for (const [slot, owner, first] of [
    [0, 1, 0],
    [99, 1, 0],
    [100, 2, 100],
    [7_999, 2, 100],
    [8_000, 1, 8_000],
    [8_001, 2, 8_001],
    [SLOT_COUNT - 1, 2, 8_001],
  ] as const) {
    expect(served.at(asSlot(slot))).toMatchObject({ order: order(owner), shard: { first } });
  }
});

test('a command whose shard moves is sent to the new order at once, with the same session and number', () => {
  const { bench, call } = writing();
  const before = bench.last('command');
  bench.show({ herald: HERALD, configuration: MOVING });
  const after = bench.last('command');
  expect(after).toMatchObject({ order: order(2), question: { command: { shardEpoch: 2 } } });
  expect(after?.id.client).toBe(before?.id.client);
  expect(after?.question.command.sequence).toBe(before?.question.command.sequence);
  expect(bench.all('open-session')).toHaveLength(1);
  bench.answer(after, WRITTEN);
  expect(bench.gist(call)).toBe('written');
});

test('a late answer of the old order settles the call, since its effect moved with the shard', () => {
  const { bench, call } = writing();
  const before = bench.last('command');
  bench.show({ herald: HERALD, configuration: MOVING });
  bench.answer(before, WRITTEN);
  expect(bench.gist(call)).toBe('written');
});

test('a call on a shard that has not arrived is sent again after a while, or when the configuration changes', () => {
  const { bench } = writing();
  bench.show({ herald: HERALD, configuration: MOVING });
  const sent = () => bench.all('command').length;
  const atFirst = sent();
  bench.answer(bench.last('command'), refusal('WRONG_SHARD', true));
  bench.show({ herald: HERALD, configuration: MOVING });
  expect(sent()).toBe(atFirst);
  bench.pass(TIMES.client.refusalRetryMs);
  expect(sent()).toBe(atFirst + 1);
  bench.answer(bench.last('command'), refusal('WRONG_SHARD', true));
  bench.show({ herald: HERALD, configuration: MOVED });
  expect(sent()).toBe(atFirst + 2);
});

test('a refusal is followed at once if a newer configuration explains it', () => {
  const { bench } = writing();
  bench.show({ herald: HERALD, configuration: MOVING });
  const atNew = bench.last('command');
  bench.show({ herald: HERALD, configuration: MOVED });
  bench.answer(atNew, refusal('WRONG_SHARD', true));
  const [before, after] = bench.all('command').slice(-2);
  expect(before?.id).toEqual(atNew?.id);
  expect(after?.order).toBe(order(2));
});

test('a session that was opened after the shard had left is unknown at its new order, and continues at the old one', () => {
  const bench = new Bench();
  const half = SLOT_COUNT / 2;
  const low = { ...WHOLE_RING, last: asSlot(half - 1) };
  const high = { ...WHOLE_RING, first: asSlot(half) };
  bench.show({ herald: HERALD, configuration: configurationOf(1, [[low, high], []]) });
  const stays = bench.call(put('first'));
  bench.openSession();
  bench.answer(bench.last('command'), WRITTEN);
  const session = bench.last('command')?.id.client;

  // Key `k` lies in the lower half, which has already moved away from the first order.
  const moves = bench.call(put('k'));
  bench.answer(bench.last('command'), refusal('WRONG_SHARD', true));
  bench.show({ herald: HERALD, configuration: configurationOf(2, [[high], [{ ...low, epoch: 2 }]]) });
  expect(bench.last('command')).toMatchObject({ order: order(2), id: { client: session } });
  bench.answer(bench.last('command'), refusal('UNKNOWN_SESSION', true));
  expect(bench.last('open-session')?.order).toBe(order(2));
  bench.openSession();
  expect(bench.last('command')?.id.client).not.toBe(session);
  bench.answer(bench.last('command'), WRITTEN);
  expect([stays, moves].map((call) => bench.gist(call))).toEqual(['written', 'written']);

  const sessions = bench.all('open-session').length;
  bench.call(put('first'));
  expect(bench.last('command')).toMatchObject({ order: order(1), id: { client: session } });
  // The command that moved to the other order counts as finished in the session of the first order.
  expect(bench.last('command')?.question.command).toMatchObject({ sequence: 3, finishedThrough: 2 });
  expect(bench.all('open-session')).toHaveLength(sessions);
});

test('a command that may have taken effect does not start again if its session is unknown', () => {
  const { bench, call } = writing();
  bench.show({ herald: HERALD, configuration: MOVING });
  bench.answer(bench.last('command'), refusal('UNKNOWN_SESSION', true));
  expect(bench.gist(call)).toBe('OUTCOME_UNKNOWN');
});

test('later commands open a session at the new order, and every order learns the finished watermark', () => {
  const { bench } = writing();
  bench.show({ herald: HERALD, configuration: MOVING });
  const moved = bench.last('command');
  bench.call(put('other'));
  expect(bench.last('open-session')?.order).toBe(order(2));
  bench.answer(moved, WRITTEN);
  bench.openSession();
  const further = bench.last('command');
  expect(further?.id.client).not.toBe(moved?.id.client);
  expect(further?.question.command).toMatchObject({ sequence: 1, finishedThrough: 0 });
});

test('a read follows its shard', () => {
  const bench = new Bench();
  bench.show({ herald: HERALD, configuration: AT_FIRST });
  const call = bench.call(get('k'));
  bench.answer(bench.last('read'), refusal('WRONG_SHARD', true));
  bench.show({ herald: HERALD, configuration: MOVED });
  expect(bench.last('read')).toMatchObject({ order: order(2), question: { shardEpoch: 2 } });
  bench.answer(bench.last('read'), { kind: 'missing' });
  expect(bench.gist(call)).toBe('missing');
});

test('a call whose shard does not arrive in time has no effect, and its error says why', () => {
  const bench = new Bench();
  bench.show({ herald: HERALD, configuration: MOVING });
  const call = bench.call(get('k'));
  while (bench.gist(call) === undefined) {
    bench.answer(bench.last('read'), refusal('WRONG_SHARD', true));
    bench.pass(TIMES.raft.tickMs);
  }
  expect(bench.gist(call)).toBe('UNAVAILABLE');
  expect(bench.message(call)).toContain('is moving to another order');
});

test('the session of a dissolved order is forgotten, and its commands continue at the new owners of their slots', () => {
  const { bench, call } = writing();
  const session = bench.last('command')?.id.client;
  const [, second] = MOVED.orders;
  if (second === undefined) throw new Error('a second order');
  bench.show({ herald: HERALD, configuration: { ...MOVED, number: 4, orders: [second] } });
  expect(bench.last('command')).toMatchObject({ order: order(2), id: { client: session } });
  bench.answer(bench.last('command'), WRITTEN);
  expect(bench.gist(call)).toBe('written');
});
