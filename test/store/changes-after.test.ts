/** Recent changes as watchers read them (design, rule 17). */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { StateMachine } from '../../src/store/contract.ts';
import { slotOfKey } from '../../src/store/key.ts';
import type { Changes, ChangePosition } from '../../src/wire/frames/frame.ts';
import { asLogIndex, asSlot, SLOT_COUNT } from '../../src/wire/identifiers.ts';
import { LIMITS } from '../../src/wire/limits.ts';
import { bytesOf, Scribe } from './scribe.ts';
import { checkRestored, install, NEW, piecesOf, restored, shardAround, steer } from './steering.ts';

const START: ChangePosition = { epoch: 1, index: asLogIndex(0) };
const LAST_SLOT = asSlot(SLOT_COUNT - 1);

interface Asked {
  readonly position?: ChangePosition;
  readonly first?: number;
  readonly last?: number;
  readonly from?: string;
  readonly to?: string;
  readonly limit?: number;
}

interface Answering {
  readonly store: Pick<StateMachine, 'read'>;
}

function ask({ store }: Answering, asked: Asked = {}) {
  const { position = START, first = 0, last = LAST_SLOT, from, to, limit = 256 } = asked;
  const bounds = {
    from: from === undefined ? undefined : bytesOf(from),
    to: to === undefined ? undefined : bytesOf(to),
  };
  const ranges = [{ first: asSlot(first), last: asSlot(last), position }];
  return store.read({ kind: 'watch', ranges, ...bounds, limit, waits: true });
}

function changesOf(scribe: Answering, asked?: Asked): Changes {
  const answer = ask(scribe, asked);
  if (answer.kind !== 'changes') throw new Error(answer.kind);
  return answer;
}

const text = new TextDecoder();

function described({ changes }: Changes): readonly string[] {
  return changes.map(({ type, key, value, versionstamp }) => {
    return `${type} ${text.decode(key)}=${text.decode(value)}@${versionstamp.revision}`;
  });
}

function written(): Scribe {
  const scribe = new Scribe();
  scribe.open('ann');
  scribe.put('ann', 1, 'a', '1');
  scribe.append('ann', 2, 'b', 'x');
  scribe.append('ann', 3, 'b', 'y');
  scribe.delete('ann', 4, 'a');
  return scribe;
}

test('a watcher gets the changes after its position, in order, and the position that it has reached', () => {
  const scribe = written();
  expect(described(changesOf(scribe))).toEqual(['put a=1@1', 'put b=x@1', 'put b=xy@2', 'delete a=@2']);
  const later = changesOf(scribe, { position: { epoch: 1, index: asLogIndex(3) } });
  expect(described(later)).toEqual(['put b=xy@2', 'delete a=@2']);
  expect(later.ranges).toEqual([{ first: 0, last: LAST_SLOT, position: { epoch: 1, index: 5 } }]);
  expect(changesOf(scribe, { position: { epoch: 1, index: asLogIndex(5) } }).changes).toEqual([]);
});

test('commands without effect are no changes', () => {
  const scribe = written();
  const position = { epoch: 1, index: asLogIndex(5) };
  scribe.delete('ann', 5, 'missing');
  scribe.put('ann', 6, 'a', '2', { condition: { versionstamp: { generation: 0, revision: 99 } } });
  scribe.append('ann', 3, 'b', 'y');
  expect(changesOf(scribe, { position }).changes).toEqual([]);
});

test('bounds of keys and slots select changes', () => {
  const scribe = written();
  expect(described(changesOf(scribe, { from: 'b' }))).toEqual(['put b=x@1', 'put b=xy@2']);
  expect(described(changesOf(scribe, { to: 'b' }))).toEqual(['put a=1@1', 'delete a=@2']);
  const slot = slotOfKey(bytesOf('a'));
  const { ranges, ...answer } = changesOf(scribe, { first: slot, last: slot });
  expect(described({ ...answer, ranges })).toEqual(['put a=1@1', 'delete a=@2']);
  expect(ranges).toEqual([{ first: slot, last: slot, position: { epoch: 1, index: 5 } }]);
});

test('a limited answer names the position through which it is complete', () => {
  const scribe = written();
  const first = changesOf(scribe, { limit: 3 });
  expect(described(first)).toEqual(['put a=1@1', 'put b=x@1', 'put b=xy@2']);
  const [range] = first.ranges;
  expect(described(changesOf(scribe, range && { position: range.position }))).toEqual(['delete a=@2']);
});

test('an order answers for the slots that it serves, and a replica never for an epoch that it has not reached', () => {
  const scribe = new Scribe({
    shards: [
      [100, 199, 1],
      [200, 299, 3],
    ],
  });
  expect(changesOf(scribe, { first: 0, last: 1_000 }).ranges.map(({ first, last }) => [first, last])).toEqual([
    [100, 199],
    [200, 299],
  ]);
  const ahead = { epoch: 2, index: asLogIndex(7) };
  expect(changesOf(scribe, { position: ahead }).ranges.map(({ first }) => first)).toEqual([200]);
  expect(ask(scribe, { position: { ...ahead, epoch: 4 } })).toMatchObject({ code: 'WRONG_SHARD' });
  const behind = changesOf(scribe, { first: 100, last: 199, position: { epoch: 1, index: asLogIndex(50) } });
  expect(behind).toMatchObject({ changes: [], ranges: [{ position: { epoch: 1, index: 50 } }] });
});

test('the window has a limit, and a watcher from before the window is told so', () => {
  const scribe = new Scribe();
  scribe.open('ann');
  const count = LIMITS.watches.windowChanges + 10;
  for (let sequence = 1; sequence <= count; sequence++) {
    scribe.put('ann', sequence, `k${sequence % 7}`, `${sequence}`, { finishedThrough: sequence - 1 });
  }
  expect(changesOf(scribe)).toEqual({ kind: 'changes', changes: [], ranges: [], isLost: true });
  // The first put has index 2, and the window has dropped ten puts.
  const oldest = { epoch: 1, index: asLogIndex(11) };
  expect(changesOf(scribe, { position: { ...oldest, index: asLogIndex(10) } }).isLost).toBe(true);
  expect(changesOf(scribe, { position: oldest }).changes[0]?.position).toEqual({ epoch: 1, index: 12 });
  checkRestored(scribe.store);
  expect(changesOf({ store: restored(scribe.store) }, { position: oldest })).toEqual(
    changesOf(scribe, { position: oldest }),
  );
});

test('the bytes of the window are limited, and the latest change stays whatever its size', () => {
  const scribe = new Scribe();
  scribe.open('ann');
  const value = 'x'.repeat(LIMITS.messages.valueBytes);
  for (let sequence = 1; sequence <= 8; sequence++) {
    scribe.put('ann', sequence, 'k', value, { finishedThrough: sequence - 1 });
  }
  const kept = Array.from(
    { length: 8 },
    (_, at) => !changesOf(scribe, { position: { epoch: 1, index: asLogIndex(at + 1) } }).isLost,
  );
  expect(kept).toEqual([false, false, false, false, false, true, true, true]);
});

test('the changes of a shard move with it, and their positions stay comparable', () => {
  const [old, fresh] = [written(), new Scribe({ shards: [] })];
  const shard = shardAround('b', 2, 10);
  steer(old, { kind: 'freeze', shard, to: NEW });
  checkRestored(old.store);
  install(fresh, shard, piecesOf(old.store, shard));
  checkRestored(fresh.store);
  expect(described(changesOf(fresh))).toEqual(['put b=x@1', 'put b=xy@2']);
  const between = { epoch: 1, index: asLogIndex(3) };
  expect(described(changesOf(fresh, { position: between }))).toEqual(['put b=xy@2']);
  fresh.append('ann', 5, 'b', 'z', { shardEpoch: 2 });
  const { ranges, ...answer } = changesOf(fresh, { position: between });
  expect(described({ ...answer, ranges })).toEqual(['put b=xy@2', 'put b=xyz@3']);
  expect(ranges).toEqual([{ first: shard.first, last: shard.last, position: { epoch: 2, index: fresh.log.length } }]);
  expect(described(changesOf(old))).toEqual(['put a=1@1', 'delete a=@2']);
});

test('whatever the limits of its answers, a watcher sees every change once and in order', () => {
  const writes = fc.array(fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd'), isDelete: fc.boolean() }), {
    maxLength: 30,
  });
  fc.assert(
    fc.property(writes, fc.integer({ min: 1, max: 5 }), (list, limit) => {
      const scribe = new Scribe();
      scribe.open('ann');
      const expected: string[] = [];
      const keys = new Set<string>();
      for (const [at, { key, isDelete }] of list.entries()) {
        if (isDelete) scribe.delete('ann', at + 1, key);
        else scribe.put('ann', at + 1, key, `${at}`);
        if (!isDelete || keys.has(key)) expected.push(isDelete ? `delete ${key}=` : `put ${key}=${at}`);
        if (isDelete) keys.delete(key);
        else keys.add(key);
      }
      const seen: string[] = [];
      let position = START;
      for (;;) {
        const answer = changesOf(scribe, { position, limit });
        if (answer.changes.length === 0) break;
        seen.push(...described(answer).map((one) => one.replace(/@.*/u, '')));
        position = answer.ranges[0]?.position ?? position;
      }
      expect(seen).toEqual(expected);
    }),
  );
});

/** Writes to a key until the window of the order is full. */
function fill(scribe: Scribe, key: string, shardEpoch = 1): void {
  const before = scribe.log.length;
  for (let count = 1; count <= LIMITS.watches.windowChanges; count++) {
    const sequence = before + count;
    scribe.put('ann', sequence, key, `${count}`, { finishedThrough: sequence - 1, shardEpoch });
  }
}

test('the windows of all served slots share one limit, also when a shard arrives, and frozen shards share another', () => {
  const [old, fresh] = [new Scribe(), new Scribe({ shards: [] })];
  old.open('ann');
  const [one, other] = [shardAround('a', 2), shardAround('b', 2)];
  fill(old, 'a');
  steer(old, { kind: 'freeze', shard: one, to: NEW });
  fill(old, 'b');
  steer(old, { kind: 'freeze', shard: other, to: NEW });
  checkRestored(old.store);
  install(fresh, one, piecesOf(old.store, one));
  expect(changesOf(fresh, { limit: 1 }).changes).toHaveLength(1);
  const answered = ask(fresh, { first: one.first, last: one.last, limit: LIMITS.watches.answerChanges });
  expect(answered).toMatchObject({ isLost: false });
  install(fresh, other, piecesOf(old.store, other));
  checkRestored(fresh.store);
  // The first frozen shard has taken the room of the second one, except for its latest change.
  const position = { epoch: 1, index: asLogIndex(old.log.length - 2) };
  expect(changesOf(fresh, { first: other.first, last: other.last, position }).changes).toHaveLength(1);
  expect(changesOf(fresh, { first: other.first, last: other.last }).isLost).toBe(true);
});
