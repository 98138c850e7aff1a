/** The face of a radiant: how a host drives it, and what people and clients see of it. */
import type { OrderLifecycle, RadiantLifecycle } from '../cluster/lifecycle.ts';
import type { Lifecycles } from '../cluster/lifecycles.ts';
import type { AlgorithmChoice } from '../consensus/algorithms.ts';
import type { Database } from '../storage/contract.ts';
import type { HeldShard, StateMachineStatistics } from '../store/contract.ts';
import type { Configuration, ShardRange } from '../wire/configuration/configuration.ts';
import type { ErrorCode } from '../wire/errors.ts';
import type { Position, Role } from '../wire/frames/frame.ts';
import type { BootId, ClusterId, DeviceId, LinkId, OrderId, RadiantId, ReplicaId } from '../wire/identifiers.ts';
import type { RadiantEffect, RadiantEvent } from './event.ts';
import type { Environment } from './environment.ts';

/** `new Radiant(options)` in radiant.ts. */
export interface RadiantOptions {
  readonly environment: Environment;
  /** Who it is and all that it remembers. The radiant never writes by itself: it causes `write` effects. */
  readonly database: Pick<Database, 'radiant' | 'boot' | 'startCounter' | 'device' | 'takeRecords'>;
  /** False in private mode: such a radiant is never a voter (design, rule 14). */
  readonly durable: boolean;
  /** Of every order that this radiant founds. */
  readonly replicationFactor: number;
  /** What this radiant founds, where it does. Default: `{}`. */
  readonly founding?: FoundingOptions;
  /** `client`: it only passes an application's requests on, and is a member of nothing. Default `member`. */
  readonly role?: 'member' | 'client';
  /** False: it asks for no place in the cluster by itself, someone has to ask for it. Default true. */
  readonly joins?: boolean;
  /** With what earlier boots in the same host came to, let go by now. Default: this is the first. */
  readonly lifecycles?: Lifecycles;
  /** Algorithm that a founder names in configuration 1. */
  readonly algorithm: AlgorithmChoice;
  /**
   * Bytes of log behind its last checkpoint from which on a replica makes the next, and cuts its log; never less
   * than half of the state's. Default `LIMITS.checkpointLogBytes`.
   */
  readonly checkpointLogBytes?: number;
}

export interface FoundingOptions {
  /** Found as soon as so many are present, the founder included. Default: when the window closes. */
  readonly radiants?: number;
  /** The longest that a founding waits for others. Default `times.founding.foundingWindowMs` of the environment. */
  readonly windowMs?: number;
  /** How many orders the cluster is to have, from now on. Default: as many as there are whole ones. */
  readonly orders?: number;
  /** Into how many shards the founding divides the ring. Default: `LIMITS.foundingShards`. */
  readonly shards?: number;
}

/** One node: synchronous, deterministic given its environment and its events. */
export interface RadiantMachine {
  /** Takes one event. Throws only on a bug; a halted radiant ignores events. */
  handle(event: RadiantEvent): void;
  /** All effects since the last call, in order. */
  takeEffects(): readonly RadiantEffect[];
  view(): RadiantView;
  /** Of `view()` only the configuration, where there is one. For whoever asks for it all the time. */
  configuration(): Configuration | undefined;
  /** Of `view()` only this radiant's own replicas: what the simulator looks at after every event. */
  replicas(): readonly OwnReplica[];
  /**
   * Text that is equal where replicas of one order hold the same state; undefined where this radiant is none of
   * them. For whoever compares replicas: tests, the simulator, the console.
   */
  digest(order: OrderId): string | undefined;
  /** How much this radiant's replica of an order holds, counted anew; undefined where it is none. For the same. */
  statistics(order: OrderId): StateMachineStatistics | undefined;
  /**
   * What this radiant's replica of an order holds of the ring, as it has applied it; undefined where this radiant is
   * none, or the order serves no shards. For the same.
   */
  shards(order: OrderId): readonly HeldShard[] | undefined;
}

/** What one radiant knows, for the console and for clients. Plain data: it crosses to the page. */
export interface RadiantView {
  readonly radiant: RadiantId;
  readonly boot: BootId;
  readonly device: DeviceId;
  readonly lifecycle: RadiantLifecycle;
  readonly cluster: ClusterId | undefined;
  readonly formation: FormationView;
  readonly orders: readonly OrderView[];
  /** The order that decides on configurations; undefined: no configuration is known. */
  readonly bondsmith: OrderView | undefined;
  readonly neighbours: readonly NeighbourView[];
  /**
   * What this radiant, as the bondsmith, would decide on next, in words, and cannot: the configuration has no room to say
   * it. Undefined: nothing, or another one decides.
   */
  readonly withoutRoom: string | undefined;
  /** What has become of the event `leave`; undefined: there was none. */
  readonly leaving: LeavingView | undefined;
  /** Radiants that are heard, and belong to another founding of this cluster: `FOUNDED_TWICE`. */
  readonly foreign: readonly RadiantId[];
  /** Frames refused since the start, by error code. */
  readonly refusedFrames: Readonly<Record<string, number>>;
}

export type FormationView =
  /** No founder seen yet, and this radiant did not make the secret. */
  | { readonly kind: 'seeking' }
  /** The founder waits for radiants. */
  | { readonly kind: 'collecting'; readonly present: readonly RadiantId[]; readonly needed: number }
  | { readonly kind: 'formed'; readonly configuration: Configuration };

export type LeavingView =
  /** `refusal`: why the bondsmith does not let it go now, as it said last; it is asked again. */
  | { readonly kind: 'asking'; readonly refusal: LeaveRefusal | undefined }
  /** Neither the configuration nor any order counts on it. */
  | { readonly kind: 'left' };

export interface LeaveRefusal {
  readonly code: ErrorCode;
  readonly message: string;
  /** The bondsmith took no step for this leave. */
  readonly withoutEffect: boolean;
}

export interface OrderView {
  readonly order: OrderId;
  readonly herald: RadiantId | undefined;
  readonly members: readonly MemberView[];
  /** The following are this radiant's own, where it is a member. */
  readonly replica: ReplicaView | undefined;
  /** Devices that hold a copy and can be reached. */
  readonly reachableDevices: number;
  /** Whether a majority of voters can be reached from here. */
  readonly quorumReachable: boolean;
}

/** This radiant's part in one order. */
export interface OwnReplica {
  readonly order: OrderId;
  readonly replica: ReplicaProgress;
}

/** Of `ReplicaView` what every event may change. */
export type ReplicaProgress = Pick<ReplicaView, 'replica' | 'role' | 'term' | 'committed' | 'applied'>;

export interface MemberView {
  readonly radiant: RadiantId;
  readonly replica: ReplicaId;
  readonly device: DeviceId;
  /** `joining`: it is wanted, and takes no part yet. */
  readonly memberKind: 'voter' | 'learner' | 'joining';
  /** As it says itself. */
  readonly role: Role | undefined;
  readonly reachable: boolean;
  /** Its device reports that its data is lost. It never comes back, and another radiant takes its place. */
  readonly isDataLost: boolean;
}

export interface ReplicaView {
  readonly replica: ReplicaId;
  /** The latest target for members that this replica has applied. */
  readonly target: TargetView;
  /**
   * The member that a sole voter's answers wait for until it has flushed what they tell of; undefined: they wait for
   * nobody's disk but its own, and what is acknowledged is lost with that.
   */
  readonly companion: ReplicaId | undefined;
  readonly lifecycle: OrderLifecycle;
  readonly role: Role;
  readonly term: number;
  readonly committed: number;
  readonly applied: number;
  readonly lastIndex: number;
  readonly flushed: Position;
  /** Of the first entry that is kept. */
  readonly firstIndex: number;
  /** Of the log on the disk. */
  readonly logBytes: number;
  /** Of the latest entry in the latest checkpoint; undefined: there is none yet. */
  readonly checkpointIndex: number | undefined;
  /** The order's shards that are on their way here or away; known to every replica. */
  readonly moves: readonly MoveView[];
  /** A snapshot on its way here. */
  readonly fetch: FetchView | undefined;
  /** The longest time without a word of the herald in its present term; undefined where none is followed. */
  readonly heraldSilenceMs: number | undefined;
}

interface TargetView {
  /** 0: there was none since the order's birth. */
  readonly number: number;
  /** The membership has come to it: another one may name anyone. */
  readonly isReached: boolean;
}

/** A shard on its way from one order to another, as one of the two sees it. */
export interface MoveView {
  readonly shard: ShardRange;
  readonly direction: 'in' | 'out';
  /** The order at the other end. */
  readonly other: OrderId;
  /**
   * In: `wanted` (nothing of it is here), `arriving`, `arrived` (it is served; the bondsmith does not know yet).
   * Out: `wanted` (it is served here still), `frozen`.
   */
  readonly stage: 'wanted' | 'frozen' | 'arriving' | 'arrived';
  /** Pieces that are here; out: that this herald has handed out, 0 where it does not lead. */
  readonly chunks: number;
  /** Of the pieces that this herald has taken or handed out; 0 where it does not lead. */
  readonly bytes: number;
}

export interface FetchView {
  /** Of the latest entry in it. */
  readonly index: number;
  /** How many pieces are here. */
  readonly chunks: number;
  /** Of those. */
  readonly bytes: number;
  /** All pieces are here; how many there are is not known before. */
  readonly isWhole: boolean;
  /** False: it waits for a herald that offers it again. */
  readonly isAsking: boolean;
}

export interface NeighbourView {
  readonly radiant: RadiantId;
  readonly link: LinkId;
  readonly device: DeviceId | undefined;
  readonly roundTripMs: number | undefined;
  readonly clientOnly: boolean;
}
