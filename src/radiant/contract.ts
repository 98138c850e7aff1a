/** The interface of a radiant. It consists of its options, its events and effects, and its view. */
import type { Lifecycles, OrderLifecycle, RadiantLifecycle } from '../cluster/lifecycle.ts';
import type { AlgorithmChoice } from '../consensus/algorithms.ts';
import type { Database } from '../storage/contract.ts';
import type { HeldShard, StateMachineStatistics } from '../store/contract.ts';
import type { AnyMachine } from '../store/machine.ts';
import type { Configuration, ShardRange } from '../wire/configuration/configuration.ts';
import type { ErrorCode } from '../wire/errors.ts';
import type { Position, Role } from '../wire/frames/frame.ts';
import type { BootId, ClusterId, DeviceId, LinkId, OrderId, RadiantId, ReplicaId } from '../wire/identifiers.ts';
import type { RadiantEffect, RadiantEvent } from './event.ts';
import type { Environment } from './environment.ts';

export interface RadiantOptions {
  readonly environment: Environment;
  /** The identity and its records. The radiant never writes directly. It causes `write` effects instead. */
  readonly database: Pick<Database, 'radiant' | 'boot' | 'startCounter' | 'device' | 'takeRecords'>;
  /** Whether the storage is durable. False in private mode. Such a radiant is never a voter (design, rule 14). */
  readonly durable: boolean;
  /** Replication factor of a cluster that this radiant founds. */
  readonly replicationFactor: number;
  /** Settings of a founding, for a founder. Default `{}`. */
  readonly founding?: FoundingOptions;
  /**
   * Whether the radiant stores data. A `client` only forwards an application's requests and is a member of no order.
   * Default `member`.
   */
  readonly role?: 'member' | 'client';
  /** Whether the radiant joins the cluster on its own. Default true. */
  readonly joins?: boolean;
  /** The lifecycles of earlier boots in this host. By default this boot is the first. */
  readonly lifecycles?: Lifecycles;
  readonly algorithm: AlgorithmChoice;
  /**
   * Log bytes after the last checkpoint that trigger the next one. A large state needs at least half of its own size.
   * Default `LIMITS.log.checkpointLogBytes`.
   */
  readonly checkpointLogBytes?: number;
  /** The machines of the application. Default: none. */
  readonly machines?: readonly AnyMachine[];
}

export interface FoundingOptions {
  /** Number of present radiants, including the founder, that closes the founding window. */
  readonly radiants?: number;
  /**
   * Longest time that a founding waits for other radiants. Default `times.founding.foundingWindowMs` of the
   * environment.
   */
  readonly windowMs?: number;
  /** Target number of orders. Default: as many as have a full set of voters. */
  readonly orders?: number;
  /** Number of shards at the founding. Default `LIMITS.configuration.foundingShards`. */
  readonly shards?: number;
}

/** One node. It is synchronous. The same environment and events lead to the same effects. */
export interface RadiantMachine {
  /** Handles one event. Throws only on a bug. A halted radiant ignores events. */
  handle(event: RadiantEvent): void;
  /** Returns all effects since the last call, in order. */
  takeEffects(): readonly RadiantEffect[];
  view(): RadiantView;
  /** Returns only the configuration of `view()`, which is cheaper. */
  configuration(): Configuration | undefined;
  /** Returns only this radiant's replicas. The simulator reads them after every event. */
  replicas(): readonly OwnReplica[];
  /**
   * Returns a text that is equal on replicas with equal state. Undefined if this radiant has no replica of the order.
   */
  digest(order: OrderId): string | undefined;
  /** Returns the size of the state, counted on each call. Undefined if this radiant has no replica of the order. */
  statistics(order: OrderId): StateMachineStatistics | undefined;
  /**
   * Returns the shards in the applied state. Undefined if this radiant has no replica, or if the order serves no
   * shards.
   */
  shards(order: OrderId): readonly HeldShard[] | undefined;
}

/** The knowledge of one radiant, for the console and for clients. It is plain data that can be sent to the page. */
export interface RadiantView {
  readonly radiant: RadiantId;
  readonly boot: BootId;
  readonly device: DeviceId;
  readonly lifecycle: RadiantLifecycle;
  readonly cluster: ClusterId | undefined;
  readonly formation: FormationView;
  readonly orders: readonly OrderView[];
  /** The bondsmith's order. Undefined if no configuration is known. */
  readonly bondsmith: OrderView | undefined;
  readonly neighbours: readonly NeighbourView[];
  /**
   * The reason why the bondsmith's next decision does not fit into the configuration. Undefined if the decision fits,
   * or if another radiant is the bondsmith.
   */
  readonly withoutRoom: string | undefined;
  readonly leaving: LeavingView | undefined;
  /** Reachable radiants of another founding of this cluster (`FOUNDED_TWICE`). */
  readonly foreign: readonly RadiantId[];
  /** Number of rejected frames since the start, by error code. */
  readonly refusedFrames: Readonly<Record<string, number>>;
}

export type FormationView =
  /** No founder is known, and this radiant did not create the secret. */
  | { readonly kind: 'seeking' }
  | { readonly kind: 'collecting'; readonly present: readonly RadiantId[]; readonly needed: number }
  | { readonly kind: 'formed'; readonly configuration: Configuration };

export type LeavingView =
  /** The radiant asks the bondsmith repeatedly. `refusal` is the bondsmith's last reason against the leave. */
  | { readonly kind: 'asking'; readonly refusal: LeaveRefusal | undefined }
  /** The radiant is in neither the configuration nor the member list of any order. */
  | { readonly kind: 'left' };

export interface LeaveRefusal {
  readonly code: ErrorCode;
  readonly message: string;
  /** Whether the bondsmith changed nothing for this leave. */
  readonly withoutEffect: boolean;
}

export interface OrderView {
  readonly order: OrderId;
  readonly herald: RadiantId | undefined;
  readonly members: readonly MemberView[];
  readonly replica: ReplicaView | undefined;
  /** Number of reachable devices that hold a copy. */
  readonly reachableDevices: number;
  readonly quorumReachable: boolean;
}

export interface OwnReplica {
  readonly order: OrderId;
  readonly replica: ReplicaProgress;
}

/** The fields of `ReplicaView` that every event may change. */
export type ReplicaProgress = Pick<ReplicaView, 'replica' | 'role' | 'term' | 'committed' | 'applied'>;

export interface MemberView {
  readonly radiant: RadiantId;
  readonly replica: ReplicaId;
  readonly device: DeviceId;
  /** A `joining` member is in the target membership and does not take part yet. */
  readonly memberKind: 'voter' | 'learner' | 'joining';
  /** The role that the member itself announces. */
  readonly role: Role | undefined;
  readonly reachable: boolean;
  /** Whether the device reports that the member's data is lost. Another radiant replaces the member. */
  readonly isDataLost: boolean;
}

export interface ReplicaView {
  readonly replica: ReplicaId;
  /** The latest target membership that this replica has applied. */
  readonly target: TargetView;
  /**
   * The learner that a sole voter waits for before it answers. If undefined, answers wait for no other disk, so the
   * loss of the voter's disk loses acknowledged writes.
   */
  readonly companion: ReplicaId | undefined;
  readonly lifecycle: OrderLifecycle;
  readonly role: Role;
  readonly term: number;
  readonly committed: number;
  readonly applied: number;
  readonly lastIndex: number;
  readonly flushed: Position;
  readonly firstIndex: number;
  /** Size of the log on the disk. */
  readonly logBytes: number;
  /** Index of the last entry in the latest checkpoint. Undefined before the first checkpoint. */
  readonly checkpointIndex: number | undefined;
  /** Shards that move to or from this order. Every replica of the order knows them. */
  readonly moves: readonly MoveView[];
  /** Number of transactions that are not settled. Each locked slot and each home counts. */
  readonly openTransactions: number;
  /** The snapshot that this replica fetches. */
  readonly fetch: FetchView | undefined;
  /** The longest time without a message of the herald in its term. Undefined if this replica follows no herald. */
  readonly heraldSilenceMs: number | undefined;
}

interface TargetView {
  /** Number of the target. 0 if the order had no target since its birth. */
  readonly number: number;
  /** Whether the membership equals the target. */
  readonly isReached: boolean;
}

/** A shard that moves between two orders, as one of them sees it. */
export interface MoveView {
  readonly shard: ShardRange;
  readonly direction: 'in' | 'out';
  readonly other: OrderId;
  /**
   * Progress of the move.
   * - Incoming shard: `wanted` (no chunk has arrived), `arriving`, `arrived` (served here, the bondsmith does not know
   * yet).
   * - Outgoing shard: `wanted` (still served here), `frozen`.
   */
  readonly stage: 'wanted' | 'frozen' | 'arriving' | 'arrived';
  /**
   * For an incoming shard, the number of chunks that have arrived. For an outgoing shard, the number of chunks that
   * this herald has sent, and 0 on other replicas.
   */
  readonly chunks: number;
  /** Bytes that this herald has received or sent. 0 on other replicas. */
  readonly bytes: number;
}

export interface FetchView {
  readonly index: number;
  readonly chunks: number;
  readonly bytes: number;
  /** Whether all chunks have arrived. Their total number is unknown before. */
  readonly isWhole: boolean;
  /** Whether the replica requests chunks. If false, it waits for a herald to offer the snapshot again. */
  readonly isAsking: boolean;
}

export interface NeighbourView {
  readonly radiant: RadiantId;
  readonly link: LinkId;
  readonly device: DeviceId | undefined;
  readonly roundTripMs: number | undefined;
  readonly clientOnly: boolean;
}
