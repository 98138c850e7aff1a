import fc from 'fast-check';
import { expect, test } from 'vitest';
import { StorageLostError } from '../../src/wire/errors.ts';
import { asLogIndex } from '../../src/wire/identifiers.ts';
import {
  decodeCheckpointRecord,
  decodeConfigurationRecord,
  decodeDepartureRecord,
  decodeFoundingRecord,
  decodeGroupRecord,
  decodeIdentityRecord,
  decodeIncomingRecord,
  decodeLogRecord,
  decodeSeenRecord,
  encodeCheckpointRecord,
  encodeConfigurationRecord,
  encodeDepartureRecord,
  encodeFoundingRecord,
  encodeGroupRecord,
  encodeIdentityRecord,
  encodeIncomingRecord,
  encodeLogRecord,
  encodeSeenRecord,
} from '../../src/wire/records/record-codec.ts';
import * as arbitrary from './arbitraries.ts';
import { damaged, errorOf, FUZZ_RUNS } from './frame-mutation.ts';

const identity = fc.record({
  radiant: arbitrary.id,
  device: arbitrary.id,
  boot: arbitrary.id,
  startCounter: arbitrary.count,
  formatVersion: fc.integer({ min: 1, max: 99 }),
});
const founding = fc.record({
  cluster: arbitrary.id,
  configuration: fc.option(arbitrary.configuration, { nil: undefined }),
});
const group = fc.record({
  id: arbitrary.id,
  replica: arbitrary.replica,
  firstVoters: arbitrary.firstVoters,
  firstShards: arbitrary.shards,
});
const seen = fc.record({ seen: fc.array(arbitrary.seenReplica, { maxLength: 5 }) });
const log = fc.record({
  firstIndex: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }).map(asLogIndex),
  entries: fc.array(arbitrary.bytes(), { minLength: 1, maxLength: 5 }),
});

const index = arbitrary.count.map(asLogIndex);
const checkpoint = fc.record({
  index,
  compactionPoint: arbitrary.bytes(),
  description: arbitrary.bytes(),
  chunkCount: fc.integer({ min: 1, max: 99_999_999 }),
  origin: fc.constantFrom('own', 'fetched'),
});
const incoming = fc.record({ index, description: arbitrary.bytes() });

/** Makes the checks for one kind of record. The checks of all kinds have the same type. */
function kind<Value>(
  name: string,
  values: fc.Arbitrary<Value>,
  encode: (value: Value) => Uint8Array,
  decode: (bytes: Uint8Array) => Value,
) {
  return {
    name,
    checkRoundTrip: () => {
      fc.assert(
        fc.property(values, (value) => {
          expect(decode(encode(value))).toEqual(value);
        }),
      );
    },
    damagedBytes: damaged(values.map(encode)),
    decode: (bytes: Uint8Array): unknown => decode(bytes),
  };
}

const kinds = [
  kind('identity', identity, encodeIdentityRecord, decodeIdentityRecord),
  kind('founding', founding, encodeFoundingRecord, decodeFoundingRecord),
  kind('configuration', arbitrary.configuration, encodeConfigurationRecord, decodeConfigurationRecord),
  kind('group', group, encodeGroupRecord, decodeGroupRecord),
  kind('departure', fc.record({ replica: arbitrary.replica }), encodeDepartureRecord, decodeDepartureRecord),
  kind('seen', seen, encodeSeenRecord, decodeSeenRecord),
  kind('log', log, encodeLogRecord, decodeLogRecord),
  kind('checkpoint', checkpoint, encodeCheckpointRecord, decodeCheckpointRecord),
  kind('incoming', incoming, encodeIncomingRecord, decodeIncomingRecord),
];

const isNoneOrLost = (error: unknown) => error === undefined || error instanceof StorageLostError;

test.each(kinds)('encoding and decoding a record of kind $name returns the same record', ({ checkRoundTrip }) => {
  checkRoundTrip();
});

test.each(kinds)('a damaged record of kind $name decodes or is STORAGE_LOST', ({ damagedBytes, decode }) => {
  fc.assert(
    fc.property(damagedBytes, (bytes) => {
      expect(errorOf(() => decode(bytes))).toSatisfy(isNoneOrLost);
    }),
    { numRuns: Math.ceil(FUZZ_RUNS / 40) },
  );
});
