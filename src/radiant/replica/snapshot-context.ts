import type { Consensus } from '../../consensus/contract.ts';
import type { RecordChange } from '../../storage/contract.ts';
import type { Checkpoints } from '../../storage/group-checkpoint.ts';
import type { GroupLog } from '../../storage/group-log.ts';
import type { StateMachineKind } from '../../store/contract.ts';
import type { ReplicaId } from '../../wire/identifiers.ts';
import type { OrderState } from './order-state.ts';
import type { ReplicaContext } from './replica-context.ts';

/** The needs of one replica's checkpoints and snapshots. */
export interface SnapshotContext
  extends Pick<ReplicaContext, 'clock' | 'checkpointLogBytes' | 'sendSnapshot' | 'read'> {
  readonly replica: ReplicaId;
  readonly state: OrderState;
  readonly kind: StateMachineKind;
  readonly log: GroupLog;
  readonly checkpoints: Checkpoints;
  readonly consensus: Consensus;
  /** Writes changes after all earlier ones. A stopped replica is not told when they are durable. */
  readonly write: (changes: readonly RecordChange[], onDurable: () => void) => void;
}
