/** Reads a radiant's records from its database. An unreadable record means that the identity is lost. */
import { groupsOf } from '../cluster/configuration.ts';
import type { RecordKey, Records } from '../storage/contract.ts';
import { CONFIGURATION_KEY, FOUNDING_KEY, groupCreationKey, groupDepartureKey, groupSeenKey } from '../storage/keys.ts';
import type { Configuration } from '../wire/configuration/configuration.ts';
import { StorageLostError } from '../wire/errors.ts';
import type { SeenReplica } from '../wire/frames/frame.ts';
import type { OrderId, ReplicaId } from '../wire/identifiers.ts';
import {
  decodeConfigurationRecord,
  decodeDepartureRecord,
  decodeFoundingRecord,
  decodeGroupRecord,
  decodeSeenRecord,
} from '../wire/records/record-codec.ts';
import type { FoundingRecord, GroupRecord } from '../wire/records/records.ts';

export interface RecoveredRecords {
  readonly founding: FoundingRecord | undefined;
  readonly configuration: Configuration | undefined;
  /** This radiant's replicas. */
  readonly groups: readonly GroupRecord[];
  readonly seen: readonly SeenReplica[];
  /** Orders that this radiant has left, with its last replica id in each. */
  readonly departed: ReadonlyMap<OrderId, ReplicaId>;
}

/** @throws {StorageLostError} `STORAGE_LOST` */
export function recover(records: Records): RecoveredRecords {
  const founding = read(records, FOUNDING_KEY, decodeFoundingRecord);
  const configuration = read(records, CONFIGURATION_KEY, decodeConfigurationRecord);
  const orders = configuration === undefined ? [] : groupsOf(configuration);
  return {
    founding,
    configuration,
    groups: orders.flatMap(({ id }) => read(records, groupCreationKey(id), decodeGroupRecord) ?? []),
    departed: new Map(
      orders.flatMap(({ id }) => {
        const departure = read(records, groupDepartureKey(id), decodeDepartureRecord);
        return departure === undefined ? [] : [[id, departure.replica]];
      }),
    ),
    seen: orders.flatMap(({ id }) => read(records, groupSeenKey(id), decodeSeenRecord)?.seen ?? []),
  };
}

function read<Value>(records: Records, key: RecordKey, decode: (bytes: Uint8Array) => Value): Value | undefined {
  const bytes = records.get(key);
  if (bytes === undefined) return undefined;
  try {
    return decode(bytes);
  } catch (error) {
    throw new StorageLostError(`The record "${key}" is damaged.`, { cause: error });
  }
}
