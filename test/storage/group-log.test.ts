import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RecordChange, RecordKey } from '../../src/storage/contract.ts';
import { GroupLog } from '../../src/storage/group-log.ts';
import { groupLogKey, groupStateKey, ordersIn, parseGroupLogKey } from '../../src/storage/keys.ts';
import { InvariantError } from '../../src/wire/errors.ts';
import { asLogIndex, type OrderId, parseId } from '../../src/wire/identifiers.ts';

const ORDER = parseId<OrderId>('0123456789abcdef0123456789abcdef');
const OTHER_ORDER = parseId<OrderId>('ffffffffffffffffffffffffffffffff');

type Disk = Map<RecordKey, Uint8Array>;

function apply(disk: Disk, changes: readonly RecordChange[]): void {
  for (const change of changes) {
    if (change.kind === 'put') disk.set(change.key, change.value);
    else disk.delete(change.key);
  }
}

type Step =
  | { readonly kind: 'write'; readonly at: number; readonly entries: readonly Uint8Array[] }
  | { readonly kind: 'settle'; readonly at: number }
  | { readonly kind: 'reopen' };

/** A random fraction. It is drawn as an integer, because most random doubles would be close to 0. */
const fraction = fc.nat(100).map((percent) => percent / 100);
const entries = fc.array(fc.uint8Array({ maxLength: 12 }), { maxLength: 6 });
const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('write' as const), at: fc.constant(1), entries }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('write' as const), at: fraction, entries }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('settle' as const), at: fraction }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('reopen' as const) }) },
  ),
  { maxLength: 60, size: 'max' },
);

test('the records on disk equal the log after any writes, truncations and reopenings', () => {
  fc.assert(
    fc.property(steps, (script: readonly Step[]) => {
      // Records of other orders must be neither read nor changed.
      const stranger = new Uint8Array([1]);
      const disk: Disk = new Map([
        [groupLogKey(OTHER_ORDER, asLogIndex(1)), stranger],
        [groupStateKey(ORDER), stranger],
      ]);
      let log = GroupLog.empty(ORDER);
      let model: readonly Uint8Array[] = [];
      let settled = 0;
      for (const step of script) {
        if (step.kind === 'write') {
          const first = settled + 1 + Math.floor(step.at * (model.length - settled));
          apply(disk, log.replaceFrom(asLogIndex(first), step.entries));
          model = [...model.slice(0, first - 1), ...step.entries];
        } else if (step.kind === 'settle') {
          settled += Math.floor(step.at * (model.length - settled));
          log.commitThrough(asLogIndex(settled));
        } else {
          log = GroupLog.load(ORDER, disk).log;
        }
        expect(log.lastIndex).toBe(model.length);
        expect(disk.size).toBe(log.recordCount + 2);
        const isOfLog = ([key]: readonly [RecordKey, Uint8Array]) => parseGroupLogKey(ORDER, key) !== undefined;
        expect(log.bytes).toBe([...disk].filter(isOfLog).reduce((sum, [, { length }]) => sum + length, 0));
        expect(GroupLog.load(ORDER, disk).entries).toEqual(model);
      }
    }),
    { numRuns: 100 },
  );
});

function threeRecords(): { disk: Disk; log: GroupLog } {
  const disk: Disk = new Map();
  const log = GroupLog.empty(ORDER);
  for (const first of [1, 4, 7]) {
    const bytes = [first, first + 1, first + 2].map((byte) => new Uint8Array([byte]));
    apply(disk, log.replaceFrom(asLogIndex(first), bytes));
  }
  return { disk, log };
}

test('a tail consists of whole records before its end and does not exceed its bytes', () => {
  const { log } = threeRecords();
  const record = log.bytes / 3;
  for (const [index, bytes, before] of [
    [9, 0, 9],
    [9, record - 1, 9],
    [9, record, 6],
    [9, 2 * record, 3],
    [9, 9 * record, 0],
    // Entry 8 is in the third record, so the tail ends with the second record.
    [8, record, 3],
  ] as const) {
    expect(log.beforeTail(asLogIndex(index), bytes)).toBe(before);
  }
});

test('a log with a gap, an overlap, a foreign or an unreadable record is lost', () => {
  const keyAt = (index: number) => groupLogKey(ORDER, asLogIndex(index));
  const recordAt = (index: number) => threeRecords().disk.get(keyAt(index)) ?? new Uint8Array();
  const shortened = () => threeRecords().log.replaceFrom(asLogIndex(3), []);
  const damages: ((disk: Disk) => void)[] = [
    (disk) => disk.delete(keyAt(1)),
    (disk) => disk.delete(keyAt(4)),
    (disk) => disk.set(keyAt(5), recordAt(4)),
    (disk) =>
      apply(
        disk,
        shortened().filter(({ kind }) => kind === 'put'),
      ),
    (disk) => disk.set(keyAt(7), recordAt(4)),
    (disk) => disk.set(keyAt(7), new Uint8Array([0xff, 0xff])),
    (disk) => disk.set(keyAt(7), new Uint8Array()),
    (disk) => disk.set(`group/${ORDER}/log/7`, recordAt(7)),
  ];
  for (const damage of damages) {
    const { disk } = threeRecords();
    damage(disk);
    expect(() => GroupLog.load(ORDER, disk)).toThrow(expect.objectContaining({ code: 'STORAGE_LOST' }));
  }
});

test('a cut through a record rewrites that record and deletes the later ones', () => {
  const { log } = threeRecords();
  const changes = log.replaceFrom(asLogIndex(5), [new Uint8Array([50])]);
  expect(changes.map(({ kind, key }) => `${kind} ${parseGroupLogKey(ORDER, key)}`)).toEqual([
    'delete 7',
    'put 4',
    'put 5',
  ]);
});

test('a gap or a cut into committed entries is rejected before anything changes', () => {
  const { disk, log } = threeRecords();
  log.commitThrough(asLogIndex(5));
  expect(() => log.replaceFrom(asLogIndex(11), [])).toThrow(InvariantError);
  expect(() => log.replaceFrom(asLogIndex(5), [])).toThrow(InvariantError);
  apply(disk, log.replaceFrom(asLogIndex(6), []));
  expect(GroupLog.load(ORDER, disk).entries).toHaveLength(5);
});

test('the orders of a database are found by their records', () => {
  const disk: Disk = new Map();
  for (const key of [groupLogKey(OTHER_ORDER, asLogIndex(1)), groupStateKey(ORDER), 'identity'])
    disk.set(key, new Uint8Array());
  expect(ordersIn(disk.keys())).toEqual([ORDER, OTHER_ORDER]);
});

test('a log begins at or before the entry that follows its checkpoint', () => {
  const { disk, log } = threeRecords();
  log.commitThrough(asLogIndex(9));
  const without = (index: number) => apply(disk, log.forgetThrough(asLogIndex(index)));
  const found = (checkpoint: number) => {
    const { log: loaded, firstIndex, entries: left } = GroupLog.load(ORDER, disk, asLogIndex(checkpoint));
    return [firstIndex, left.length, loaded.lastIndex];
  };
  const isLost = (checkpoint: number) =>
    expect(() => GroupLog.load(ORDER, disk, asLogIndex(checkpoint))).toThrow(
      expect.objectContaining({ code: 'STORAGE_LOST' }),
    );
  expect(found(5)).toEqual([1, 9, 9]);
  isLost(10);
  without(5);
  expect(found(5)).toEqual([4, 6, 9]);
  expect(found(3)).toEqual([4, 6, 9]);
  isLost(2);
  isLost(0);
  without(9);
  expect(found(9)).toEqual([10, 0, 9]);
  expect(disk.size).toBe(0);
});

test('only whole records of committed entries are removed', () => {
  const { disk, log } = threeRecords();
  log.commitThrough(asLogIndex(5));
  expect(() => log.forgetThrough(asLogIndex(6))).toThrow(InvariantError);
  expect(log.forgetThrough(asLogIndex(2))).toEqual([]);
  apply(disk, log.forgetThrough(asLogIndex(5)));
  expect([log.firstIndex, log.lastIndex, log.recordCount]).toEqual([4, 9, 2]);
  apply(disk, log.replaceFrom(asLogIndex(8), [new Uint8Array([80])]));
  expect(GroupLog.load(ORDER, disk, asLogIndex(4)).entries.map(([byte]) => byte)).toEqual([4, 5, 6, 7, 80]);
});

test('a snapshot replaces the whole log, including uncommitted entries', () => {
  const { disk, log } = threeRecords();
  log.commitThrough(asLogIndex(5));
  expect(() => log.restartBehind(asLogIndex(5))).toThrow(InvariantError);
  const next = [new Uint8Array([1])];
  apply(disk, [...log.restartBehind(asLogIndex(6)), ...log.replaceFrom(asLogIndex(7), next)]);
  expect(GroupLog.load(ORDER, disk, asLogIndex(6))).toMatchObject({ firstIndex: 7, entries: next });
  expect(() => log.replaceFrom(asLogIndex(6), next)).toThrow(InvariantError);
});

test('a log knows the size of its records, in total and after an index', () => {
  const { disk, log } = threeRecords();
  const bytesAt = (index: number) => disk.get(groupLogKey(ORDER, asLogIndex(index)))?.length ?? 0;
  const behind = () => [0, 3, 4, 7, 9].map((index) => log.bytesBehind(asLogIndex(index)));
  const [first, second, third] = [bytesAt(1), bytesAt(4), bytesAt(7)];
  expect(behind()).toEqual([first + second + third, second + third, second + third, third, 0]);
  log.commitThrough(asLogIndex(4));
  apply(disk, log.forgetThrough(asLogIndex(4)));
  apply(disk, log.replaceFrom(asLogIndex(9), [new Uint8Array(50)]));
  const all = bytesAt(4) + bytesAt(7) + bytesAt(9);
  expect(behind()).toEqual([all, all, all, bytesAt(7) + bytesAt(9), 0]);
  expect(log.bytes).toBe(all);
});
