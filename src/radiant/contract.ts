/** The interface of a radiant: its options, its events and effects, and its view. */
import type { Lifecycles, OrderLifecycle, RadiantLifecycle } from '../cluster/lifecycle.ts';
import type { AlgorithmChoice } from '../consensus/algorithms.ts';
import type { Database } from '../storage/contract.ts';
import type { HeldShard, StateMachineStatistics } from '../store/contract.ts';
import type { Configuration, ShardRange } from '../wire/configuration/configuration.ts';
import type { ErrorCode } from '../wire/errors.ts';
import type { Position, Role } from '../wire/frames/frame.ts';
import type { BootId, ClusterId, DeviceId, LinkId, OrderId, RadiantId, ReplicaId } from '../wire/identifiers.ts';
import type { RadiantEffect, RadiantEvent } from './event.ts';
import type { Environment } from './environment.ts';

export interface RadiantOptions {
  readonly environment: Environment;
  /** The identity and its records. The radiant never writes directly: it causes `write` effects. */
  readonly database: Pick<Database, 'radiant' | 'boot' | 'startCounter' | 'device' | 'takeRecords'>;
  /** False in private mode. Such a radiant is never a voter (design, rule 14). */
  readonly durable: boolean;
  /** For every order that this radiant founds. */
  readonly replicationFactor: number;
  /** Settings of a founding, for a founder. Default `{}`. */
  readonly founding?: FoundingOptions;
  /** A `client` only forwards an application's requests and is a member of no order. Default `member`. */
  readonly role?: 'member' | 'client';
  /** False if the radiant joins the cluster only when asked. Default true. */
  readonly joins?: boolean;
  /** The lifecycles of earlier boots in this host. By default this boot is the first. */
  readonly lifecycles?: Lifecycles;
  /** The algorithm that a founder writes into configuration 1. */
  readonly algorithm: AlgorithmChoice;
  /**
   * Log bytes after the last checkpoint that trigger the next one, at least half the size of the state. Default
   * `LIMITS.checkpointLogBytes`.
   */
  readonly checkpointLogBytes?: number;
}

export interface FoundingOptions {
  /** The number of present radiants that closes the founding window, the founder included. */
  readonly radiants?: number;
  /** The longest that a founding waits for others. Default `times.founding.foundingWindowMs` of the environment. */
  readonly windowMs?: number;
  /** The wanted number of orders. By default as many as have a full set of voters. */
  readonly orders?: number;
  /** The number of shards at the founding. Default `LIMITS.foundingShards`. */
  readonly shards?: number;
}

/** One node. It is synchronous, and deterministic given its environment and its events. */
export interface RadiantMachine {
  /** Handles one event. Throws only on a bug. A halted radiant ignores events. */
  handle(event: RadiantEvent): void;
  /** All effects since the last call, in order. */
  takeEffects(): readonly RadiantEffect[];
  view(): RadiantView;
  /** The configuration of `view()` alone. It is cheap. */
  configuration(): Configuration | undefined;
  /** This radiant's replicas alone. The simulator reads them after every event. */
  replicas(): readonly OwnReplica[];
  /** A text that is equal on replicas with equal state. Undefined if this radiant has no replica of the order. */
  digest(order: OrderId): string | undefined;
  /** The size of the state, counted on each call. Undefined if this radiant has no replica of the order. */
  statistics(order: OrderId): StateMachineStatistics | undefined;
  /** The applied shards. Undefined if this radiant has no replica, or if the order serves no shards. */
  shards(order: OrderId): readonly HeldShard[] | undefined;
}

/** The knowledge of one radiant, for the console and for clients. Plain data that can cross to the page. */
export interface RadiantView {
  readonly radiant: RadiantId;
  readonly boot: BootId;
  readonly device: DeviceId;
  readonly lifecycle: RadiantLifecycle;
  readonly cluster: ClusterId | undefined;
  readonly formation: FormationView;
  readonly orders: readonly OrderView[];
  /** The order that decides on configurations. Undefined if no configuration is known. */
  readonly bondsmith: OrderView | undefined;
  readonly neighbours: readonly NeighbourView[];
  /**
   * Why the bondsmith's next decision does not fit into the configuration. Undefined if it fits, or if another radiant
   * is the bondsmith.
   */
  readonly withoutRoom: string | undefined;
  /** The progress of a leave. Undefined while this radiant stays. */
  readonly leaving: LeavingView | undefined;
  /** Reachable radiants of another founding of this cluster (`FOUNDED_TWICE`). */
  readonly foreign: readonly RadiantId[];
  /** Rejected frames since the start, by error code. */
  readonly refusedFrames: Readonly<Record<string, number>>;
}

export type FormationView =
  /** No founder is known, and this radiant did not create the secret. */
  | { readonly kind: 'seeking' }
  /** The founder waits for other radiants. */
  | { readonly kind: 'collecting'; readonly present: readonly RadiantId[]; readonly needed: number }
  | { readonly kind: 'formed'; readonly configuration: Configuration };

export type LeavingView =
  /** `refusal` is the bondsmith's last reason against the leave. The request is repeated. */
  | { readonly kind: 'asking'; readonly refusal: LeaveRefusal | undefined }
  /** Neither the configuration nor any order counts this radiant. */
  | { readonly kind: 'left' };

export interface LeaveRefusal {
  readonly code: ErrorCode;
  readonly message: string;
  /** The bondsmith did nothing for this leave. */
  readonly withoutEffect: boolean;
}

export interface OrderView {
  readonly order: OrderId;
  readonly herald: RadiantId | undefined;
  readonly members: readonly MemberView[];
  /** This radiant's own replica, if it has one. */
  readonly replica: ReplicaView | undefined;
  /** Reachable devices that hold a copy. */
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
  /** A `joining` member is wanted and does not take part yet. */
  readonly memberKind: 'voter' | 'learner' | 'joining';
  /** The role that the member itself announces. */
  readonly role: Role | undefined;
  readonly reachable: boolean;
  /** The device reports that the data is lost. Another radiant replaces the member. */
  readonly isDataLost: boolean;
}

export interface ReplicaView {
  readonly replica: ReplicaId;
  /** The latest target membership that this replica has applied. */
  readonly target: TargetView;
  /**
   * The learner that a sole voter's answers wait for. Undefined if they wait for no other disk, so that the loss of
   * that disk loses acknowledged writes.
   */
  readonly companion: ReplicaId | undefined;
  readonly lifecycle: OrderLifecycle;
  readonly role: Role;
  readonly term: number;
  readonly committed: number;
  readonly applied: number;
  readonly lastIndex: number;
  readonly flushed: Position;
  /** Index of the first entry in the log. */
  readonly firstIndex: number;
  /** Size of the log on the disk. */
  readonly logBytes: number;
  /** Index of the last entry in the latest checkpoint. Undefined before the first one. */
  readonly checkpointIndex: number | undefined;
  /** Shards that move to or from this order. Every replica knows them. */
  readonly moves: readonly MoveView[];
  /** A snapshot that this replica fetches. */
  readonly fetch: FetchView | undefined;
  /** The longest time without a message of the herald in its term. Undefined if this replica follows no herald. */
  readonly heraldSilenceMs: number | undefined;
}

interface TargetView {
  /** 0 if the order had no target since its birth. */
  readonly number: number;
  /** The membership equals the target, so any target may follow. */
  readonly isReached: boolean;
}

/** A shard that moves between two orders, as one of them sees it. */
export interface MoveView {
  readonly shard: ShardRange;
  readonly direction: 'in' | 'out';
  readonly other: OrderId;
  /**
   * Incoming: `wanted` (nothing is here), `arriving`, `arrived` (served here, the bondsmith does not know yet).
   * Outgoing: `wanted` (still served here), `frozen`.
   */
  readonly stage: 'wanted' | 'frozen' | 'arriving' | 'arrived';
  /** Incoming: pieces that are here. Outgoing: pieces that this herald has sent, 0 on other replicas. */
  readonly chunks: number;
  /** Bytes that this herald has received or sent. 0 on other replicas. */
  readonly bytes: number;
}

export interface FetchView {
  /** Index of the last entry in the snapshot. */
  readonly index: number;
  /** Pieces that are here. */
  readonly chunks: number;
  /** Bytes of these pieces. */
  readonly bytes: number;
  /** All pieces are here. Their total is unknown before. */
  readonly isWhole: boolean;
  /** False if the replica waits for a herald to offer the snapshot again. */
  readonly isAsking: boolean;
}

export interface NeighbourView {
  readonly radiant: RadiantId;
  readonly link: LinkId;
  readonly device: DeviceId | undefined;
  readonly roundTripMs: number | undefined;
  readonly clientOnly: boolean;
}
