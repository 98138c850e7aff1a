import type { Records } from '../../storage/contract.ts';
import type { OrderId } from '../../wire/identifiers.ts';
import { ReplicaRecord } from './replica-record.ts';

/** One boot's part in one order. */
export interface Part {
  /** Handed to the disk. */
  readonly issued: ReplicaRecord;
  /** Durable. */
  readonly flushed: ReplicaRecord;
  applied: number;
  committed: number;
  /** The term it led in at the last look; undefined: it did not lead. */
  leading: number | undefined;
  /** Index of the state that it asked for last; undefined: of none. */
  fetching: number | undefined;
}

/** What a boot finds on its disk. */
export function beginPart(order: OrderId, records: Records): Part {
  const flushed = new ReplicaRecord(order, records);
  const issued = new ReplicaRecord(order, records);
  return { issued, flushed, applied: flushed.base, committed: 0, leading: undefined, fetching: undefined };
}
