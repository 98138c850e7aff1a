/** The store as an application sees it. */
import type { RadiantView } from '../radiant/contract.ts';
import type { SignalingState } from '../transport/contract.ts';
import type { Configuration } from '../wire/configuration/configuration.ts';
import type { ErrorCode } from '../wire/errors.ts';

/** A key. Text stands for its UTF-8. Keys have 1 to 1,024 bytes, and bytewise order. */
export type Key = string | Uint8Array;

/** Converts the values of an application to bytes and back. Both functions are synchronous. */
export interface Codec<Value> {
  /** Name of the codec in error messages. */
  readonly name: string;
  encode(value: Value): Uint8Array;
  decode(bytes: Uint8Array): Value;
}

/** A codec of any values, whose types the compiler derives from its functions. */
export interface AnyCodec {
  readonly name: string;
  encode(value: never): Uint8Array;
  decode(bytes: Uint8Array): unknown;
}

/**
 * How values are stored.
 * - `json`: everything that `JSON.stringify` keeps, such as objects, lists, text, numbers, true, false and null.
 * - `utf8`: text.
 * - `bytes`: a `Uint8Array`.
 * - a codec of the application.
 */
export type Encoding = 'json' | 'utf8' | 'bytes' | AnyCodec;

/** The type of the values of an encoding. */
export type Decoded<Of extends Encoding> = Of extends 'json'
  ? unknown
  : Of extends 'utf8'
    ? string
    : Of extends 'bytes'
      ? Uint8Array
      : Of extends { decode(bytes: Uint8Array): infer Value }
        ? Value
        : never;

declare const versionstampBrand: unique symbol;
/**
 * The version of a key: 22 hexadecimal digits, first the reset generation, then the revision of the key's slot. Later
 * versions of a key compare as larger (`<`), also across deletes and moves. Versionstamps of different slots are
 * unrelated.
 */
export type Versionstamp = string & { readonly [versionstampBrand]: 'Versionstamp' };

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /**
   * Time-out in milliseconds, up to `Infinity`. Default: 10 s after the call, or longer for a call that waited long for
   * its turn. `ready` waits without a limit by default, and `leave` two minutes.
   */
  readonly timeoutMs?: number | undefined;
}

export interface ReadOptions extends CallOptions {
  /** The encoding of the values of this call. Default: that of the store. */
  readonly encoding?: Encoding | undefined;
}

export interface WriteOptions extends ReadOptions {
  /**
   * The version that the key must have. Null: the key must be missing. Otherwise the write fails with a
   * `ConflictError` and has no effect. Default: any version.
   */
  readonly ifVersion?: Versionstamp | null | undefined;
}

export interface ListOptions extends ReadOptions {
  /** Lists only keys that begin with these characters or bytes. */
  readonly prefix?: Key | undefined;
  /** Lists only keys above this one. */
  readonly gt?: Key | undefined;
  /** Lists this key and keys above it. */
  readonly gte?: Key | undefined;
  /** Lists only keys below this one. */
  readonly lt?: Key | undefined;
  /** Lists this key and keys below it. */
  readonly lte?: Key | undefined;
  /** Whether the highest key comes first. Default: false. */
  readonly reverse?: boolean | undefined;
  /** Largest number of entries. Default: no limit. */
  readonly limit?: number | undefined;
}

/** Options without an encoding of their own. */
type InStoreEncoding<Options extends ReadOptions> = Options & { readonly encoding?: undefined };

type InEncoding<Options extends ReadOptions, Of extends Encoding> = Options & { readonly encoding: Of };

/** A key with its value and version. */
export interface Entry<Value = unknown> {
  readonly key: Key;
  readonly value: Value;
  readonly versionstamp: Versionstamp;
}

/** The calls on keys. */
export interface KeyValueStore<Value = unknown> {
  /** Reads a value. The read is linearizable. Resolves to undefined if the key is missing. */
  get<Of extends Encoding>(key: Key, options: InEncoding<ReadOptions, Of>): Promise<Decoded<Of> | undefined>;
  get<Asked extends Value = Value>(key: Key, options?: InStoreEncoding<ReadOptions>): Promise<Asked | undefined>;
  /** Reads a value with its version. The read is linearizable. Resolves to undefined if the key is missing. */
  entry<Of extends Encoding>(key: Key, options: InEncoding<ReadOptions, Of>): Promise<Entry<Decoded<Of>> | undefined>;
  entry<Asked extends Value = Value>(
    key: Key,
    options?: InStoreEncoding<ReadOptions>,
  ): Promise<Entry<Asked> | undefined>;
  /**
   * Reads several values, in the order of the keys. Each read is linearizable, and they are not one snapshot. A missing
   * key yields undefined.
   */
  getMany<Of extends Encoding>(
    keys: Iterable<Key>,
    options: InEncoding<ReadOptions, Of>,
  ): Promise<(Decoded<Of> | undefined)[]>;
  getMany<Asked extends Value = Value>(
    keys: Iterable<Key>,
    options?: InStoreEncoding<ReadOptions>,
  ): Promise<(Asked | undefined)[]>;
  /**
   * Lists entries in the bytewise order of their keys, page by page, while the application takes them. Every key that
   * exists during the whole list is listed once, even while shards move. Each page is linearizable at its order. A list
   * whose `prefix` has a whole hash tag, such as `{cart:7}/`, is one snapshot. A key that is not UTF-8 is listed as
   * bytes. The time-out is that of each page.
   * @throws {ShardbearerError} `OVERLOADED` if the keys of a hash tag change too fast for a snapshot
   */
  list<Of extends Encoding>(options: InEncoding<ListOptions, Of>): AsyncIterableIterator<Entry<Decoded<Of>>>;
  list<Asked extends Value = Value>(options?: InStoreEncoding<ListOptions>): AsyncIterableIterator<Entry<Asked>>;
  /** Writes or overwrites a value. Resolves to the new version of the key. */
  put<Of extends Encoding>(key: Key, value: Decoded<Of>, options: InEncoding<WriteOptions, Of>): Promise<Versionstamp>;
  put(key: Key, value: Value, options?: InStoreEncoding<WriteOptions>): Promise<Versionstamp>;
  /**
   * Adds to a value, or begins it if the key is missing. Text and bytes are added at the end. JSON is added as one
   * element of a list.
   * @throws {ShardbearerError} `INVALID_ARGUMENT` if JSON is added to a value that is no list, and for a codec
   */
  append<Of extends Encoding>(
    key: Key,
    value: Decoded<Of>,
    options: InEncoding<WriteOptions, Of>,
  ): Promise<Versionstamp>;
  append(
    key: Key,
    value: Value extends string | Uint8Array ? Value : unknown,
    options?: InStoreEncoding<WriteOptions>,
  ): Promise<Versionstamp>;
  /** Deletes a value. Resolves to whether the value existed. */
  delete(key: Key, options?: Omit<WriteOptions, 'encoding'>): Promise<boolean>;
}

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
