import fc from 'fast-check';
import { expect, test } from 'vitest';
import { asLogIndex, asSequenceNumber } from '../../src/wire/identifiers.ts';
import { decodeSnapshotDescription, encodeSnapshotDescription } from '../../src/wire/records/snapshot-description.ts';
import type { StateItem } from '../../src/wire/records/state-chunk.ts';
import { decodeStateChunk, StateChunkWriter } from '../../src/wire/records/state-chunk-codec.ts';
import { STATE_SCHEMA_VERSION } from '../../src/wire/versions.ts';
import * as arbitrary from './arbitraries.ts';
import { damaged, errorOf, FUZZ_RUNS, isNoneOrTyped } from './frame-mutation.ts';
import { base64, bytesOfJson, expectCanonical, jsonOf } from './schema.ts';

const { bytes, count, id, key, slot, versionstamp } = arbitrary;
const kind = <Kind extends StateItem['kind']>(name: Kind) => fc.constant(name);
const sequence = count.map(asSequenceNumber);
const since = count.map(asLogIndex);
const position = fc.record({ epoch: count, index: since });
const shard = fc.tuple(slot, slot, count).map(([one, other, epoch]) => {
  return one < other ? { first: one, last: other, epoch } : { first: other, last: one, epoch };
});
const item: fc.Arbitrary<StateItem> = fc.oneof(
  fc.record({ kind: kind('head'), generation: count, appliedIndex: since, logTimeMs: count, latestFreeze: since }),
  fc.record({ kind: kind('shard'), shard }),
  fc.record({ kind: kind('origin'), shard, since, closedThrough: since }).map(({ shard: { first, last }, ...rest }) => {
    return { ...rest, first, last };
  }),
  fc.record({ kind: kind('session'), client: id, lastUsedMs: count, finishedThrough: sequence, openedAt: since }),
  fc.record({ kind: kind('admission'), since }),
  fc.record({ kind: kind('slot'), slot, revision: count }),
  fc.record({
    kind: kind('value'),
    key,
    value: bytes(),
    versionstamp,
    expiresAtMs: fc.option(count, { nil: undefined }),
  }),
  fc.record({ kind: kind('written'), session: count, sequence, versionstamp, existed: fc.boolean() }),
  fc.record({ kind: kind('conflict'), session: count, sequence }),
  fc.record({ kind: kind('trimmed'), position }),
  fc.record({
    kind: kind('change'),
    type: fc.constant('put' as const),
    key,
    value: bytes(),
    versionstamp,
    position,
    since,
  }),
  fc.record({
    kind: kind('change'),
    type: fc.constantFrom('delete' as const, 'expire' as const),
    key,
    value: fc.constant(new Uint8Array(0)),
    versionstamp,
    position,
    since,
  }),
  fc.record({
    kind: kind('transacted'),
    session: count,
    sequence,
    result: fc.constantFrom('prepared' as const, 'committed' as const, 'conflict' as const, 'aborted' as const),
    conflicts: fc.array(fc.nat(255), { maxLength: 3 }),
  }),
  fc.record({
    kind: kind('lock'),
    transaction: arbitrary.transaction,
    home: slot,
    isWholeSlot: fc.boolean(),
    checked: fc.array(key, { maxLength: 3 }),
  }),
  fc.record({ kind: kind('locked-write'), write: arbitrary.keyWrite }),
  fc.record({
    kind: kind('commit'),
    transaction: arbitrary.transaction,
    participants: fc.array(slot, { maxLength: 3 }),
  }),
  fc.record({
    kind: kind('refused'),
    session: count,
    sequence,
    code: fc.constantFrom('VALUE_TOO_LARGE' as const, 'OVERLOADED' as const),
    message: fc.string(),
  }),
  fc.record({ kind: kind('departed'), shard }),
  fc.record({
    kind: kind('range-lock'),
    lock: id,
    shards: fc.array(shard, { minLength: 1, maxLength: 3 }),
    from: fc.option(bytes(1), { nil: undefined }),
    to: fc.option(bytes(1), { nil: undefined }),
    index: since,
  }),
  fc.record({ kind: kind('frozen'), shard, to: id, logTimeMs: count }),
  fc.record({ kind: kind('incoming'), shard, from: id, chunks: count, logTimeMs: count }),
  fc.record({ kind: kind('kept'), client: id, finishedThrough: sequence }),
  fc.record({ kind: kind('dropped'), client: id }),
  fc.record({ kind: kind('start'), generation: count, shard, logTimeMs: count }),
  fc.record({ kind: kind('end'), digest: fc.string({ maxLength: 16 }) }),
);
const items = fc.array(item, { maxLength: 8 });

function jsonNameOf(name: StateItem['kind']): string {
  return name.replace(/-(?<first>[a-z])/u, (_, first: string) => first.toUpperCase());
}

function chunkOf(list: readonly StateItem[]): Uint8Array {
  const writer = new StateChunkWriter();
  for (const one of list) writer.add(one);
  expect(writer.bytes).toBe(writer.take().length);
  for (const one of list) writer.add(one);
  return writer.take();
}

test('chunks are canonical, and decoding returns the same items', () => {
  fc.assert(
    fc.property(items, (list) => {
      const chunk = chunkOf(list);
      expectCanonical('StateChunk', chunk);
      expect(jsonOf('StateChunk', chunk)).toMatchObject({ items: list.map((one) => ({ [jsonNameOf(one.kind)]: {} })) });
      expect(decodeStateChunk(chunk)).toEqual(list);
    }),
  );
});

test('fields have the meaning that the schema gives them', () => {
  const indexes = { appliedIndex: asLogIndex(6), latestFreeze: asLogIndex(3) };
  const head = { kind: 'head', generation: 2, logTimeMs: 4, ...indexes } as const;
  const value = { key: Uint8Array.of(5), value: Uint8Array.of(6), versionstamp: { generation: 7, revision: 8 } };
  expect(jsonOf('StateChunk', chunkOf([head, { kind: 'value', ...value }]))).toEqual({
    items: [
      {
        head: {
          schemaVersion: String(STATE_SCHEMA_VERSION),
          generation: '2',
          appliedIndex: '6',
          logTimeMs: '4',
          latestFreeze: '3',
        },
      },
      { value: { key: base64('05'), value: base64('06'), generation: '7', revision: '8' } },
    ],
  });
});

test('a damaged chunk ends in a typed error or whole items', () => {
  fc.assert(
    fc.property(damaged(items.map(chunkOf)), (chunk) => {
      expect(errorOf(() => decodeStateChunk(chunk))).toSatisfy(isNoneOrTyped);
    }),
    { numRuns: Math.ceil(FUZZ_RUNS / 4) },
  );
});

test('a state of a newer build is refused, since a part of it would be another state', () => {
  const chunk = bytesOfJson('StateChunk', { items: [{ head: { schemaVersion: STATE_SCHEMA_VERSION + 1 } }] });
  const error = errorOf(() => decodeStateChunk(chunk));
  expect(error).toMatchObject({ code: 'VERSION_UNSUPPORTED' });
});

test('encoding and decoding a description of a snapshot returns the same description', () => {
  const description = fc.record({
    index: count.map(asLogIndex),
    digest: fc.string({ maxLength: 64 }),
    roster: bytes(),
  });
  fc.assert(
    fc.property(description, (one) => {
      expect(decodeSnapshotDescription(encodeSnapshotDescription(one))).toEqual(one);
    }),
  );
});
