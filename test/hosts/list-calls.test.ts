import { expect, test } from 'vitest';
import type { Call, ListCall, ListedPage } from '../../src/client/contract.ts';
import type { CallResult } from '../../src/hosts/client-driver.ts';
import type { Entry, ListOptions } from '../../src/hosts/key-value-contract.ts';
import { ListCalls } from '../../src/hosts/list-calls.ts';
import { encodingOf } from '../../src/hosts/values.ts';
import { formatVersionstamp } from '../../src/hosts/versionstamps.ts';
import { keyBytesOf, keyTextOf } from '../../src/store/key.ts';
import { asLogIndex, asSlot, type LockId, parseId, SLOT_COUNT } from '../../src/wire/identifiers.ts';
import { LIMITS } from '../../src/wire/limits.ts';
import { caught } from './store-in-node.ts';

const ALL = { first: asSlot(0), last: asSlot(SLOT_COUNT - 1) };
const STORED = { generation: 1, revision: 2 };

/** Lists over keys in memory. All of them are on one order. */
class Shelf {
  readonly calls: ListCall[] = [];
  revision = 1;
  /** Called before each page is read. */
  beforePage: () => void = () => undefined;
  readonly lists: ListCalls;

  constructor(keys: Iterable<string>) {
    const sorted = [...keys].toSorted();
    this.lists = new ListCalls({
      request: async (call, options) => {
        options?.signal?.throwIfAborted();
        return this.#answer(call, sorted);
      },
      encoding: encodingOf('json'),
      partition: () => [[ALL]],
      newLock: () => parseId<LockId>('a'.repeat(32)),
    });
  }

  async all(options?: ListOptions): Promise<Entry[]> {
    const entries: Entry[] = [];
    for await (const entry of this.lists.list(options)) entries.push(entry);
    return entries;
  }

  async keys(options?: ListOptions): Promise<unknown[]> {
    const entries = await this.all(options);
    return entries.map(({ key }) => key);
  }

  /** Called before each range is locked. Returns whether its lock is lost. */
  losesLock: () => boolean = () => false;
  readonly ranges: string[] = [];

  #answer(call: Call, sorted: readonly string[]): CallResult {
    if (call.kind === 'lock-range') {
      this.ranges.push('lock');
      return { kind: 'range-locked', index: asLogIndex(9), covered: call.slots };
    }
    if (call.kind === 'release-range') {
      this.ranges.push('release');
      return { kind: 'range-released', index: this.losesLock() ? undefined : asLogIndex(9) };
    }
    return this.#page(call, sorted);
  }

  #page(call: Call, sorted: readonly string[]): ListedPage {
    if (call.kind !== 'list') throw new Error(call.kind);
    this.calls.push(call);
    this.beforePage();
    const [from, to] = [call.from, call.to].map((bound) => bound && keyTextOf(bound));
    const within = sorted.filter((key) => (from === undefined || key >= from) && (to === undefined || key < to));
    const ordered = call.isReversed ? within.toReversed() : within;
    const keys = ordered.slice(0, call.limit);
    const last = keys.at(-1);
    const next = last === undefined || ordered.length <= call.limit ? undefined : call.isReversed ? last : `${last}\0`;
    const value = new TextEncoder().encode('{"a":1}');
    return {
      kind: 'page',
      entries: keys.map((key) => ({ key: keyBytesOf(key), value, versionstamp: STORED })),
      next: next === undefined ? undefined : keyBytesOf(next),
      revision: this.revision,
      index: asLogIndex(0),
      covered: call.slots.map((range) => ({ ...range, epoch: 1 })),
    };
  }
}

test('entries have their key, value and version', async () => {
  const shelf = new Shelf(['a']);
  expect(await shelf.all()).toEqual([{ key: 'a', value: { a: 1 }, versionstamp: formatVersionstamp(STORED) }]);
  expect(await shelf.all({ encoding: 'utf8' })).toMatchObject([{ value: '{"a":1}' }]);
});

test('a key that is not UTF-8 is listed as bytes', async () => {
  const shelf = new Shelf(['a', '\xff\x01']);
  expect(await shelf.keys()).toEqual(['a', Uint8Array.of(0xff, 1)]);
});

test.each<[ListOptions, string]>([
  [{}, 'a ab abc b ba c'],
  [{ prefix: '' }, 'a ab abc b ba c'],
  [{ prefix: 'a' }, 'a ab abc'],
  [{ prefix: 'ab' }, 'ab abc'],
  [{ gt: 'ab' }, 'abc b ba c'],
  [{ gte: 'ab' }, 'ab abc b ba c'],
  [{ lt: 'b' }, 'a ab abc'],
  [{ lte: 'b' }, 'a ab abc b'],
  [{ prefix: 'a', gt: 'a', lte: 'ab' }, 'ab'],
  [{ prefix: 'a', gt: 'c' }, ''],
  [{ gte: 'a', gt: 'b', lt: 'c', lte: 'ba' }, 'ba'],
  [{ reverse: true }, 'c ba b abc ab a'],
  [{ prefix: 'a', reverse: true, limit: 2 }, 'abc ab'],
  [{ limit: 3 }, 'a ab abc'],
  [{ prefix: Uint8Array.of(0x62) }, 'b ba'],
])('%o lists its keys', async (options, expected) => {
  const shelf = new Shelf(['a', 'ab', 'abc', 'b', 'ba', 'c']);
  expect((await shelf.keys(options)).join(' ')).toBe(expected);
});

test('a prefix of the highest bytes has no end', async () => {
  expect(await new Shelf(['\xfe', '\xff', '\xff\xff']).keys({ prefix: Uint8Array.of(0xff) })).toHaveLength(2);
});

test('a long list is read page by page, and its limit ends the reading', async () => {
  const keys = Array.from({ length: 3 * LIMITS.lists.pageEntries }, (_, at) => String(at).padStart(5, '0'));
  const shelf = new Shelf(keys);
  expect(await shelf.keys()).toEqual(keys);
  expect(shelf.calls).toHaveLength(3);
  const short = new Shelf(keys);
  expect(await short.keys({ limit: 10 })).toHaveLength(10);
  expect(short.calls.map(({ limit }) => limit)).toEqual([10]);
});

test('a list that its application leaves reads no further pages', async () => {
  const shelf = new Shelf(Array.from({ length: 4 * LIMITS.lists.pageEntries }, (_, at) => String(at).padStart(5, '0')));
  for await (const { key } of shelf.lists.list()) if (key === '00001') break;
  // The second page was under way.
  expect(shelf.calls).toHaveLength(2);
});

const TAGGED = Array.from({ length: 2 * LIMITS.lists.pageEntries }, (_, at) => `{t}/${String(at).padStart(5, '0')}`);

test('a list under one hash tag starts again if a write came between its pages', async () => {
  const shelf = new Shelf(TAGGED);
  shelf.beforePage = () => {
    if (shelf.calls.length === 2) shelf.revision += 1;
  };
  expect(await shelf.keys({ prefix: '{t}/' })).toEqual(TAGGED);
  expect(shelf.calls).toHaveLength(4);
  expect(shelf.calls.every(({ slots: [range] }) => range !== undefined && range.first === range.last)).toBe(true);
});

test('a list under a hash tag whose keys never rest fails', async () => {
  const shelf = new Shelf(TAGGED);
  shelf.beforePage = () => {
    shelf.revision += 1;
  };
  expect(await caught(shelf.keys({ prefix: '{t}/' }))).toMatchObject({ code: 'OVERLOADED', effect: 'none' });
  expect(shelf.calls).toHaveLength(2 * LIMITS.lists.snapshotAttempts);
});

test('invalid options are refused at once', () => {
  const { lists } = new Shelf([]);
  for (const options of [
    { limit: 0 },
    { limit: 1.5 },
    { limit: '3' },
    { reverse: 'no' },
    { prefix: 7 },
    { gt: '' },
    { encoding: 'text' },
  ]) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- wrong on purpose
    expect(() => lists.list(options as never)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  }
});

test('an aborted list fails with the reason of its signal', async () => {
  const shelf = new Shelf(['a']);
  const reason = new Error('enough');
  expect(await caught(shelf.keys({ signal: AbortSignal.abort(reason) }))).toBe(reason);
});

test('a snapshot locks its range while it reads all pages, and begins again if a lock was lost', async () => {
  const keys = Array.from(
    { length: 2 * LIMITS.lists.pageEntries + 1 },
    (_, at) => `key ${String(at).padStart(4, '0')}`,
  );
  const shelf = new Shelf(keys);
  expect(await shelf.keys({ snapshot: true })).toEqual(keys);
  expect(shelf.ranges).toEqual(['lock', 'release']);
  expect(shelf.calls).toHaveLength(3);
  let losses = 2;
  shelf.losesLock = () => {
    losses -= 1;
    return losses >= 0;
  };
  expect(await shelf.keys({ snapshot: true, limit: 5 })).toEqual(keys.slice(0, 5));
  expect(shelf.ranges).toEqual(Array.from({ length: 4 }, () => ['lock', 'release']).flat());
  shelf.losesLock = () => true;
  expect(await caught(shelf.keys({ snapshot: true }))).toMatchObject({ code: 'OVERLOADED' });
});

test('a snapshot releases its range if a page fails', async () => {
  const shelf = new Shelf(['a']);
  shelf.beforePage = () => {
    throw new Error('no page');
  };
  expect(await caught(shelf.keys({ snapshot: true }))).toMatchObject({ message: 'no page' });
  expect(shelf.ranges).toEqual(['lock', 'release']);
});
