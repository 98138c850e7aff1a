/** The calls on keys as an application sees them. */
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

export interface PutOptions extends WriteOptions {
  /**
   * Milliseconds after which the key expires: a whole number from 1 to 3,155,760,000,000 (`longestMs`). The key then
   * vanishes from all reads and lists, and watches see an `expire`. A key never expires early by the clock of the order's
   * herald. It expires later if the order has no herald for a while, or its shard moves. Default: the key does not
   * expire, even if it did before.
   */
  readonly expireInMs?: number | undefined;
}

/** The keys of a list or a watch. Default: all keys. */
export interface KeyRangeOptions extends ReadOptions {
  /** Only keys that begin with these characters or bytes. */
  readonly prefix?: Key | undefined;
  /** Only keys above this one. */
  readonly gt?: Key | undefined;
  /** Only this key and keys above it. */
  readonly gte?: Key | undefined;
  /** Only keys below this one. */
  readonly lt?: Key | undefined;
  /** Only this key and keys below it. */
  readonly lte?: Key | undefined;
}

declare const watchPositionBrand: unique symbol;
/** A position in the changes of all keys of a watch. A watch in another cluster refuses it with `INVALID_ARGUMENT`. */
export type WatchPosition = string & { readonly [watchPositionBrand]: 'WatchPosition' };

export interface WatchOptions extends KeyRangeOptions {
  /**
   * The position from which the watch continues. It is the `position` of an earlier watch of the same keys, or of all
   * keys. Default: the watch begins with the current values.
   */
  readonly from?: WatchPosition | undefined;
}

export interface ListOptions extends KeyRangeOptions {
  /** Whether the highest key comes first. Default: false. */
  readonly reverse?: boolean | undefined;
  /**
   * Whether all orders are read at one point. The entries then come together, once all are read. Writes to the range
   * wait meanwhile, at most 5 s. Default: false, except for a prefix with a whole hash tag.
   */
  readonly snapshot?: boolean | undefined;
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
  /**
   * The time at which the key probably expires, by the clock of this device. Absent if the key does not expire, and in
   * the changes of a watch.
   */
  readonly expiresAt?: Date | undefined;
}

/**
 * A change that a watch sees.
 * - `put`: the key has this value since this version. A current value at the beginning of a watch is a `put`, too.
 * - `delete`: a call deleted the key.
 * - `expire`: the time of the key is over.
 * - `resync`: changes were lost, because the watch fell behind. Forget all keys. Their current values follow.
 */
export type Change<Value = unknown> =
  | ({ readonly type: 'put' } & Entry<Value>)
  | ({ readonly type: 'delete' | 'expire' } & Omit<Entry, 'value' | 'expiresAt'>)
  | { readonly type: 'resync' };

/** The changes of some keys. An application takes them with `for await`. Leaving the loop ends the watch. */
export interface Watch<Value = unknown> extends AsyncIterableIterator<Change<Value>> {
  /**
   * The position behind the last change that the application took. A later watch continues here with `from`. Undefined
   * until the application has taken all current values, at the beginning and after a `resync`.
   */
  readonly position: WatchPosition | undefined;
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
   * @throws {ShardbearerError} `OVERLOADED` if no snapshot was found in several attempts
   */
  list<Of extends Encoding>(options: InEncoding<ListOptions, Of>): AsyncIterableIterator<Entry<Decoded<Of>>>;
  list<Asked extends Value = Value>(options?: InStoreEncoding<ListOptions>): AsyncIterableIterator<Entry<Asked>>;
  /**
   * Watches keys. A watch begins with the current values, unless `from` is given. Then it sees every change once, in
   * order for each key, also while shards move and heralds change. Changes of different keys may come in another order.
   * A tab with a copy of the order answers from its copy, so its changes come a little later than those of the herald.
   * Each order keeps a limited window of recent changes (`windowChanges`, `windowBytes`). A watch that falls behind the
   * window gets one `resync` and the current values.
   *
   * The watch ends with `signal` or with `return()`, without an error. It waits while an order cannot answer. After
   * `timeoutMs` of such waiting, it throws the error of the order. Default: no limit.
   * @throws {ShardbearerError} `INVALID_ARGUMENT` also if a value is not of the encoding; `CLOSED`
   */
  watch<Of extends Encoding>(options: InEncoding<WatchOptions, Of>): Watch<Decoded<Of>>;
  watch<Asked extends Value = Value>(options?: InStoreEncoding<WatchOptions>): Watch<Asked>;
  /** Writes or overwrites a value. Resolves to the new version of the key. */
  put<Of extends Encoding>(key: Key, value: Decoded<Of>, options: InEncoding<PutOptions, Of>): Promise<Versionstamp>;
  put(key: Key, value: Value, options?: InStoreEncoding<PutOptions>): Promise<Versionstamp>;
  /**
   * Adds to a value, or begins it if the key is missing. Text and bytes are added at the end. JSON is added as one
   * element of a list. A key that expires keeps its time.
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
  /**
   * Begins a transaction of checks and writes. All writes take effect together, or none of them does. Transactions are
   * strictly serializable, also across orders.
   */
  atomic(): AtomicOperation<Value>;
  /**
   * Runs a function that reads and writes keys, and commits its writes together. If another call has changed what the
   * function read, the function runs again. Each run must therefore have no other effects. The writes take effect after
   * the function, and only if it does not throw. Its errors pass through.
   * @throws {ShardbearerError} `CONFLICT` after 64 runs
   */
  transact<Result>(
    body: (transaction: Transaction<Value>) => Result | Promise<Result>,
    options?: CallOptions,
  ): Promise<Result>;
}

/** Checks and writes that take effect together. A transaction has up to 128 keys and 1 MiB. It writes each key once. */
export interface AtomicOperation<Value = unknown> {
  /**
   * Requires that the key has this version. Null: the key must be missing.
   * @throws {ShardbearerError} `INVALID_ARGUMENT`, `KEY_TOO_LARGE`
   */
  check(key: Key, versionstamp: Versionstamp | null): this;
  put<Of extends Encoding>(key: Key, value: Decoded<Of>, options: EncodingChoice<Of>): this;
  put(key: Key, value: Value): this;
  /** Adds to a value like `KeyValueStore.append`. */
  append<Of extends Encoding>(key: Key, value: Decoded<Of>, options: EncodingChoice<Of>): this;
  append(key: Key, value: Value extends string | Uint8Array ? Value : unknown): this;
  delete(key: Key): this;
  /**
   * Performs the writes if all checks hold. Call it once.
   * @throws {ShardbearerError} `OUTCOME_UNKNOWN`, `LOCKED`, and the errors of other writes
   */
  commit(options?: CallOptions): Promise<CommitResult>;
}

/** Whether a transaction took effect. Otherwise the keys whose checks failed. */
export type CommitResult = { readonly ok: true } | { readonly ok: false; readonly conflicts: readonly Key[] };

interface EncodingChoice<Of extends Encoding> {
  readonly encoding: Of;
}

/** The keys as one run of a `transact` function sees them. Reads see earlier writes of the same run. */
export interface Transaction<Value = unknown> {
  get<Of extends Encoding>(key: Key, options: EncodingChoice<Of>): Promise<Decoded<Of> | undefined>;
  get<Asked extends Value = Value>(key: Key): Promise<Asked | undefined>;
  /** Lists keys whose `prefix` has a whole hash tag. Keys that others add under the tag make the function run again. */
  list<Of extends Encoding>(
    options: Omit<ListOptions, keyof CallOptions> & EncodingChoice<Of>,
  ): AsyncIterableIterator<KeyedValue<Decoded<Of>>>;
  list<Asked extends Value = Value>(
    options: Omit<ListOptions, keyof ReadOptions>,
  ): AsyncIterableIterator<KeyedValue<Asked>>;
  put<Of extends Encoding>(key: Key, value: Decoded<Of>, options: EncodingChoice<Of>): void;
  put(key: Key, value: Value): void;
  delete(key: Key): void;
}

/** An entry in a transaction. A key that the transaction has written has no version yet. */
export interface KeyedValue<Value = unknown> {
  readonly key: Key;
  readonly value: Value;
}
