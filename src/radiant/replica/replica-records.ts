/**
 * Reads a replica's records from its database. The records are its log, its checkpoint, and a snapshot that it was
 * fetching.
 */
import type { DurableState } from '../../consensus/contract.ts';
import type { RecordChange, Records } from '../../storage/contract.ts';
import type { LoadedCheckpoints } from '../../storage/group-checkpoint.ts';
import { Checkpoints } from '../../storage/group-checkpoint.ts';
import { GroupLog } from '../../storage/group-log.ts';
import { groupStateKey } from '../../storage/keys.ts';
import type { StateMachineKind } from '../../store/contract.ts';
import { InvariantError, isShardbearerError, ShardbearerError, StorageLostError } from '../../wire/errors.ts';
import type { OrderId } from '../../wire/identifiers.ts';
import type { IncomingRecord } from '../../wire/records/records.ts';
import { isInputError } from '../input-errors.ts';
import type { RestoredState } from './state-restoration.ts';
import { StateRestoration } from './state-restoration.ts';

export interface ReplicaRecords {
  readonly log: GroupLog;
  readonly checkpoints: Checkpoints;
  readonly durable: DurableState;
  /** The state in the checkpoint. Undefined if the log begins with the first entry. */
  readonly state: RestoredState | undefined;
  /** Bytes of the checkpoint's chunks. 0 without a checkpoint. */
  readonly stateBytes: number;
  readonly incoming: IncomingFound | undefined;
  /** Deletions of unused records. They may be written at any time. */
  readonly garbage: readonly RecordChange[];
}

export interface IncomingFound {
  readonly record: IncomingRecord;
  readonly restoration: StateRestoration;
}

/**
 * @throws {StorageLostError} `STORAGE_LOST` if a record is missing or damaged
 * @throws {ShardbearerError} `STORAGE_TOO_NEW` if a newer build wrote the checkpoint
 */
export function findReplica(order: OrderId, records: Records, kind: StateMachineKind): ReplicaRecords {
  const { checkpoints, current, incoming, garbage } = Checkpoints.load(order, records);
  const { log, firstIndex, entries } = GroupLog.load(order, records, checkpoints.index);
  const compactionPoint = current && { index: current.record.index, bytes: current.record.compactionPoint };
  const durable: DurableState = {
    state: records.get(groupStateKey(order)),
    compactionPoint,
    log: { firstIndex, entries },
  };
  const found = incoming && goOn(incoming, kind);
  return {
    log,
    checkpoints,
    durable,
    state: current && restore(current, kind),
    stateBytes: (current?.chunks ?? []).reduce((sum, { length }) => sum + length, 0),
    incoming: found,
    garbage: [
      ...garbage,
      ...(incoming !== undefined && found === undefined ? checkpoints.dropIncoming() : []),
      ...log.forgetThrough(checkpoints.index),
    ],
  };
}

function restore({ record, chunks }: NonNullable<LoadedCheckpoints['current']>, kind: StateMachineKind): RestoredState {
  try {
    const restoration = new StateRestoration(kind, record.index, record.description);
    for (const chunk of chunks) restoration.add(chunk);
    return restoration.finish();
  } catch (error) {
    if (!isShardbearerError(error) || error instanceof InvariantError) throw error;
    if (error.code === 'VERSION_UNSUPPORTED') {
      const message = 'A newer version wrote the checkpoint. Reload the page.';
      throw new ShardbearerError('STORAGE_TOO_NEW', message, { cause: error });
    }
    throw new StorageLostError(`The checkpoint at index ${record.index} is damaged.`, {
      cause: error,
    });
  }
}

/**
 * Continues with the snapshot of another replica. An unreadable snapshot is fetched again, because no data of this
 * replica is lost.
 */
function goOn(
  { record, chunks }: NonNullable<LoadedCheckpoints['incoming']>,
  kind: StateMachineKind,
): IncomingFound | undefined {
  try {
    const restoration = new StateRestoration(kind, record.index, record.description);
    for (const chunk of chunks) restoration.add(chunk);
    return { record, restoration };
  } catch (error) {
    if (!isInputError(error)) throw error;
    return undefined;
  }
}
