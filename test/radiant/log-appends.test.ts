import { expect, test } from 'vitest';
import type { RadiantEffect } from '../../src/radiant/event.ts';
import { LogAppends } from '../../src/radiant/replica/log-appends.ts';
import { Writer } from '../../src/radiant/writer.ts';
import type { RecordChange } from '../../src/storage/contract.ts';
import { GroupLog } from '../../src/storage/group-log.ts';
import { groupLogKey } from '../../src/storage/keys.ts';
import { asLogIndex, idFromBytes, ID_BYTES, type OrderId } from '../../src/wire/identifiers.ts';
import { LIMITS } from '../../src/wire/limits.ts';
import { TIMES } from '../../src/wire/times.ts';

const ORDER = idFromBytes<OrderId>(new Uint8Array(ID_BYTES).fill(1));

test('entries that gather while another write is under way become one record', () => {
  const { log, appends, written } = start();
  for (let index = 1; index <= 500; index++) appends.add(change(index, 1));
  expect(written(appends.take())).toEqual([keyOf(1)]);
  expect([log.lastIndex, log.recordCount]).toEqual([500, 1]);
  expect(appends.take()).toEqual([]);
  appends.add(change(501, 1));
  expect(written(appends.take())).toEqual([keyOf(501)]);
});

test('a record stays within its limit, since only whole records are deleted', () => {
  const { log, appends } = start();
  const bytes = LIMITS.log.logRecordBytes / 4;
  for (let index = 1; index <= 10; index++) appends.add(change(index, 1, bytes));
  appends.take();
  expect([log.lastIndex, log.recordCount]).toEqual([10, 3]);
});

test('entries that another leader replaces before they are written are dropped', () => {
  const { log, appends, records } = start();
  appends.add(change(1, 4));
  appends.add(change(3, 1, 7));
  appends.add(change(4, 1, 7));
  const found = GroupLog.load(ORDER, records(appends.take()), asLogIndex(0));
  expect(found.entries.map(({ length }) => length)).toEqual([1, 1, 7, 7]);
  expect(log.lastIndex).toBe(4);
});

test('the keys under a prefix include those of a write that has not begun', () => {
  const effects: RadiantEffect[] = [];
  const writer = new Writer(effects, { nowMs: 0, times: TIMES }, ['group/1/log']);
  let made = 0;
  writer.add(
    () => {
      made += 1;
      return [{ kind: 'put', key: 'group/1/state', value: new Uint8Array() }];
    },
    () => undefined,
  );
  writer.add([{ kind: 'delete', key: 'group/1/log' }], () => undefined);
  expect(writer.keysUnder('group/1/')).toEqual(['group/1/state']);
  writer.begin();
  expect(made).toBe(1);
  expect(effects.splice(0)).toMatchObject([
    { kind: 'write', batch: [{ key: 'group/1/state' }, { key: 'group/1/log' }] },
  ]);
});

test('large waiting entries are written a few at a time and in order', () => {
  const { appends } = start();
  const effects: RadiantEffect[] = [];
  const writer = new Writer(effects, { nowMs: 0, times: TIMES }, []);
  const durable: number[] = [];
  const bytes = LIMITS.messages.valueBytes;
  for (let index = 1; index <= 10; index++) {
    appends.add(change(index, 1, bytes));
    const serial = appends.lastSerial;
    writer.add(
      () => appends.take(serial),
      () => durable.push(index),
    );
  }
  const sizes: number[] = [];
  for (let write = 1; durable.length < 10; write++) {
    writer.begin();
    const [effect] = effects.splice(0);
    if (effect?.kind !== 'write') throw new Error('a write');
    sizes.push(effect.batch.reduce((sum, one) => sum + (one.kind === 'put' ? one.value.length : 0), 0));
    writer.written(effect.write);
  }
  expect(durable).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(Math.max(...sizes)).toBeLessThan(LIMITS.log.writeBytes + 2 * bytes);
  expect(sizes.length).toBeGreaterThan(2);
});

function start() {
  const log = GroupLog.empty(ORDER);
  return {
    log,
    appends: new LogAppends(log),
    written: (changes: readonly RecordChange[]) => changes.map(({ key }) => key),
    records: (changes: readonly RecordChange[]) => {
      const records = new Map<string, Uint8Array>();
      for (const one of changes) {
        if (one.kind === 'put') records.set(one.key, one.value);
        else records.delete(one.key);
      }
      return records;
    },
  };
}

function change(firstIndex: number, count: number, bytes = 1) {
  return { firstIndex: asLogIndex(firstIndex), entries: Array.from({ length: count }, () => new Uint8Array(bytes)) };
}

function keyOf(index: number): string {
  return groupLogKey(ORDER, asLogIndex(index));
}
