/**
 * All that a replica does with its state as a whole: checkpoints on its own disk,
 * with the log cut behind them; the state handed to others, and got from them.
 */
import type { Consensus, Mark, SnapshotFetch, SnapshotOffer } from '../consensus/contract.ts';
import type { RecordChange } from '../storage/contract.ts';
import type { GroupCheckpoints } from '../storage/group-checkpoints.ts';
import type { GroupLog } from '../storage/group-log.ts';
import { assert } from '../wire/assertion.ts';
import type { SnapshotBody } from '../wire/frame.ts';
import type { LogIndex, ReplicaId } from '../wire/identifiers.ts';
import { asLogIndex } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
import { Checkpointing } from './checkpointing.ts';
import type { FetchView } from './contract.ts';
import type { OrderState } from './order-state.ts';
import { SnapshotFetching } from './snapshot-fetching.ts';
import { SnapshotServing } from './snapshot-serving.ts';
import type { RestoredState, StateRestoration } from './state-restoration.ts';
import type { Writer } from './writer.ts';

export interface SnapshotsOptions {
  readonly replica: ReplicaId;
  readonly state: OrderState;
  readonly log: GroupLog;
  readonly checkpoints: GroupCheckpoints;
  /** Found out after construction: it asks for snapshots from its beginning on. */
  readonly consensus: () => Consensus;
  readonly writer: Writer;
  readonly nowMs: () => number;
  readonly checkpointLogBytes: number;
  readonly send: (to: ReplicaId, body: SnapshotBody) => void;
  /** Reads what came from outside. @returns undefined where it was refused */
  readonly read: <Value>(reading: () => Value) => Value | undefined;
  readonly restoration: (index: LogIndex, description: Uint8Array) => StateRestoration;
  readonly isStopped: () => boolean;
}
