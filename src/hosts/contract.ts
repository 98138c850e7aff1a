/** The store as an application sees it. */
import type { RadiantView } from '../radiant/contract.ts';
import type { Machine } from '../store/machine.ts';
import type { SignalingState } from '../transport/contract.ts';
import type { Configuration } from '../wire/configuration/configuration.ts';
import type { ErrorCode } from '../wire/errors.ts';
import type { CallOptions, Key, KeyValueStore } from './key-value-contract.ts';
import type { MachineInstance } from './machine-contract.ts';

/**
 * The store of this tab. Values are JSON, unless the store or the call has another encoding. The object is frozen, and
 * its functions work without it: `const { get, put } = store`.
 *
 * All calls on keys throw {ShardbearerError} `INVALID_ARGUMENT`, `KEY_TOO_LARGE`, `NOT_FORMED`, `NO_QUORUM`,
 * `UNAVAILABLE`, `OVERLOADED`, `STORAGE_FULL`, `ABORTED`, `CLOSED`, and the errors below. Writes also throw
 * `VALUE_TOO_LARGE`, `CONFLICT` and `OUTCOME_UNKNOWN`.
 * @typeParam Value the type of values in the encoding of the store
 */
export interface Shardbearer<Value = unknown> extends KeyValueStore<Value> {
  /**
   * Returns the instance of a machine at a key. The worker of every tab needs the same machine (docs/machines.md).
   * @throws {ShardbearerError} `INVALID_ARGUMENT`
   */
  machine<State, Command, Reply, Question, Answer>(
    machine: Machine<State, Command, Reply, Question, Answer>,
    key: Key,
  ): MachineInstance<Command, Reply, Question, Answer>;
  /** Whether calls can be answered now, and otherwise why not. */
  readonly status: StoreStatus;
  /**
   * Calls back soon with the current status, and then after each change.
   * @returns the function that stops the calls
   * @throws {ShardbearerError} `INVALID_ARGUMENT`
   */
  onStatus(listener: (status: StoreStatus) => void): () => void;
  /** The secret of this cluster. An invite link has it after `#`. */
  readonly secret: string;
  /** Returns the current view of this tab. */
  view(): HostView;
  /**
   * Calls back at every change, at most once per animation frame.
   * @returns the function that stops the calls
   * @throws {ShardbearerError} `INVALID_ARGUMENT`
   */
  onView(listener: (view: HostView) => void): () => void;
  /**
   * Resolves once the cluster is formed and a herald is known. After 5 s, prints to the browser's console what is
   * missing.
   * @throws {ShardbearerError} after `timeoutMs`, by what is missing: `SIGNALING_UNREACHABLE`, `LINK_FAILED`,
   * `NOT_FORMED`, `NO_QUORUM`, `ROOM_FULL`, `VERSION_UNSUPPORTED`, `IDENTITY_TAKEN`, `STORAGE_TOO_NEW`, `UNAVAILABLE`;
   * `ABORTED`; `CLOSED`; `INVALID_ARGUMENT`
   */
  ready(options?: CallOptions): Promise<void>;
  readonly administration: ClusterAdministration;
  /**
   * Says goodbye and stops this tab's radiants. Their data stays. The cluster keeps them as members until `awayMs` has
   * passed. `await using store = …` closes the store at the end of its block.
   */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
  /**
   * Removes this tab's radiants from the cluster, then closes the store. Resolves once other radiants took over and no
   * radiant of this tab is a member. `view().radiants` shows the progress (`leaving`). All radiants of this tab leave
   * together. Repeated calls wait for the same leave. Calls of other kinds then end as `CLOSED`.
   * After `LAST_RADIANT`, `LEAVE_TIMED_OUT` and `ABORTED`, this tab stays in the cluster, without the data that others
   * took over.
   * @throws {ShardbearerError} `LAST_RADIANT` if no other radiant would hold the data, `LEAVE_TIMED_OUT`, `ABORTED`,
   * `INVALID_ARGUMENT`, `CLOSED`
   */
  leave(options?: CallOptions): Promise<void>;
}

/**
 * Changes of the configuration. Each call is idempotent and resolves to a configuration that includes the change.
 * Moving a shard and catching up continue after that, and `view()` shows the progress.
 * All calls throw {ShardbearerError} `INVALID_ARGUMENT`, `NOT_FORMED`, `NO_QUORUM` (of the bondsmith's order or an
 * affected one), `OVERLOADED`, `UNAVAILABLE`, `OUTCOME_UNKNOWN`, `ABORTED`, and the errors below. Temporary refusals
 * are retried for 10 s. The error then has the last answer of the bondsmith. After the first of several steps, each
 * error is `OUTCOME_UNKNOWN` with the reason.
 */
export interface ClusterAdministration {
  /**
   * Reads the configuration with this number, by default the latest.
   * @throws {ShardbearerError} `CONFIGURATION_COMPACTED`, `UNKNOWN_CONFIGURATION`
   */
  configuration(number?: number, options?: CallOptions): Promise<Configuration>;
  /**
   * Adds a radiant to the cluster. Placement finds an order for it. Tabs add themselves.
   * @throws {ShardbearerError} `CONFIGURATION_FULL`
   */
  join(member: MemberName, options?: CallOptions): Promise<Configuration>;
  /**
   * Removes a radiant from the cluster. A running radiant joins again.
   * @throws {ShardbearerError} `LAST_RADIANT`
   */
  leave(radiant: string, options?: CallOptions): Promise<Configuration>;
  /**
   * Moves the shard that contains this place to an order.
   * @throws {ShardbearerError} `UNKNOWN_ORDER`, `SHARD_MOVING`
   */
  move(place: RingPlace, order: string, options?: CallOptions): Promise<Configuration>;
  /**
   * Splits the shard that contains this place, so that a shard begins at the place.
   * @throws {ShardbearerError} `SHARD_MOVING`, `CONFIGURATION_FULL`
   */
  fracture(place: RingPlace, options?: CallOptions): Promise<Configuration>;
  /**
   * Merges the shard that begins at this place with the shard before it.
   * @throws {ShardbearerError} `SHARDS_APART`, `SHARD_MOVING`; `INVALID_ARGUMENT` at slot 0, which has no shard before
   * it
   */
  consolidate(place: RingPlace, options?: CallOptions): Promise<Configuration>;
}

/**
 * A place on the hash ring. The place is one of the 16,384 slots, or the slot of a key. A key that is too long fails
 * with `KEY_TOO_LARGE`.
 */
export type RingPlace = { readonly slot: number } | { readonly key: string };

/** A radiant and its device. Ids have 32 hexadecimal digits, as in views and configurations. */
export interface MemberName {
  readonly radiant: string;
  readonly device: string;
}

export interface HostView {
  /** A `client` keeps no data and is a member of no order. */
  readonly role: 'radiant' | 'client';
  /** The tab's own radiant first, then the adopted ones. */
  readonly radiants: readonly RadiantView[];
  readonly signaling: SignalingState;
  readonly storage: 'durable' | 'memory';
  /** How frames travel, through a channel in the worker or through the page. */
  readonly frames: 'worker' | 'page';
  /** Problems that a person should know, each with its remedy. The newest problem is last. */
  readonly problems: readonly Problem[];
}

/**
 * Whether a store can answer.
 * - `connecting`: the tab has not found its cluster yet, or the cluster is not formed.
 * - `live`: every order can answer.
 * - `degraded`: some calls fail or wait, or no new tab can join.
 * - `offline`: the tab reaches no other tab and cannot answer alone, or the store has ended.
 */
export type StoreStatus =
  | { readonly kind: 'live' }
  | {
      readonly kind: 'connecting' | 'degraded' | 'offline';
      readonly code: ErrorCode;
      /** The missing part, and what a person can do. */
      readonly why: string;
    };

export interface Problem {
  readonly code: ErrorCode;
  readonly message: string;
}
