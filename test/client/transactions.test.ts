import { expect, test } from 'vitest';
import type { Call, CallNumber } from '../../src/client/contract.ts';
import { slotOfKey } from '../../src/store/key.ts';
import type { Commit, Prepare, Settle } from '../../src/wire/entries/command.ts';
import type { Shard } from '../../src/wire/configuration/configuration.ts';
import type { Answer } from '../../src/wire/frames/frame.ts';
import { asSlot, SLOT_COUNT } from '../../src/wire/identifiers.ts';
import { TIMES } from '../../src/wire/times.ts';
import { Bench, configurationOf, get, order, put, radiant, refusal, WRITTEN } from './bench.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);
const slotOf = (key: string) => slotOfKey(bytesOf(key));
const shard = (first: number, last: number, epoch = 1): Shard => {
  return { first: asSlot(first), last: asSlot(last), epoch, source: undefined };
};
/** Keys of the lower half of the slots, and keys of the upper half. */
const LOW = ['b', 'k', 'bar'] as const;
const HIGH = ['first', 'a'] as const;
/** Longer than the first pauses between two attempts, and shorter than that before an unanswered request is repeated. */
const PAUSE_MS = 4 * TIMES.client.transactionRetryMs;
const HALF = SLOT_COUNT / 2;
const HALVES = [[shard(0, HALF - 1)], [shard(HALF, SLOT_COUNT - 1)]];

function transaction(writes: Readonly<Record<string, string>>, checks: readonly string[] = []): Call {
  return {
    kind: 'transaction',
    checks: checks.map((key) => ({ key: bytesOf(key), versionstamp: undefined })),
    revisions: [],
    writes: Object.entries(writes).map(([key, value]) => ({ kind: 'put', key: bytesOf(key), value: bytesOf(value) })),
  };
}

const transacted = (result: Extract<Answer, { kind: 'transacted' }>['result'], conflicts: number[] = []): Answer => {
  return { kind: 'transacted', result, conflicts };
};
const settled = (isCommitted: boolean): Answer => ({ kind: 'settled', isCommitted });

class World {
  readonly bench = new Bench();

  constructor(shards: readonly (readonly Shard[])[] = HALVES) {
    this.move(1, shards);
  }

  move(number: number, shards: readonly (readonly Shard[])[]): void {
    this.bench.show({ herald: radiant(1), configuration: configurationOf(number, shards) });
  }

  call(call: Call): CallNumber {
    const number = this.bench.call(call);
    this.openSessions();
    return number;
  }

  /** Answers all unanswered requests for sessions. */
  openSessions(): void {
    for (let seen = -1; seen !== this.bench.asked.length; ) {
      seen = this.bench.asked.length;
      for (const request of this.bench.all('open-session')) this.bench.answer(request, { kind: 'session-opened' });
    }
  }

  prepares() {
    return this.bench.all('command').filter(({ question }) => question.command.operation.kind === 'prepare');
  }

  commits() {
    return this.bench.all('command').filter(({ question }) => question.command.operation.kind === 'commit');
  }

  settles(step: Settle['step']) {
    return this.bench.all('settle').filter(({ question }) => question.step === step);
  }
}

const prepareOf = (asked: ReturnType<World['prepares']>[number] | undefined): Prepare => {
  const operation = asked?.question.command.operation;
  if (operation?.kind !== 'prepare') throw new Error('no prepare');
  return operation;
};
const commitOf = (asked: ReturnType<World['commits']>[number] | undefined): Commit => {
  const operation = asked?.question.command.operation;
  if (operation?.kind !== 'commit') throw new Error('no commit');
  return operation;
};

test('a transaction within one order is one command', () => {
  const world = new World();
  const call = world.call(transaction({ [LOW[0]]: '1', [LOW[1]]: '2' }, [LOW[0]]));
  expect(world.prepares()).toEqual([]);
  const [asked] = world.commits();
  expect(commitOf(asked)).toMatchObject({ participants: [] });
  expect(commitOf(asked).parts.map(({ slot }) => slot)).toEqual([LOW[0], LOW[1]].map(slotOf));
  world.bench.answer(asked, transacted('committed'));
  expect(world.bench.outcomes.get(call)).toEqual({ kind: 'committed' });
  expect(world.bench.all('settle')).toEqual([]);
});

test('a transaction across orders prepares, decides, and then settles each prepared slot', () => {
  const world = new World();
  const call = world.call(transaction({ [LOW[0]]: '1', [LOW[1]]: '2', [HIGH[0]]: '3' }));
  expect(world.commits()).toEqual([]);
  const [prepare] = world.prepares();
  expect(world.prepares().map((one) => one.order)).toEqual([order(2)]);
  world.bench.answer(prepare, transacted('prepared'));
  const [commit] = world.commits();
  expect(commit?.order).toEqual(order(1));
  expect(commitOf(commit).participants).toEqual([slotOf(HIGH[0])]);
  expect(prepareOf(prepare).transaction).toEqual({
    client: commit?.id.client,
    sequence: commit?.question.command.sequence,
  });
  world.bench.answer(commit, transacted('committed'));
  expect(world.bench.outcomes.get(call)).toEqual({ kind: 'committed' });
  const [settle] = world.settles('commit');
  expect(settle?.question.slot).toBe(slotOf(HIGH[0]));
  expect(world.settles('forget')).toEqual([]);
  world.bench.answer(settle, settled(true));
  expect(world.settles('forget').map(({ question }) => question.slot)).toEqual([commit?.question.command.slot]);
});

test('a failed check names its key, and the other slots release their locks', () => {
  const world = new World();
  const call = world.call(transaction({ [LOW[0]]: '1', [HIGH[1]]: '2' }, [HIGH[0], HIGH[1], LOW[1], LOW[2], LOW[0]]));
  const [first, second] = world.prepares();
  world.bench.answer(first, transacted('prepared'));
  world.bench.answer(second, transacted('conflict', [0]));
  const [conflict] = prepareOf(second).part.checks;
  expect(world.bench.outcomes.get(call)).toEqual({ kind: 'rejected', conflicts: [conflict?.key] });
  expect(world.settles('abort').map(({ question }) => question.slot)).toEqual([first?.question.command.slot]);
  expect(world.commits()).toEqual([]);
});

test('a transaction that meets a lock releases its own locks and tries again with another id', () => {
  const world = new World();
  const call = world.call(transaction({ [LOW[0]]: '1', [LOW[1]]: '1', [HIGH[0]]: '2' }));
  const id = (at: number) => prepareOf(world.prepares().at(at)).transaction;
  const [prepare] = world.prepares();
  world.bench.answer(prepare, refusal('LOCKED', true));
  expect(world.bench.outcomes.get(call)).toBeUndefined();
  const before = id(0);
  world.bench.pass(PAUSE_MS);
  expect(world.prepares()).toHaveLength(2);
  expect(id(-1)).not.toEqual(before);
  world.bench.answer(world.prepares().at(-1), transacted('prepared'));
  world.bench.answer(world.commits().at(-1), transacted('aborted'));
  world.bench.pass(PAUSE_MS);
  expect(world.settles('abort')).toHaveLength(1);
  expect(world.prepares()).toHaveLength(3);
});

test('a transaction that meets locks until its deadline says so, and had no effect', () => {
  const world = new World();
  const call = world.call(transaction({ [LOW[0]]: '1', [HIGH[0]]: '2' }));
  for (let at = 0; world.bench.outcomes.get(call) === undefined && at < 1_000; at++) {
    world.bench.answer(world.prepares().at(-1), refusal('LOCKED', true));
    world.bench.pass(TIMES.raft.tickMs);
  }
  expect(world.bench.outcomes.get(call)).toMatchObject({ kind: 'failed', error: { code: 'LOCKED', effect: 'none' } });
});

test('an unanswered commit leaves the outcome unknown, and its locks to the heralds', () => {
  const world = new World();
  const call = world.call(transaction({ [LOW[0]]: '1', [HIGH[0]]: '2' }));
  world.bench.answer(world.prepares()[0], transacted('prepared'));
  world.bench.pass(TIMES.client.requestDeadlineMs);
  expect(world.bench.outcomes.get(call)).toMatchObject({
    kind: 'failed',
    error: { code: 'OUTCOME_UNKNOWN', effect: 'unknown' },
  });
  expect(world.bench.all('settle')).toEqual([]);
});

test('an unanswered prepare has no effect, and releases what may be locked', () => {
  const world = new World();
  const call = world.call(transaction({ [LOW[0]]: '1', [HIGH[0]]: '2' }));
  world.bench.pass(TIMES.client.requestDeadlineMs);
  expect(world.bench.outcomes.get(call)).toMatchObject({ kind: 'failed', error: { effect: 'none' } });
  expect(world.settles('abort').map(({ question }) => question.slot)).toContain(slotOf(HIGH[0]));
});

test('a sent commit whose slots move apart asks the home for the decision', () => {
  for (const isCommitted of [true, false]) {
    const world = new World([[shard(0, SLOT_COUNT - 1)]]);
    const call = world.call(transaction({ [LOW[0]]: '1', [HIGH[0]]: '2' }));
    const [commit] = world.commits();
    world.move(2, [[shard(0, HALF - 1)], [shard(HALF, SLOT_COUNT - 1, 2)]]);
    const [resolve] = world.settles('resolve');
    expect(resolve?.question.transaction).toEqual({
      client: commit?.id.client,
      sequence: commit?.question.command.sequence,
    });
    const before = world.commits().length;
    world.bench.pass(TIMES.client.requestRetryMaximumMs);
    expect(world.commits()).toHaveLength(before);
    world.bench.answer(world.settles('resolve').at(-1), settled(isCommitted));
    expect(world.bench.gist(call)).toBe(isCommitted ? 'committed' : undefined);
    world.bench.pass(TIMES.client.transactionRetryMaximumMs);
    world.openSessions();
    expect(world.prepares()).toHaveLength(isCommitted ? 0 : 1);
  }
});

test('calls on a key of a transaction keep the sequence in which they were made', () => {
  const world = new World([[shard(0, SLOT_COUNT - 1)]]);
  world.call(put('b', 'first'));
  world.call(transaction({ b: '1', k: '2' }));
  const reading = world.call(get('k'));
  expect(world.commits()).toEqual([]);
  expect(world.bench.all('read')).toEqual([]);
  world.bench.answer(world.bench.last('command'), WRITTEN);
  expect(world.commits()).toHaveLength(1);
  world.bench.answer(world.commits()[0], transacted('committed'));
  expect(world.bench.all('read')).toHaveLength(1);
  world.bench.answer(world.bench.last('read'), { kind: 'missing' });
  expect(world.bench.gist(reading)).toBe('missing');
});

test('an aborted transaction releases its locks if it was not decided', () => {
  const world = new World();
  const call = world.call(transaction({ [LOW[0]]: '1', [LOW[1]]: '1', [LOW[2]]: '1', [HIGH[0]]: '2', [HIGH[1]]: '2' }));
  world.bench.answer(world.prepares()[0], transacted('prepared'));
  world.bench.abort(call);
  expect(world.bench.outcomes.get(call)).toMatchObject({ kind: 'failed', error: { code: 'ABORTED', effect: 'none' } });
  expect(world.settles('abort')).toHaveLength(2);
});
