/** What a replica is made of, and what it has around it. */
import type { Lifecycle, OrderLifecycle } from '../../cluster/lifecycle.ts';
import type { SeenReplicas } from '../../cluster/seen.ts';
import type { Records } from '../../storage/contract.ts';
import type { Configuration } from '../../wire/configuration/configuration.ts';
import type { Administration, SnapshotBody } from '../../wire/frames/frame.ts';
import type { RadiantId, ReplicaId } from '../../wire/identifiers.ts';
import type { Times } from '../../wire/times.ts';
import type { GroupRecord } from '../../wire/records/records.ts';
import type { RosterMember } from '../../wire/configuration/roster.ts';
import type { Answering, Asked } from '../answers.ts';
import type { MemberPresence } from '../herald/member-liveness.ts';
import type { HandoverContext } from '../handover/handover.ts';
import type { Writer } from '../writer.ts';

/** What makes a replica what it is. */
export interface GroupOrigin {
  readonly record: GroupRecord;
  readonly configuration: Configuration;
  /** What the database held; a replica that is born now finds nothing there. */
  readonly records: Records;
}

export interface ReplicaContext {
  readonly random: () => number;
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
  readonly times: Times;
  readonly writer: Pick<Writer, 'add' | 'makeQueued'>;
  readonly seen: SeenReplicas;
  readonly send: (to: ReplicaId, message: Uint8Array, urgent: boolean) => void;
  readonly sendSnapshot: (to: ReplicaId, body: SnapshotBody) => void;
  /** Reads what came from outside. @returns undefined where it was refused, which is counted */
  readonly read: <Value>(reading: () => Value) => Value | undefined;
  /** Bytes of log that make a checkpoint due, where the state is small. */
  readonly checkpointLogBytes: number;
  readonly answer: Answering;
  /** Whose replica this is, as far as is known. */
  readonly radiantOf: (replica: ReplicaId) => RadiantId | undefined;
  /** Another role, another leader, other members, or another companion. */
  readonly onStatusChange: () => void;
  /** Whether a member of this order is there. */
  readonly memberLiveness: (member: RosterMember) => MemberPresence;
  /** Whether the disk of a replica has room, as far as is known; also of this one. */
  readonly hasDiskRoom: (replica: ReplicaId) => boolean;
  /** Why no majority of this order can be reached, or undefined where one can. */
  readonly missingQuorum: () => string | undefined;
  /** The order's herald is asked what only the bondsmith decides. */
  readonly administer: (asked: Asked, administration: Administration) => void;
  /** The order serves other shards than before, or the configuration that it decides on is another one. */
  readonly onChange: () => void;
  /** Of this replica, from its beginning. */
  readonly lifecycle: Lifecycle<OrderLifecycle>;
  readonly handover: HandoverContext;
}
