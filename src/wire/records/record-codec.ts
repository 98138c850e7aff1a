/**
 * Encodes and decodes the records of a radiant's database. The storage has verified their checksums. A record that
 * cannot be decoded nevertheless means damaged data, and the identity is retired (design, rule 2).
 */
import type { Configuration } from '../configuration/configuration.ts';
import { decodeConfiguration, encodeConfiguration } from '../configuration/configuration-codec.ts';
import { checkCreationRecord } from '../configuration/order-checks.ts';
import { bounded, malformed } from '../decoding.ts';
import { StorageLostError } from '../errors.ts';
import { decodeMessage, type FieldReader } from '../field-reader.ts';
import { encodeMessage } from '../field-writer.ts';
import {
  type FoundingRecord as FoundingMessage,
  readCheckpointRecord,
  readDepartureRecord,
  readFoundingRecord,
  readGroupRecord,
  readIdentityRecord,
  readIncomingRecord,
  readLogRecord,
  readSeenRecord,
  writeCheckpointRecord,
  writeDepartureRecord,
  writeFoundingRecord,
  writeGroupRecord,
  writeIdentityRecord,
  writeIncomingRecord,
  writeLogRecord,
  writeSeenRecord,
} from '../generated/shardbearer.ts';
import { LIMITS } from '../limits.ts';
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

export function encodeIdentityRecord(record: IdentityRecord): Uint8Array {
  return encodeMessage(writeIdentityRecord, record);
}

/** @throws {StorageLostError} `STORAGE_LOST` */
export function decodeIdentityRecord(bytes: Uint8Array): IdentityRecord {
  return decode('IdentityRecord', bytes, readIdentityRecord, (record) => {
    if (record.formatVersion === 0) throw malformed('an identity without a format version');
    return record;
  });
}

export function encodeFoundingRecord({ cluster, configuration }: FoundingRecord): Uint8Array {
  const bytes = configuration === undefined ? NO_BYTES : encodeConfiguration(configuration);
  return encodeMessage(writeFoundingRecord, { cluster, configuration: bytes });
}

/** @throws {StorageLostError} `STORAGE_LOST` */
export function decodeFoundingRecord(bytes: Uint8Array): FoundingRecord {
  return decode('FoundingRecord', bytes, readFoundingRecord, ({ cluster, configuration }: FoundingMessage) => ({
    cluster,
    configuration: configuration.length === 0 ? undefined : decodeConfiguration(configuration),
  }));
}

export function encodeConfigurationRecord(configuration: Configuration): Uint8Array {
  return encodeConfiguration(configuration);
}

/** @throws {StorageLostError} `STORAGE_LOST` */
export function decodeConfigurationRecord(bytes: Uint8Array): Configuration {
  return lostIfUnreadable(() => decodeConfiguration(bytes));
}

export function encodeGroupRecord(record: GroupRecord): Uint8Array {
  return encodeMessage(writeGroupRecord, record);
}

/** @throws {StorageLostError} `STORAGE_LOST` */
export function decodeGroupRecord(bytes: Uint8Array): GroupRecord {
  return decode('GroupRecord', bytes, readGroupRecord, (record) => {
    checkCreationRecord(record);
    return record;
  });
}

export function encodeDepartureRecord(record: DepartureRecord): Uint8Array {
  return encodeMessage(writeDepartureRecord, record);
}

/** @throws {StorageLostError} `STORAGE_LOST` */
export function decodeDepartureRecord(bytes: Uint8Array): DepartureRecord {
  return decode('DepartureRecord', bytes, readDepartureRecord, (record) => record);
}

export function encodeSeenRecord(record: SeenRecord): Uint8Array {
  return encodeMessage(writeSeenRecord, record);
}

/** @throws {StorageLostError} `STORAGE_LOST` */
export function decodeSeenRecord(bytes: Uint8Array): SeenRecord {
  return decode('SeenRecord', bytes, readSeenRecord, (record) => {
    bounded(record.seen, LIMITS.liveness.sightings, 'sightings');
    return record;
  });
}

export function encodeLogRecord(record: LogRecord): Uint8Array {
  return encodeMessage(writeLogRecord, record);
}

/**
 * Decodes a log record. Its entries are views of `bytes`.
 * @throws {StorageLostError} `STORAGE_LOST`
 */
export function decodeLogRecord(bytes: Uint8Array): LogRecord {
  return decode('LogRecord', bytes, readLogRecord, (record) => {
    if (record.firstIndex === 0 || record.entries.length === 0) throw malformed('a log record without entries');
    return record;
  });
}

export function encodeCheckpointRecord(record: CheckpointRecord): Uint8Array {
  return encodeMessage(writeCheckpointRecord, record);
}

/** @throws {StorageLostError} `STORAGE_LOST` */
export function decodeCheckpointRecord(bytes: Uint8Array): CheckpointRecord {
  return decode('CheckpointRecord', bytes, readCheckpointRecord, (record) => {
    if (record.chunkCount === 0) throw malformed('a checkpoint without chunks');
    return record;
  });
}

export function encodeIncomingRecord(record: IncomingRecord): Uint8Array {
  return encodeMessage(writeIncomingRecord, record);
}

/** @throws {StorageLostError} `STORAGE_LOST` */
export function decodeIncomingRecord(bytes: Uint8Array): IncomingRecord {
  return decode('IncomingRecord', bytes, readIncomingRecord, (record) => record);
}

function decode<Message, Record>(
  name: string,
  bytes: Uint8Array,
  read: (reader: FieldReader) => Message,
  check: (message: Message) => Record,
): Record {
  return lostIfUnreadable(() => check(decodeMessage(name, bytes, LIMITS.log.logBytes, read)));
}

function lostIfUnreadable<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    throw new StorageLostError('A record of this radiant is damaged, so its identity is retired.', { cause: error });
  }
}

const NO_BYTES: Uint8Array = new Uint8Array(0);
