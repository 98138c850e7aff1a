/** A faulty order sends invalid pieces of a shard. A faulty replica sends invalid states with incoming shards. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KEY_VALUE } from '../../src/store/registry.ts';
import { slotOfKey } from '../../src/store/key.ts';
import type { ShardRange } from '../../src/wire/configuration/configuration.ts';
import { isShardbearerError } from '../../src/wire/errors.ts';
import { asLogIndex, asSequenceNumber, asSlot } from '../../src/wire/identifiers.ts';
import type { StateItem } from '../../src/wire/records/state-chunk.ts';
import { decodeStateChunk, StateChunkWriter } from '../../src/wire/records/state-chunk-codec.ts';
import { STATE_SCHEMA_VERSION } from '../../src/wire/versions.ts';
import { damaged, errorOf, isNoneOrTyped } from '../wire/frame-mutation.ts';
import { bytesOfJson } from '../wire/schema.ts';
import { bytesOf, clientNamed, Scribe } from './scribe.ts';
import { checkRestored, install, LAST, NEW, OLD, piecesOf, shardAround, shardOf, steer } from './steering.ts';

const SHARD = shardAround('k', 2, 100);

function chunkOf(items: readonly StateItem[]): Uint8Array {
  const writer = new StateChunkWriter();
  for (const item of items) writer.add(item);
  return writer.take();
}

function frozenItems(): readonly StateItem[] {
  const old = new Scribe();
  for (const client of ['ann', 'bob']) old.open(client);
  old.put('ann', 1, 'k', 'v');
  old.append('bob', 1, '{k}b', 'w', { finishedThrough: 0 });
  old.append('bob', 3, 'k', 'w', { finishedThrough: 1 });
  steer(old, { kind: 'freeze', shard: SHARD, to: NEW });
  return piecesOf(old.store, SHARD).flatMap((piece) => decodeStateChunk(piece));
}

const ITEMS = frozenItems();

function received(pieces: readonly (readonly StateItem[])[], shard: ShardRange = SHARD) {
  const fresh = new Scribe({ shards: [] });
  const results = install(fresh, shard, pieces.map(chunkOf));
  return { fresh, results, held: fresh.store.shards.held() };
}

test('a shard with a wrong digest is dropped and can be received again from its first piece', () => {
  expect(received(ITEMS.map((item) => [item])).held).toMatchObject([{ ...SHARD, shardState: { kind: 'active' } }]);
  const wrong = ITEMS.flatMap((item, at) => {
    const without = ITEMS.toSpliced(at, 1);
    const twice = ITEMS.toSpliced(at, 0, item);
    const swapped = ITEMS.toSpliced(at, 2, ...ITEMS.slice(at, at + 2).toReversed());
    return at === ITEMS.length - 1 ? [without, twice] : [without, twice, swapped];
  });
  for (const items of wrong) {
    const { fresh, results, held } = received(items.map((item) => [item]));
    expect(results.some(({ kind }) => kind === 'refused')).toBe(true);
    expect(held.filter(({ shardState }) => shardState.kind === 'active')).toEqual([]);
    checkRestored(fresh.store);
  }
  const dropped = new Scribe({ shards: [] });
  install(dropped, SHARD, [chunkOf(ITEMS.slice(0, 3)), chunkOf([{ kind: 'end', digest: 'no' }])]);
  expect(dropped.store.shards.held()).toEqual([]);
  expect(install(dropped, SHARD, [chunkOf(ITEMS)])).toEqual([{ kind: 'changed' }]);
  expect(dropped.read('k', { shardEpoch: 2 })).toMatchObject({ kind: 'value' });
});

test('a piece of another shard, an early end or a missing end is refused', () => {
  const [start, ...rest] = ITEMS;
  const end = ITEMS.at(-1);
  expect(start?.kind).toBe('start');
  expect(end?.kind).toBe('end');
  const lists: readonly (readonly (readonly StateItem[])[])[] = [
    [[{ kind: 'start', generation: 1, shard: SHARD, logTimeMs: 0 }, ...rest]],
    [[{ kind: 'start', generation: 0, shard: { ...SHARD, epoch: 3 }, logTimeMs: 0 }, ...rest]],
    [ITEMS, ITEMS],
    [ITEMS.slice(0, -1)],
    [[], ITEMS],
    [[...ITEMS, { kind: 'slot', slot: SHARD.last, revision: 1 }]],
    [
      [
        { kind: 'head', generation: 0, appliedIndex: asLogIndex(0), logTimeMs: 0, latestFreeze: asLogIndex(0) },
        ...rest,
      ],
    ],
    [[...ITEMS.slice(0, 1), { kind: 'shard', shard: SHARD }, ...rest]],
  ];
  for (const pieces of lists) {
    const { results, held } = received(pieces);
    expect(results[0]).toMatchObject({ kind: 'refused', code: 'INVALID_ARGUMENT' });
    expect(held.filter(({ shardState }) => shardState.kind === 'active')).toEqual([]);
  }
});

function isNoneOrTooNew(error: unknown): boolean {
  return error === undefined || (isShardbearerError(error) && error.code === 'STORAGE_TOO_NEW');
}

test('a damaged piece never breaks a replica and leaves a state that can be stored', () => {
  const whole = chunkOf(ITEMS);
  const pieces = ITEMS.map((item) => chunkOf([item]));
  const { store: empty } = new Scribe({ shards: [] });
  const which = fc.nat(ITEMS.length - 1);
  fc.assert(
    fc.property(which, damaged(fc.constantFrom(whole, ...pieces)), fc.boolean(), (at, piece, isLast) => {
      expect(errorOf(() => empty.shards.check(piece))).toSatisfy(isNoneOrTyped);
      const fresh = new Scribe({ shards: [] });
      fresh.open('ann');
      for (const [chunk, bytes] of pieces.slice(0, at).entries()) {
        steer(fresh, { kind: 'install', shard: SHARD, from: OLD, chunk, isLast: false, bytes });
      }
      const entry = { kind: 'install', shard: SHARD, from: OLD, chunk: at, isLast, bytes: piece } as const;
      const error = errorOf(() => steer(fresh, entry));
      expect(error).toSatisfy(isNoneOrTooNew);
      if (error === undefined) checkRestored(fresh.store);
    }),
    { numRuns: 1_000 },
  );
});

test('a piece of a newer build is rejected before its proposal and stops a replica that reads it from the log', () => {
  const start = { schemaVersion: STATE_SCHEMA_VERSION + 1, first: 1, last: 2, epoch: 2 };
  const piece = bytesOfJson('StateChunk', { items: [{ start }] });
  const fresh = new Scribe({ shards: [] });
  expect(errorOf(() => fresh.store.shards.check(piece))).toMatchObject({ code: 'VERSION_UNSUPPORTED' });
  expect(errorOf(() => install(fresh, shardOf(1, 2, 2), [piece]))).toMatchObject({ code: 'STORAGE_TOO_NEW' });
});

const HEAD: StateItem = {
  kind: 'head',
  generation: 0,
  appliedIndex: asLogIndex(9),
  logTimeMs: 50,
  latestFreeze: asLogIndex(6),
};
const SLOT = slotOfKey(bytesOf('k'));
const shardItem = (first: number, last: number): StateItem => ({ kind: 'shard', shard: shardOf(first, last, 1) });
const origin = (first: number, last: number, since = 0, closedThrough = 0): StateItem => ({
  kind: 'origin',
  first: asSlot(first),
  last: asSlot(last),
  since: asLogIndex(since),
  closedThrough: asLogIndex(closedThrough),
});
/** The items of a served shard whose slots all have the same origin. */
const served = (first: number, last: number, since = 0, closedThrough = 0): readonly StateItem[] => [
  shardItem(first, last),
  origin(first, last, since, closedThrough),
];
const admission = (since: number): StateItem => ({ kind: 'admission', since: asLogIndex(since) });
const frozen = (first: number, last: number): StateItem => ({
  kind: 'frozen',
  shard: shardOf(first, last, 2),
  to: NEW,
  logTimeMs: 0,
});
const incoming = (first: number, last: number, chunks = 1): StateItem => ({
  kind: 'incoming',
  shard: shardOf(first, last, 2),
  from: OLD,
  chunks,
  logTimeMs: 0,
});
const departed = (first: number, last: number, epoch = 1): StateItem => ({
  kind: 'departed',
  shard: shardOf(first, last, epoch),
});
const kept = (name: string, finishedThrough = 1): StateItem => ({
  kind: 'kept',
  client: clientNamed(name),
  finishedThrough: asSequenceNumber(finishedThrough),
});
const session = (name: string, openedAt = 0): StateItem => ({
  kind: 'session',
  client: clientNamed(name),
  lastUsedMs: 0,
  finishedThrough: asSequenceNumber(1),
  openedAt: asLogIndex(openedAt),
});
const written = (sequence: number): StateItem => ({
  kind: 'written',
  session: 0,
  sequence: asSequenceNumber(sequence),
  versionstamp: { generation: 0, revision: 1 },
  existed: false,
});
const slot: StateItem = { kind: 'slot', slot: SLOT, revision: 1 };
const otherSlot: StateItem = { kind: 'slot', slot: asSlot(SLOT + 1), revision: 1 };

type Items = readonly (StateItem | readonly StateItem[])[];

const POSSIBLE: readonly Items[] = [
  [HEAD, served(0, 9), departed(10, 20, 7), session('ann'), frozen(100, LAST), kept('bob'), slot, written(4)],
  [HEAD, served(SLOT, SLOT, 7, 6), session('ann'), admission(3), admission(7), slot, written(4)],
  [HEAD, served(SLOT, SLOT, 7, 5), session('ann', 6), slot, written(4)],
  [HEAD, shardItem(0, 9), origin(0, 4, 3), origin(5, 9, 7, 6)],
  [HEAD, session('ann'), frozen(0, 9), { kind: 'dropped', client: clientNamed('ann') }, frozen(10, 20), kept('ann')],
  [HEAD, departed(100, LAST), frozen(0, 9), incoming(100, LAST), kept('ann'), slot, written(4), otherSlot, written(5)],
];

const IMPOSSIBLE: readonly Items[] = [
  [frozen(0, 9)],
  [HEAD, kept('ann')],
  [HEAD, { kind: 'start', generation: 0, shard: SHARD, logTimeMs: 0 }],
  [HEAD, { kind: 'end', digest: '' }],
  [HEAD, served(0, 9), frozen(9, 20)],
  [HEAD, served(0, 9), incoming(9, 20)],
  [HEAD, frozen(0, 9), frozen(9, 20)],
  [HEAD, frozen(10, 20), frozen(0, 9)],
  [HEAD, frozen(0, 9), incoming(9, 20)],
  [HEAD, incoming(0, 9), frozen(10, 20)],
  [HEAD, incoming(0, 9), incoming(9, 20)],
  [HEAD, incoming(0, 9, 0)],
  [HEAD, departed(0, 9), frozen(9, 20)],
  [HEAD, departed(0, 9, 2), incoming(9, 20)],
  [HEAD, departed(0, 9), served(10, 20)],
  [HEAD, departed(10, 20), departed(0, 9)],
  [HEAD, served(0, 9), departed(9, 20)],
  [HEAD, served(0, 9, 10)],
  [HEAD, session('ann', 10)],
  [{ ...HEAD, latestFreeze: asLogIndex(10) }],
  [HEAD, served(0, 9, 9, 7)],
  [HEAD, served(0, 9, 5, 5)],
  [HEAD, shardItem(0, 9)],
  [HEAD, shardItem(0, 9), origin(0, 8)],
  [HEAD, shardItem(0, 9), origin(0, 10)],
  [HEAD, shardItem(0, 9), origin(1, 9)],
  [HEAD, shardItem(0, 9), origin(0, 4), origin(4, 9)],
  [HEAD, served(0, 9), origin(10, 12)],
  [HEAD, shardItem(0, 9), session('ann'), origin(0, 9)],
  [HEAD, origin(0, 9)],
  [HEAD, admission(1)],
  [HEAD, served(0, 9), admission(1)],
  [HEAD, session('ann'), admission(0)],
  [HEAD, session('ann'), admission(2), admission(2)],
  [HEAD, session('ann'), admission(10)],
  [HEAD, served(SLOT, SLOT, 7), session('ann'), admission(6), slot, written(4)],
  [HEAD, served(SLOT, SLOT, 7, 6), session('ann', 6), slot, written(4)],
  [HEAD, frozen(0, 9), served(10, 20)],
  [HEAD, frozen(0, 9), session('ann')],
  [HEAD, session('ann'), frozen(0, 9), kept('ann')],
  [HEAD, frozen(0, 9), { kind: 'dropped', client: clientNamed('ann') }],
  [HEAD, frozen(0, 9), kept('bob'), kept('ann')],
  [HEAD, frozen(0, 9), kept('ann'), kept('ann', 2)],
  [HEAD, frozen(SLOT, SLOT), slot, kept('ann')],
  [HEAD, frozen(0, 9), slot],
  [HEAD, frozen(SLOT, SLOT), slot, written(4)],
  [HEAD, frozen(SLOT, SLOT), kept('ann', 4), slot, written(4)],
  [HEAD, frozen(SLOT, LAST), kept('ann'), slot, written(4), otherSlot, written(4)],
  [HEAD, incoming(SLOT, LAST), kept('ann'), slot, written(4), otherSlot, written(4)],
];

test('invalid incoming shards are refused', () => {
  const restore = (items: Items) => {
    const restoration = KEY_VALUE.restoration();
    restoration.add(chunkOf(items.flat()));
    return restoration.finish();
  };
  for (const items of POSSIBLE) expect(errorOf(() => restore(items))).toBeUndefined();
  for (const items of IMPOSSIBLE) expect(errorOf(() => restore(items))).toMatchObject({ code: 'FRAME_MALFORMED' });
});
