import type { Consensus } from '../../consensus/contract.ts';
import type { RecordChange } from '../../storage/contract.ts';
import type { Checkpoints } from '../../storage/group-checkpoint.ts';
import type { GroupLog } from '../../storage/group-log.ts';
import type { StateMachineKind } from '../../store/contract.ts';
import type { SnapshotBody } from '../../wire/frames/frame.ts';
import type { ReplicaId } from '../../wire/identifiers.ts';
import type { OrderState } from './order-state.ts';
import type { ReplicaContext } from './replica-context.ts';

/** The parts of a replica that its checkpoints and snapshots use. */
export interface SnapshotContext extends Pick<ReplicaContext, 'clock' | 'checkpointLogBytes' | 'read'> {
  readonly replica: ReplicaId;
  readonly state: OrderState;
  readonly kind: StateMachineKind;
  readonly log: GroupLog;
  readonly checkpoints: Checkpoints;
  readonly consensus: Consensus;
  readonly sendSnapshot: (to: ReplicaId, body: SnapshotBody) => void;
  /** Writes changes after all earlier ones. `onDurable` is not called once the replica has stopped. */
  readonly write: (changes: readonly RecordChange[], onDurable: () => void) => void;
}
