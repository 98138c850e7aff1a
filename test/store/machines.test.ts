import { describe, expect, test, vi } from 'vitest';
import type { ApplyResult, StateMachine } from '../../src/store/contract.ts';
import { CommandRefusedError, defineMachine } from '../../src/store/machine.ts';
import { Machines } from '../../src/store/machines.ts';
import { keyValueWith } from '../../src/store/registry.ts';
import { asLogIndex } from '../../src/wire/identifiers.ts';
import { LIMITS } from '../../src/wire/limits.ts';
import { tickets } from '../ticket-queue.ts';
import { bytesOf, Scribe } from './scribe.ts';

const KEY = 'desk/1';
interface Curious {
  readonly first: object;
  readonly second: object;
  readonly none: string | undefined;
  readonly zero: number;
}

const naming = (text: string): unknown => expect.stringContaining(text);
const take = (person: string) => ({ kind: 'take', person });

function scribeWith(machines: ConstructorParameters<typeof Machines>[0] = [tickets]): Scribe {
  const scribe = new Scribe({ machines });
  scribe.open('ann');
  scribe.open('bob');
  return scribe;
}

function replyOf(result: ApplyResult): unknown {
  if (result.kind !== 'written' || result.reply === undefined) return result;
  const text = new TextDecoder().decode(result.reply);
  return text === '' ? undefined : JSON.parse(text);
}

function answerOf(scribe: Scribe, question: unknown, machine?: string): unknown {
  const result = scribe.ask(KEY, question, machine);
  return result.kind === 'machine-reply' ? JSON.parse(new TextDecoder().decode(result.reply)) : result;
}

function restored(store: StateMachine): StateMachine {
  const restoration = keyValueWith([tickets]).restoration();
  for (const chunk of store.chunks()) restoration.add(chunk);
  return restoration.finish();
}

describe('a ticket queue', () => {
  test('gives each number once, serves in turn, and lets people leave', () => {
    const scribe = scribeWith();
    expect(replyOf(scribe.machine('ann', 1, KEY, take('Ann')))).toEqual({ number: 1, person: 'Ann' });
    expect(replyOf(scribe.machine('bob', 1, KEY, take('Bob')))).toEqual({ number: 2, person: 'Bob' });
    expect(replyOf(scribe.machine('ann', 2, KEY, take('Cid')))).toEqual({ number: 3, person: 'Cid' });
    expect(answerOf(scribe, { kind: 'length' })).toBe(3);
    expect(replyOf(scribe.machine('bob', 2, KEY, { kind: 'leave', number: 2 }))).toMatchObject({ person: 'Bob' });
    expect(replyOf(scribe.machine('ann', 3, KEY, { kind: 'serve' }))).toMatchObject({ number: 1 });
    expect(answerOf(scribe, { kind: 'next' })).toMatchObject({ number: 3 });
    expect(replyOf(scribe.machine('ann', 4, KEY, { kind: 'serve' }))).toMatchObject({ number: 3 });
    expect(replyOf(scribe.machine('ann', 5, KEY, { kind: 'serve' }))).toBeNull();
    expect(scribe.get(KEY)).toBe('{"nextNumber":4,"waiting":[]}');
  });

  test('answers a repeated command with its first reply, also from a restored state', () => {
    const scribe = scribeWith();
    const first = scribe.machine('ann', 1, KEY, take('Ann'));
    scribe.machine('bob', 1, KEY, take('Bob'));
    expect(scribe.machine('ann', 1, KEY, take('Ann'))).toEqual(first);
    const repetition = scribe.log.at(-1);
    if (repetition === undefined) throw new Error('the log has entries');
    const copy = restored(scribe.store);
    expect(copy.digest()).toBe(scribe.store.digest());
    const index = scribe.store.appliedIndex;
    expect(copy.apply(repetition, asLogIndex(index + 1))).toEqual(first);
    expect(answerOf(scribe, { kind: 'length' })).toBe(2);
  });

  test('performs a command with a condition only at that version', () => {
    const scribe = scribeWith();
    scribe.machine('ann', 1, KEY, take('Ann'));
    const stale = { condition: { versionstamp: undefined } };
    expect(scribe.machine('ann', 2, KEY, take('Ann'), stale)).toMatchObject({ kind: 'conflict' });
    const current = { condition: { versionstamp: { generation: 0, revision: 1 } } };
    expect(replyOf(scribe.machine('ann', 3, KEY, take('Bob'), current))).toMatchObject({ number: 2 });
  });

  test('begins again after its key was deleted', () => {
    const scribe = scribeWith();
    scribe.machine('ann', 1, KEY, take('Ann'));
    scribe.delete('ann', 2, KEY);
    expect(replyOf(scribe.machine('ann', 3, KEY, take('Bob')))).toMatchObject({ number: 1 });
  });

  test('waits for a transaction that holds its key', () => {
    const scribe = scribeWith();
    scribe.machine('ann', 1, KEY, take('Ann'));
    scribe.prepare('bob', 1, 'home', 2, { deletes: [KEY] });
    expect(scribe.machine('ann', 2, KEY, take('Bob'))).toMatchObject({ code: 'LOCKED' });
    expect(scribe.ask(KEY, { kind: 'length' })).toMatchObject({ code: 'LOCKED' });
    scribe.settle('abort', KEY, 'bob', 2);
    expect(replyOf(scribe.machine('ann', 2, KEY, take('Bob')))).toMatchObject({ number: 2 });
  });
});

describe('a refusal', () => {
  test('of the application is stored with its message, and changes nothing', () => {
    const scribe = scribeWith();
    const refused = { kind: 'refused', code: 'COMMAND_REFUSED', message: 'Ticket 9 does not wait.' };
    expect(scribe.machine('ann', 1, KEY, { kind: 'leave', number: 9 })).toEqual(refused);
    for (let number = 1; number <= 9; number++) scribe.machine('bob', number, KEY, take('Bob'));
    expect(scribe.machine('ann', 1, KEY, { kind: 'leave', number: 9 })).toEqual(refused);
    expect(restored(scribe.store).digest()).toBe(scribe.store.digest());
    expect(answerOf(scribe, { kind: 'length' })).toBe(9);
  });

  test('by an exception has the same message in every browser, and no half of a change', () => {
    const broken = defineMachine({
      name: 'broken',
      initial: { list: ['kept'] },
      apply(state: { list: string[] }, _command: number): { state: { list: string[] }; reply: number } {
        state.list.push('half');
        throw new TypeError('in the words of one browser');
      },
      read: (state: { list: string[] }, _question: number) => state.list,
    });
    const scribe = scribeWith([broken]);
    expect(scribe.machine('ann', 1, KEY, 1, { machine: 'broken' })).toEqual({
      kind: 'refused',
      code: 'COMMAND_REFUSED',
      message: 'Machine "broken" threw an exception. It changed nothing.',
    });
    expect(answerOf(scribe, 0, 'broken')).toEqual(['kept']);
  });

  test.each([
    ['a map', new Map()],
    ['a number that JSON lacks', Number.NaN],
    ['a promise', Promise.resolve(1)],
    ['a list with a hole', [undefined]],
    ['a function', () => 1],
  ])('meets a state with %s, which would not survive', (_name, value) => {
    const odd = defineMachine({
      name: 'odd',
      initial: { value: 0 },
      apply: (_state: { value: unknown }, _command: number) => ({ state: { value }, reply: 1 }),
      read: (state: { value: unknown }, _question: number) => state.value,
    });
    const scribe = scribeWith([odd]);
    expect(scribe.machine('ann', 1, KEY, 1, { machine: 'odd' })).toMatchObject({ code: 'COMMAND_REFUSED' });
    expect(scribe.get(KEY)).toBeUndefined();
  });

  test('meets a reply and a state that are too large', () => {
    const large = defineMachine({
      name: 'large',
      initial: '',
      apply: (_state: string, size: readonly [number, number]) => ({
        state: 's'.repeat(size[0]),
        reply: 'r'.repeat(size[1]),
      }),
      read: (state: string, times: number) => state.repeat(times),
    });
    const scribe = scribeWith([large]);
    const { commandReplyBytes } = LIMITS.machines;
    const run = (sequence: number, size: readonly [number, number]) =>
      scribe.machine('ann', sequence, KEY, size, { machine: 'large' });
    expect(run(1, [1, commandReplyBytes])).toMatchObject({ code: 'COMMAND_REFUSED' });
    expect(run(2, [LIMITS.messages.valueBytes, 1])).toMatchObject({ code: 'VALUE_TOO_LARGE' });
    expect(scribe.get(KEY)).toBeUndefined();
    expect(run(3, [9, commandReplyBytes - 2])).toMatchObject({ kind: 'written' });
    expect(answerOf(scribe, LIMITS.messages.valueBytes, 'large')).toMatchObject({ code: 'COMMAND_REFUSED' });
  });

  test('meets a value that another call has put to the key', () => {
    const checked = defineMachine({
      name: 'checked',
      initial: 0,
      apply: (count: number, by: number) => ({ state: count + by, reply: count + by }),
      read: (count: number, _question: null) => count,
      restore(bytes) {
        const count: unknown = JSON.parse(new TextDecoder().decode(bytes));
        if (typeof count !== 'number') throw new TypeError('no number');
        return count;
      },
    });
    const scribe = scribeWith([checked]);
    const add = (sequence: number) => scribe.machine('ann', sequence, KEY, 2, { machine: 'checked' });
    expect(replyOf(add(1))).toBe(2);
    scribe.put('ann', 2, KEY, '"text"');
    expect(add(3)).toMatchObject({ code: 'INVALID_ARGUMENT', message: naming('"checked"') });
    expect(scribe.ask(KEY, null, 'checked')).toMatchObject({ code: 'INVALID_ARGUMENT' });
    scribe.put('ann', 4, KEY, '40');
    expect(replyOf(add(5))).toBe(42);
  });
});

describe('a machine that a replica does not have', () => {
  test('keeps a herald from proposing, if the order serves the key', () => {
    const { store } = scribeWith([]);
    const scribe = scribeWith();
    scribe.machine('ann', 1, KEY, take('Ann'));
    const entry = scribe.log.at(-1);
    if (entry?.kind !== 'command') throw new Error('the entry is a command');
    expect(scribe.store.refusalOf(entry.command)).toBeUndefined();
    expect(store.refusalOf(entry.command)).toMatchObject({
      code: 'UNKNOWN_MACHINE',
      message: naming('"tickets"'),
    });
    expect(store.refusalOf({ ...entry.command, shardEpoch: 7 })).toMatchObject({ code: 'WRONG_SHARD' });
  });

  test('stops the replica at the first command that it would have to perform', () => {
    const scribe = scribeWith([]);
    expect(() => scribe.machine('ann', 1, KEY, take('Ann'))).toThrow(
      expect.objectContaining({ code: 'STORAGE_TOO_NEW', message: naming('"tickets"') }),
    );
    const other = scribeWith([]);
    expect(other.machine('ann', 1, KEY, take('Ann'), { shardEpoch: 7 })).toMatchObject({ code: 'WRONG_SHARD' });
    expect(other.ask(KEY, { kind: 'next' })).toMatchObject({ code: 'UNKNOWN_MACHINE' });
  });
});

describe('the state that a command gets', () => {
  test('is always restored from its bytes, so that no replica depends on its past', () => {
    const shared = { name: 'x' };
    const curious = defineMachine({
      name: 'curious',
      initial: { first: shared, second: shared, none: undefined, zero: 0 },
      apply(state: Curious, _command: number): { state: Curious; reply: boolean[] } {
        const isShared = state.first === state.second;
        const seen = [isShared, 'none' in state, Object.is(state.zero, -0)];
        return { state: { first: shared, second: shared, none: undefined, zero: -0 }, reply: seen };
      },
      read: (state: Curious, _question: number) => state.zero,
    });
    const scribe = scribeWith([curious]);
    for (const sequence of [1, 2, 3]) {
      expect(replyOf(scribe.machine('ann', sequence, KEY, 1, { machine: 'curious' }))).toEqual([false, false, false]);
    }
  });

  test('belongs to the command, and that of a read is frozen', () => {
    const counter = defineMachine({
      name: 'counter',
      initial: { count: 0 },
      apply(state: { count: number }, by: number) {
        state.count += by;
        return { state, reply: state.count };
      },
      read(state: { count: number }, isSpoiling: boolean) {
        if (isSpoiling) state.count = 99;
        return state.count;
      },
    });
    const scribe = scribeWith([counter]);
    expect(replyOf(scribe.machine('ann', 1, KEY, 2, { machine: 'counter' }))).toBe(2);
    expect(answerOf(scribe, false, 'counter')).toBe(2);
    expect(answerOf(scribe, true, 'counter')).toMatchObject({ code: 'COMMAND_REFUSED' });
    expect(replyOf(scribe.machine('ann', 2, KEY, 3, { machine: 'counter' }))).toBe(5);
    expect(answerOf(scribe, false, 'counter')).toBe(5);
    expect(counter.initial).toEqual({ count: 0 });
  });
});

test('reads share a restored state until the value changes, and the cache is bounded', () => {
  const load = vi.spyOn(tickets.code, 'load');
  const machines = new Machines([tickets]);
  const question = bytesOf('{"kind":"length"}');
  const value = (length: number) => bytesOf(JSON.stringify({ nextNumber: 1, waiting: Array(length).fill({}) }));
  const one = value(1);
  machines.read('tickets', one, question);
  machines.read('tickets', one, question);
  expect(load).toHaveBeenCalledTimes(1);
  // The bytes of another value are another array, even if an equal value returns with a shard.
  machines.read('tickets', one.slice(), question);
  expect(load).toHaveBeenCalledTimes(2);
  const values = Array.from({ length: LIMITS.machines.restoredStates }, () => value(2));
  for (const other of values) machines.read('tickets', other, question);
  load.mockClear();
  machines.read('tickets', one, question);
  expect(load).toHaveBeenCalledTimes(1);
  load.mockRestore();
});

test('a reply of undefined has no bytes, also in a restored state', () => {
  const silent = defineMachine({
    name: 'silent',
    initial: 0,
    apply: (count: number, _command: number) => ({ state: count + 1, reply: undefined }),
    read: (count: number) => count,
  });
  const scribe = scribeWith([silent]);
  expect(scribe.machine('ann', 1, KEY, 1, { machine: 'silent' })).not.toHaveProperty('reply');
  expect(restored(scribe.store).digest()).toBe(scribe.store.digest());
});

test('a machine needs a name of its own, its functions, and an initial state that can be stored', () => {
  const parts = { initial: 0, apply: (state: number) => ({ state, reply: 0 }), read: (state: number) => state };
  const refused: unknown = expect.objectContaining({ code: 'INVALID_ARGUMENT' });
  expect(() => defineMachine({ ...parts, name: '' })).toThrow(refused);
  expect(() => defineMachine({ ...parts, name: 'x'.repeat(65) })).toThrow(refused);
  expect(() => defineMachine({ ...parts, name: 'x', initial: Number.NaN })).toThrow(refused);
  const machine = defineMachine({ ...parts, name: 'x' });
  expect(() => new Machines([machine, machine])).toThrow(refused);
  expect(new CommandRefusedError('why').name).toBe('CommandRefusedError');
});
