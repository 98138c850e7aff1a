import { expect, test } from 'vitest';
import { IDENTITY_KEY } from '../../src/storage/keys.ts';
import type { MemoryConnection } from '../../src/storage/memory/memory-connection.ts';
import { MemoryDisk } from '../../src/storage/memory/memory-disk.ts';
import { MemoryStorage } from '../../src/storage/memory/memory-storage.ts';
import { ShardbearerError } from '../../src/wire/errors.ts';
import { type BootId, parseId } from '../../src/wire/identifiers.ts';
import { newIdentity, outcomeOf, put } from './suite.ts';

const identity = newIdentity();
const bootId = (number: number) => parseId<BootId>(String(number).padStart(32, '0'));

function contentsOf(disk: MemoryDisk, boot = 77): Record<string, string> {
  const records = disk.reopen(identity.radiant, bootId(boot)).complete().takeRecords();
  return Object.fromEntries([...records].map(([key, value]) => [key, new TextDecoder().decode(value)]));
}

function created(disk: MemoryDisk): MemoryConnection {
  return disk.create(identity, [put('founding', 'first')]).complete();
}

function codeOf(action: () => unknown): string {
  try {
    action();
    return 'done';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

test('a write is on the disk once its flush completes, not before', () => {
  const disk = new MemoryDisk();
  const connection = created(disk);
  const flush = connection.beginWrite([put('founding', 'second')]);
  const before = disk.copy();
  flush.complete();
  expect(contentsOf(disk)).toEqual({ founding: 'second' });
  disk.rollBack(before);
  expect(contentsOf(disk)).toEqual({ founding: 'first' });
});

test('a crash loses an unflushed write as a whole, and a late completion does not restore it', () => {
  const disk = new MemoryDisk();
  const connection = created(disk);
  connection.beginWrite([put('founding', 'flushed')]).complete();
  const flush = connection.beginWrite([put('founding', 'lost'), put('configuration', 'lost')]);
  disk.crash(identity.radiant);
  expect(codeOf(() => flush.complete())).toBe('STORAGE_FAILED');
  expect(codeOf(() => connection.beginWrite([]))).toBe('STORAGE_FAILED');
  expect(contentsOf(disk)).toEqual({ founding: 'flushed' });
});

test('a crash of one radiant does not affect the flush of another', () => {
  const disk = new MemoryDisk();
  const flush = created(disk).beginWrite([put('founding', 'second')]);
  const other = newIdentity();
  const otherFlush = disk.create(other, []);
  disk.crash(other.radiant);
  expect(codeOf(() => otherFlush.complete())).toBe('STORAGE_FAILED');
  expect(disk.radiants()).toEqual([identity.radiant]);
  flush.complete();
  expect(contentsOf(disk)).toEqual({ founding: 'second' });
});

test('an opening takes effect only once it is flushed', () => {
  const disk = new MemoryDisk();
  const first = created(disk);
  const takingUp = disk.reopen(identity.radiant, bootId(2));
  first.beginWrite([put('founding', 'in time')]).complete();
  const second = takingUp.complete();
  expect(second.startCounter).toBe(2);
  const late = first.beginWrite([put('founding', 'late')]);
  expect(codeOf(() => late.complete())).toBe('IDENTITY_TAKEN');
  expect(contentsOf(disk)).toEqual({ founding: 'in time' });
});

test('a restored disk holds the old records and the old start counter', () => {
  const disk = new MemoryDisk();
  created(disk).close();
  const old = disk.copy();
  const second = disk.reopen(identity.radiant, bootId(2)).complete();
  second.beginWrite([put('founding', 'second')]).complete();
  disk.rollBack(old);
  expect(codeOf(() => second.beginWrite([]))).toBe('STORAGE_FAILED');
  const third = disk.reopen(identity.radiant, bootId(3)).complete();
  expect([third.startCounter, new TextDecoder().decode(third.takeRecords().get('founding'))]).toEqual([2, 'first']);
});

test('a failed write changes nothing and is the last of its connection', () => {
  const disk = new MemoryDisk();
  const connection = created(disk);
  disk.failNextWrite(new ShardbearerError('STORAGE_FAILED', 'broken'));
  const flush = connection.beginWrite([put('founding', 'too much')]);
  expect(codeOf(() => flush.complete())).toBe('STORAGE_FAILED');
  expect(codeOf(() => connection.beginWrite([]))).toBe('STORAGE_FAILED');
  expect(contentsOf(disk)).toEqual({ founding: 'first' });
});

test('a wiped disk notifies every running boot of the loss', () => {
  const disk = new MemoryDisk();
  const connection = created(disk);
  const heard: unknown[] = [];
  connection.onLost((error) => heard.push(error?.code));
  const flush = connection.beginWrite([put('founding', 'late')]);
  disk.wipe();
  expect(heard).toEqual(['STORAGE_LOST']);
  expect(codeOf(() => flush.complete())).toBe('STORAGE_LOST');
  expect(codeOf(() => contentsOf(disk))).toBe('STORAGE_LOST');
});

test('a flipped bit is detected at the next start', () => {
  const disk = new MemoryDisk();
  created(disk).close();
  disk.corrupt(identity.radiant, 'founding', 6);
  expect(codeOf(() => contentsOf(disk))).toBe('STORAGE_LOST');
  disk.corrupt(identity.radiant, 'founding', 6);
  disk.corrupt(identity.radiant, IDENTITY_KEY);
  expect(codeOf(() => contentsOf(disk))).toBe('STORAGE_LOST');
});

test('only one write is in flight at a time', () => {
  const connection = created(new MemoryDisk());
  connection.beginWrite([]);
  expect(codeOf(() => connection.beginWrite([]))).toBe('INVARIANT_BROKEN');
});

test('memory storage writes to the same disk', async () => {
  const disk = new MemoryDisk();
  const database = await new MemoryStorage(disk).create(identity, [put('founding', 'first')]);
  const write = database.write([put('founding', 'lost')]);
  disk.crash();
  expect(await outcomeOf(write)).toBe('STORAGE_FAILED');
  expect(await database.lost).toBeUndefined();
  expect(contentsOf(disk)).toEqual({ founding: 'first' });
});

test('a full disk rejects puts, also of a new boot, and accepts deletes until it has room', () => {
  const disk = new MemoryDisk();
  const connection = created(disk);
  connection.beginWrite([put('configuration', 'old')]).complete();
  disk.isFull = true;
  connection.beginWrite([{ kind: 'delete', key: 'configuration' }]).complete();
  expect(codeOf(() => connection.beginWrite([put('founding', 'second')]).complete())).toBe('STORAGE_FULL');
  expect(codeOf(() => disk.reopen(identity.radiant, bootId(5)).complete())).toBe('STORAGE_FULL');
  disk.isFull = false;
  connection.beginWrite([put('founding', 'second')]).complete();
  expect(contentsOf(disk)).toEqual({ founding: 'second' });
});
