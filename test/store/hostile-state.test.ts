/** A faulty or hostile replica sends well-formed chunks with items that no valid state contains. */
import { expect, test } from 'vitest';
import type { StateMachine } from '../../src/store/contract.ts';
import { KEY_VALUE } from '../../src/store/registry.ts';
import { slotOfKey } from '../../src/store/key.ts';
import type { ErrorCode } from '../../src/wire/errors.ts';
import { asLogIndex, asSequenceNumber, asSlot } from '../../src/wire/identifiers.ts';
import { LIMITS } from '../../src/wire/limits.ts';
import type { StateItem } from '../../src/wire/records/state-chunk.ts';
import { StateChunkWriter } from '../../src/wire/records/state-chunk-codec.ts';
import { errorOf } from '../wire/frame-mutation.ts';
import { bytesOf, clientNamed } from './scribe.ts';

const KEY = bytesOf('k');
const SLOT = slotOfKey(KEY);
const OTHER_SLOT = asSlot(SLOT + 1);
const NEVER = asLogIndex(0);
const HEAD: StateItem = {
  kind: 'head',
  generation: 2,
  appliedIndex: asLogIndex(9),
  logTimeMs: 50,
  latestFreeze: NEVER,
};
/** The items of a shard that the order has served since its creation. */
const shard = (first: number, last: number): readonly StateItem[] => {
  const range = { first: asSlot(first), last: asSlot(last) };
  return [
    { kind: 'shard', shard: { ...range, epoch: 1 } },
    { kind: 'origin', ...range, since: NEVER, closedThrough: NEVER },
  ];
};
/** All slots except a few hundred at both ends. */
const ALL = shard(100, 15_999);
const session = (name: string, lastUsedMs: number): StateItem => ({
  kind: 'session',
  client: clientNamed(name),
  lastUsedMs,
  finishedThrough: asSequenceNumber(3),
  openedAt: asLogIndex(1),
});
const slotItem = (number = SLOT): StateItem => ({ kind: 'slot', slot: number, revision: 5 });
const value = (text: string, revision = 5, generation = 2): StateItem => ({
  kind: 'value',
  key: bytesOf(text),
  value: KEY,
  versionstamp: { generation, revision },
});
const written = (number: number, sequence: number, revision = 5): StateItem => ({
  kind: 'written',
  session: number,
  sequence: asSequenceNumber(sequence),
  versionstamp: { generation: 2, revision },
  existed: false,
});
const refused = (code: ErrorCode): StateItem => ({
  kind: 'refused',
  session: 0,
  sequence: asSequenceNumber(4),
  code,
  message: 'no',
});

function restoreItems(items: readonly (StateItem | readonly StateItem[])[]): StateMachine {
  const writer = new StateChunkWriter();
  for (const item of items.flat()) writer.add(item);
  const restoration = KEY_VALUE.restoration();
  restoration.add(writer.take());
  return restoration.finish();
}

test('items out of order, duplicated, without owner or from the future are refused', () => {
  const ann = session('ann', 10);
  const good = [HEAD, shard(0, 99), ALL, ann, session('bob', 20), slotItem(), value('k'), written(0, 4)];
  expect(errorOf(() => restoreItems([...good, written(1, 4), slotItem(OTHER_SLOT), written(1, 5)]))).toBe(undefined);
  expect(errorOf(() => restoreItems([HEAD, ALL, ann, slotItem(), refused('VALUE_TOO_LARGE')]))).toBe(undefined);
  const impossible: readonly (readonly (StateItem | readonly StateItem[])[])[] = [
    [],
    [shard(0, 99), HEAD],
    [HEAD, HEAD],
    [HEAD, shard(100, 200), shard(0, 99)],
    [HEAD, shard(0, 99), shard(99, 200)],
    [HEAD, shard(99, 0)],
    [HEAD, ann, shard(0, 99)],
    [HEAD, ALL, slotItem(), shard(16_000, 16_001)],
    [HEAD, ALL, slotItem(), ann],
    [HEAD, ann, ann],
    [HEAD, session('bob', 20), ann],
    [HEAD, session('ann', 51)],
    [HEAD, slotItem()],
    [HEAD, ALL, value('k')],
    [HEAD, ALL, slotItem(), slotItem()],
    [HEAD, ALL, slotItem(OTHER_SLOT), slotItem()],
    [HEAD, ALL, slotItem(), value('other')],
    [HEAD, ALL, slotItem(), value('k'), value('k')],
    [HEAD, ALL, slotItem(), value('{k}b'), value('{k}a')],
    [HEAD, ALL, slotItem(), value('k', 6)],
    [HEAD, ALL, slotItem(), value('k', 0)],
    [HEAD, ALL, slotItem(), value('k', 5, 3)],
    [...good, value('{k}z')],
    [...good, written(0, 4)],
    [...good, written(1, 5), written(0, 6)],
    [...good, written(0, 6), written(0, 5)],
    [...good, slotItem(OTHER_SLOT), written(0, 4)],
    [...good, written(2, 4)],
    [...good, written(1, 3)],
    [...good, written(1, 4, 6)],
    [HEAD, ALL, written(0, 4)],
    [HEAD, ALL, ann, written(0, 4)],
    [HEAD, ALL, ann, slotItem(), refused('OVERLOADED')],
  ];
  for (const items of impossible) {
    expect(errorOf(() => restoreItems(items))).toMatchObject({ code: 'FRAME_MALFORMED' });
  }
});

test('a state with too many sessions or outcomes is refused', () => {
  const full = [HEAD, ALL, ...Array.from({ length: LIMITS.herald.sessions }, (_, at) => session(String(at), 0))];
  const outcomes = Array.from({ length: LIMITS.herald.sessionOutcomes }, (_, at) => written(0, 4 + at));
  expect(errorOf(() => restoreItems([...full, slotItem(), ...outcomes]))).toBe(undefined);
  const overfull = [
    [...full, session('one more', 0)],
    [...full, slotItem(), ...outcomes, written(0, 4 + LIMITS.herald.sessionOutcomes)],
  ];
  for (const items of overfull) {
    expect(errorOf(() => restoreItems(items))).toMatchObject({ code: 'FRAME_MALFORMED' });
  }
});

const changed = (text: string, revision: number, index: number, since = index): StateItem => ({
  kind: 'change',
  type: 'put',
  key: bytesOf(text),
  value: KEY,
  versionstamp: { generation: 2, revision },
  position: { epoch: 1, index: asLogIndex(index) },
  since: asLogIndex(since),
});
const trimmed = (index: number): StateItem => ({ kind: 'trimmed', position: { epoch: 1, index: asLogIndex(index) } });

test('recent changes out of order, from the future, of another slot or in too large a number are refused', () => {
  const good = [HEAD, ALL, slotItem(), trimmed(3), value('k'), changed('k', 4, 3), changed('k', 5, 4)];
  expect(errorOf(() => restoreItems(good))).toBe(undefined);
  const start = [HEAD, ALL, slotItem()];
  const impossible: readonly (readonly (StateItem | readonly StateItem[])[])[] = [
    [...start, value('k'), trimmed(3)],
    [...start, trimmed(3), trimmed(4)],
    [...start, changed('k', 4, 3), value('k')],
    [...start, changed('k', 4, 3), trimmed(3)],
    [...start, trimmed(4), changed('k', 4, 3)],
    [...start, changed('other', 4, 3)],
    [...start, changed('k', 6, 3)],
    [...start, changed('k', 4, 3), changed('k', 4, 4)],
    [...start, changed('k', 4, 4), changed('k', 5, 3)],
    [...start, changed('k', 4, 3, 8), changed('k', 5, 4, 7)],
    [...start, changed('k', 4, 3, 10)],
    [HEAD, ALL, changed('k', 4, 3)],
    [HEAD, ALL, trimmed(3)],
  ];
  for (const items of impossible) {
    expect(errorOf(() => restoreItems(items))).toMatchObject({ code: 'FRAME_MALFORMED' });
  }
  const much = (count: number): readonly (StateItem | readonly StateItem[])[] => {
    const slot: StateItem = { kind: 'slot', slot: SLOT, revision: count };
    return [HEAD, ALL, slot, ...Array.from({ length: count }, (_, at) => changed('k', at + 1, 5))];
  };
  expect(errorOf(() => restoreItems(much(LIMITS.watches.windowChanges)))).toBe(undefined);
  expect(errorOf(() => restoreItems(much(LIMITS.watches.windowChanges + 1)))).toMatchObject({
    code: 'FRAME_MALFORMED',
  });
});
