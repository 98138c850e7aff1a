import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RaftLog } from '../../src/consensus/raft/log.ts';
import { asLogIndex } from '../../src/wire/identifiers.ts';
import type { RaftEntry } from '../../src/wire/raft/message.ts';

const BASE = { index: 0, term: 0 };

function entries(first: number, ...terms: readonly number[]): RaftEntry[] {
  return terms.map((term, at) => ({
    term,
    index: asLogIndex(first + at),
    kind: 'normal',
    payload: new Uint8Array(10),
  }));
}

function makeLog(...terms: readonly number[]): RaftLog {
  return new RaftLog({ base: BASE, entries: entries(1, ...terms), committed: 0, applied: 0 }, Number.POSITIVE_INFINITY);
}

test('entries are appended only after an entry that both logs hold, and only conflicting entries are replaced', () => {
  const log = makeLog(1, 1, 2);
  expect(log.accept({ index: 3, term: 1 }, entries(4, 3))).toBeUndefined();
  expect(log.accept({ index: 1, term: 1 }, entries(2, 1))).toBe(2);
  expect(log.last.index).toBe(3);
  expect(log.accept({ index: 2, term: 1 }, entries(3, 3, 3))).toBe(4);
  expect(log.last).toMatchObject({ index: 4, term: 3 });
  expect(log.takeUnsubmitted()).toHaveLength(2);
});

test('a committed entry is never replaced', () => {
  const log = makeLog(1, 1, 1);
  log.commitTo(2);
  expect(() => log.accept({ index: 1, term: 1 }, entries(2, 2))).toThrow('a committed entry is never replaced');
});

test('a completed write does not count for entries that were replaced during the write', () => {
  const log = makeLog();
  log.append(entries(1, 1, 1));
  log.takeUnsubmitted();
  log.append(entries(2, 2));
  log.flushedTo({ index: 2, term: 1 });
  expect(log.unflushed).toBe(1);
  expect(log.takeUnsubmitted()).toEqual(entries(2, 2));
  log.flushedTo({ index: 2, term: 2 });
  expect(log.unflushed).toBe(3);
});

test('a committed entry that is not flushed here is applied only if that is allowed', () => {
  const log = makeLog();
  log.append(entries(1, 1, 1));
  log.commitTo(2);
  expect(log.takeApplicable(false)).toEqual([]);
  log.takeUnsubmitted();
  log.flushedTo({ index: 1, term: 1 });
  expect(log.takeApplicable(false).map(({ index }) => index)).toEqual([1]);
  expect(log.takeApplicable(true).map(({ index }) => index)).toEqual([2]);
});

test('handing out pauses at the limit until the entries handed out are applied', () => {
  const log = new RaftLog({ base: BASE, entries: entries(1, 1, 1, 1), committed: 3, applied: 0 }, 30);
  expect(log.takeApplicable(false)).toHaveLength(1);
  expect(log.takeApplicable(false)).toHaveLength(0);
  expect(log.appliedTo(1)).toBe(10);
  expect(log.takeApplicable(false)).toHaveLength(1);
});

test('a slice holds as many entries as fit, and at least one', () => {
  const log = makeLog(1, 1, 1, 1);
  expect(log.slice(1, 4, 0)).toHaveLength(1);
  expect(log.slice(1, 4, 60)).toHaveLength(2);
  expect(log.slice(2, 4, 1_000)).toHaveLength(3);
  expect(log.slice(3, 2, 1_000)).toEqual([]);
});

test('the hint for a refused append never skips a place where the logs could agree', () => {
  const terms = fc
    .array(fc.integer({ min: 1, max: 4 }), { maxLength: 8 })
    .map((list) => list.sort((left, right) => left - right));
  fc.assert(
    fc.property(terms, terms, (own, other) => {
      const log = makeLog(...own);
      const index = Math.min(own.length, other.length);
      const hint = log.lastPossibleAgreement(index, other[index - 1] ?? 0);
      for (let at = hint.index + 1; at <= index; at++) expect(own[at - 1]).not.toBe(other[at - 1]);
    }),
  );
});
