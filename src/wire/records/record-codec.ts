/**
 * The records of a radiant's database. Their checksums were verified before they come here: one that
 * cannot be read is damaged all the same, and the identity is retired (design, rule 2).
 */
import { create, type DescMessage, type MessageInitShape, type MessageShape, toBinary } from '@bufbuild/protobuf';
import { decodeConfiguration, encodeConfiguration } from '../configuration/configuration-codec.ts';
import { bounded, decodeMessage, malformed } from '../decoding.ts';
import { StorageLostError } from '../errors.ts';
import { decodeFields, type FieldReader, FieldWriter } from '../field-codec.ts';
import type { SeenReplica } from '../frames/frame.ts';
import {
  CheckpointRecordSchema,
  DepartureRecordSchema,
  FoundingRecordSchema,
  GroupRecordSchema,
  IdentityRecordSchema,
  IncomingRecordSchema,
} from '../generated/shardbearer_pb.ts';
import { asLogIndex, idFromBytes, idToBytes, asReplicaId } from '../identifiers.ts';
import { LIMITS } from '../limits.ts';
import {
  firstShardsFromMessages,
  firstVotersFromMessages,
  memberToMessage,
  rangeToMessage,
} from '../configuration/order-codec.ts';
import { readSeenReplica, writeSeenReplica } from '../frames/presence-codec.ts';
import type {
  CheckpointRecord,
  DepartureRecord,
  FoundingRecord,
  GroupRecord,
  IdentityRecord,
  IncomingRecord,
  LogRecord,
  SeenRecord,
} from './records.ts';
import { safeInteger, uint64 } from '../safe-integer.ts';
import type { Configuration } from '../configuration/configuration.ts';

export function encodeIdentityRecord(record: IdentityRecord): Uint8Array {
  return encode(IdentityRecordSchema, {
    radiant: idToBytes(record.radiant),
    device: idToBytes(record.device),
    boot: idToBytes(record.boot),
    startCounter: uint64(record.startCounter),
    formatVersion: record.formatVersion,
  });
}

/** @throws {StorageLostError} `STORAGE_LOST` */
export function decodeIdentityRecord(bytes: Uint8Array): IdentityRecord {
  return decode(IdentityRecordSchema, bytes, (message) => {
    if (message.formatVersion === 0) throw malformed('an identity without a format version');
    return {
      radiant: idFromBytes(message.radiant),
      device: idFromBytes(message.device),
      boot: idFromBytes(message.boot),
      startCounter: safeInteger(message.startCounter),
      formatVersion: message.formatVersion,
    };
  });
}

export function encodeFoundingRecord(record: FoundingRecord): Uint8Array {
  return encode(FoundingRecordSchema, {
    cluster: idToBytes(record.cluster),
    configuration: record.configuration === undefined ? new Uint8Array(0) : encodeConfiguration(record.configuration),
  });
}

/** @throws {StorageLostError} `STORAGE_LOST` */
export function decodeFoundingRecord(bytes: Uint8Array): FoundingRecord {
  return decode(FoundingRecordSchema, bytes, (message) => ({
    cluster: idFromBytes(message.cluster),
    configuration: message.configuration.length === 0 ? undefined : decodeConfiguration(message.configuration),
  }));
}

export function encodeConfigurationRecord(configuration: Configuration): Uint8Array {
  return encodeConfiguration(configuration);
}

/** @throws {StorageLostError} `STORAGE_LOST` */
export function decodeConfigurationRecord(bytes: Uint8Array): Configuration {
  return lostWhereUnreadable(() => decodeConfiguration(bytes));
}

export function encodeGroupRecord(record: GroupRecord): Uint8Array {
  return encode(GroupRecordSchema, {
    id: idToBytes(record.id),
    replica: uint64(record.replica),
    firstVoters: record.firstVoters.map(memberToMessage),
    firstShards: record.firstShards.map(rangeToMessage),
  });
}

/** @throws {StorageLostError} `STORAGE_LOST` */
export function decodeGroupRecord(bytes: Uint8Array): GroupRecord {
  return decode(GroupRecordSchema, bytes, (message) => ({
    id: idFromBytes(message.id),
    replica: asReplicaId(safeInteger(message.replica)),
    firstVoters: firstVotersFromMessages(message.firstVoters),
    firstShards: firstShardsFromMessages(message.firstShards),
  }));
}

export function encodeDepartureRecord({ replica }: DepartureRecord): Uint8Array {
  return encode(DepartureRecordSchema, { replica: uint64(replica) });
}

/** @throws {StorageLostError} `STORAGE_LOST` */
export function decodeDepartureRecord(bytes: Uint8Array): DepartureRecord {
  return decode(DepartureRecordSchema, bytes, (message) => ({ replica: asReplicaId(safeInteger(message.replica)) }));
}

export function encodeSeenRecord(record: SeenRecord): Uint8Array {
  writer.clear();
  for (const seen of record.seen) writer.nested(1, writeSeenReplica, seen);
  return writer.take();
}

/** @throws {StorageLostError} `STORAGE_LOST` */
export function decodeSeenRecord(bytes: Uint8Array): SeenRecord {
  return lostWhereUnreadable(() => decodeFields('SeenRecord', bytes, LIMITS.logBytes, readSeenRecord));
}

/** Field by field, as `LogRecord` in the schema: there is one in every write. */
export function encodeLogRecord(record: LogRecord): Uint8Array {
  writer.clear();
  writer.number(1, record.firstIndex);
  for (const entry of record.entries) writer.element(2, entry);
  return writer.take();
}

/**
 * Entries are views of `bytes`.
 * @throws {StorageLostError} `STORAGE_LOST`
 */
export function decodeLogRecord(bytes: Uint8Array): LogRecord {
  return lostWhereUnreadable(() => decodeFields('LogRecord', bytes, LIMITS.logBytes, readLogRecord));
}

export function encodeCheckpointRecord(record: CheckpointRecord): Uint8Array {
  return encode(CheckpointRecordSchema, {
    index: uint64(record.index),
    mark: record.mark,
    description: record.description,
    chunkCount: uint64(record.chunkCount),
    fetched: record.origin === 'fetched',
  });
}

/** @throws {StorageLostError} `STORAGE_LOST` */
export function decodeCheckpointRecord(bytes: Uint8Array): CheckpointRecord {
  return decode(CheckpointRecordSchema, bytes, (message) => {
    if (message.chunkCount === 0n) throw malformed('a checkpoint without chunks');
    return {
      index: asLogIndex(safeInteger(message.index)),
      mark: message.mark,
      description: message.description,
      chunkCount: safeInteger(message.chunkCount),
      origin: message.fetched ? 'fetched' : 'own',
    };
  });
}

export function encodeIncomingRecord(record: IncomingRecord): Uint8Array {
  return encode(IncomingRecordSchema, { index: uint64(record.index), description: record.description });
}

/** @throws {StorageLostError} `STORAGE_LOST` */
export function decodeIncomingRecord(bytes: Uint8Array): IncomingRecord {
  return decode(IncomingRecordSchema, bytes, (message) => ({
    index: asLogIndex(safeInteger(message.index)),
    description: message.description,
  }));
}

const writer = new FieldWriter();

function readSeenRecord(reader: FieldReader): SeenRecord {
  const seen: SeenReplica[] = [];
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) seen.push(reader.message(readSeenReplica));
    else reader.skip();
  }
  return { seen: bounded(seen, LIMITS.sightings, 'sightings') };
}

function readLogRecord(reader: FieldReader): LogRecord {
  let firstIndex = 0;
  const entries: Uint8Array[] = [];
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) firstIndex = reader.number();
    else if (field === 2) entries.push(reader.view());
    else reader.skip();
  }
  if (firstIndex === 0 || entries.length === 0) throw malformed('a log record without entries');
  return { firstIndex: asLogIndex(firstIndex), entries };
}

function encode<Description extends DescMessage>(
  schema: Description,
  message: MessageInitShape<Description>,
): Uint8Array {
  return toBinary(schema, create(schema, message));
}

function decode<Description extends DescMessage, Value>(
  schema: Description,
  bytes: Uint8Array,
  convert: (message: MessageShape<Description>) => Value,
): Value {
  return lostWhereUnreadable(() => decodeMessage(schema, bytes, LIMITS.logBytes, convert));
}

function lostWhereUnreadable<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    throw new StorageLostError('a record of this radiant cannot be read: its data is damaged', { cause: error });
  }
}
