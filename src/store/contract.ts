/**
 * The state machine contract. A state machine holds the replicated state of one order. State machines are synchronous
 * and use no I/O, clock or randomness. Therefore the same entries in the same order produce the same state on every
 * replica.
 */
import type { Command, MachineEntry, Versionstamp } from '../wire/entries/command.ts';
import type { Configuration, ConfigurationHeader, ShardRange } from '../wire/configuration/configuration.ts';
import type {
  Changes,
  Conflict,
  FoundValue,
  MachineReply,
  Page,
  Question,
  RangeLocked,
  RangeReleased,
  Settled,
  Transacted,
} from '../wire/frames/frame.ts';
import type { LockId, LogIndex, OrderId, Slot } from '../wire/identifiers.ts';
import type { CommitRecord, Lock } from './slot-locks.ts';

/** The reason of a refusal. Only the state decides about a refusal, so all replicas give the same answer. */
export type StateRefusalCode =
  /** The state does not own the slot at the epoch that the request names. */
  | 'WRONG_SHARD'
  /** The client has no session here, its session expired, or the session is newer than this shard. */
  | 'UNKNOWN_SESSION'
  /** The sequence number is at or below the client's watermark. */
  | 'STALE_REQUEST'
  /**
   * The key is in another slot, or the sequence number was used for another slot. Or an element was appended to a value
   * that is no JSON array. Only this refusal of an append is stored as the outcome of the command.
   */
  | 'INVALID_ARGUMENT'
  /** The value after an append would exceed the limit. Stored as the command's outcome. */
  | 'VALUE_TOO_LARGE'
  /** The application's machine refused a command or a question. A refused command is stored as the outcome. */
  | 'COMMAND_REFUSED'
  /** A read asked for a machine that this replica does not have. */
  | 'UNKNOWN_MACHINE'
  /** The state has too many sessions, or the client has too many unfinished commands. */
  | 'OVERLOADED'
  /** A transaction that is not decided yet holds a key of the request. */
  | 'LOCKED'
  | 'CONFIGURATION_COMPACTED'
  | 'UNKNOWN_CONFIGURATION'
  /** The state contains no configuration yet, because the founding is not applied. */
  | 'UNAVAILABLE';

export interface StateRefusal {
  readonly kind: 'refused';
  readonly code: StateRefusalCode;
  readonly message: string;
}

export interface WrittenResult {
  readonly kind: 'written';
  readonly versionstamp: Versionstamp;
  readonly existed: boolean;
  /** The reply of a machine to its command, as JSON. Undefined if the reply is undefined. */
  readonly reply?: Uint8Array | undefined;
}

/**
 * The condition of a command was not met. `current` is the entry of the key when the result was computed. It is
 * undefined if the key had no entry.
 */
export type ConflictResult = Conflict;

/**
 * The result of an applied entry. A repeated command returns its first result. If that was a conflict, `current` is the
 * entry that the key has now.
 */
export type ApplyResult =
  | WrittenResult
  | ConflictResult
  | Transacted
  | Settled
  | RangeLocked
  | RangeReleased
  | { readonly kind: 'session-opened' }
  /** The entry changed the served shards or the configuration. */
  | { readonly kind: 'changed' }
  /** The entry changed neither, because it was applied before, is outdated, or concerns keys only. */
  | { readonly kind: 'unchanged' }
  | StateRefusal;

export type ReadResult =
  /** The bytes belong to the state. Do not modify them. */
  | FoundValue
  | { readonly kind: 'missing' }
  | MachineReply
  | Page
  | Changes
  | { readonly kind: 'configuration'; readonly configuration: Configuration }
  | StateRefusal;

export type ReadQuestion = Extract<Question, { kind: 'read' | 'machine-read' | 'list' | 'watch' | 'query' }>;

export interface SlotLoad {
  readonly slot: Slot;
  readonly keys: number;
  readonly bytes: number;
  /** Number of commands that ever took effect in this slot. */
  readonly writes: number;
}

/** Totals over all held shards, including frozen and incoming ones. */
export interface StateMachineStatistics {
  readonly keys: number;
  readonly bytes: number;
  readonly sessions: number;
  /** Number of outcomes of unfinished commands. */
  readonly outcomes: number;
}

/** A served slot with transactions that are not settled. */
export interface LockedSlot {
  readonly slot: Slot;
  readonly shardEpoch: number;
  readonly locks: readonly Pick<Lock, 'transaction' | 'home'>[];
  readonly commits: readonly CommitRecord[];
}

/** The state of a shard in one order. Only an active shard is served. */
type ShardState =
  | { readonly kind: 'active' }
  /**
   * The shard stays unchanged until its new owner has received it. The `epoch` of the `HeldShard` is that of the new
   * owner.
   */
  | { readonly kind: 'frozen'; readonly to: OrderId }
  /** The first `chunks` pieces of the shard have arrived. */
  | { readonly kind: 'incoming'; readonly from: OrderId; readonly chunks: number };

export interface HeldShard extends ShardRange {
  readonly shardState: ShardState;
}

/** The shards of a state and their handover (design, rule 10). */
export interface ShardKeeper {
  /** The held shards, sorted and without overlap. Returns the same object until a shard changes. */
  held(): readonly HeldShard[];
  /** Whether one or several served shards cover all slots of the shard at its epoch. */
  serves(shard: ShardRange): boolean;
  /**
   * Returns a frozen shard as pieces of about `LIMITS.snapshots.snapshotChunkBytes`, at least one. The pieces hold the
   * slots of the shard, and the sessions that may write to these slots. Every replica returns the same pieces until the
   * shard is discarded. Undefined if exactly this shard is not frozen here.
   */
  pieces(shard: ShardRange): Iterable<Uint8Array> | undefined;
  /**
   * Validates a piece of a shard. Call this before the piece is proposed. Faults that depend on earlier pieces are
   * detected when the entry is applied. The incoming shard is then dropped and requested again from its first piece.
   * @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE`; `VERSION_UNSUPPORTED` if a newer build wrote the
   * piece
   */
  check(piece: Uint8Array): void;
}

export interface StateMachine {
  /**
   * Applies one committed entry. Indexes increase but may have gaps, since some entries do not concern this state. An
   * invalid entry is refused, since it is invalid on every replica. Other exceptions are bugs.
   * @throws {ShardbearerError} `STORAGE_TOO_NEW` if a newer build wrote the entry, or if this replica does not have the
   * entry's machine
   */
  apply(entry: MachineEntry, index: LogIndex): ApplyResult;
  /**
   * Reads the current state. The ownership of the slot is checked on the same state (design, rule 10).
   * @param nowMs log time of the answer, from which remaining times are counted; by default that of the state
   */
  read(question: ReadQuestion, nowMs?: number): ReadResult;
  /**
   * Returns the reason why a herald must not propose the command: this replica does not have the machine that performs
   * it. Undefined for every other command.
   */
  refusalOf(command: Command): StateRefusal | undefined;
  /** The shards of the state. Undefined for a state without shards. */
  readonly shards: ShardKeeper | undefined;
  /** The latest configuration. Defined only in the state of the bondsmith's order. */
  readonly configuration: Configuration | undefined;
  /** Index of the last applied entry. 0 before the first entry. */
  readonly appliedIndex: LogIndex;
  /** The replicated time of the log. It never decreases. */
  readonly logTimeMs: number;
  /**
   * The log time after which the next key expires. Keys that open transactions hold do not count. Undefined: no key
   * expires.
   */
  readonly nextExpiryMs: number | undefined;
  /** Returns a digest. Equal states have equal digests, regardless of their history. */
  digest(): string;
  /** The served slots with transactions that are not settled. */
  lockedSlots(): Iterable<LockedSlot>;
  /** The locks of ranges, in an arbitrary order. */
  lockedRanges(): readonly LockId[];
  /** Loads of the served slots in which a command was ever executed, sorted by slot. */
  loads(): readonly SlotLoad[];
  statistics(): StateMachineStatistics;
  /** Returns an independent copy. Cloning is cheap, because both copies share data until one of them changes it. */
  clone(): StateMachine;
  /**
   * Yields the whole state as pieces of about `LIMITS.snapshots.snapshotChunkBytes`, at least one. A large value may make a
   * larger piece, up to `LIMITS.snapshots.snapshotChunkMaximumBytes`. Equal states produce equal pieces. Pieces are made lazily,
   * so call this on a clone.
   */
  chunks(): Iterable<Uint8Array>;
}

/** Rebuilds a state from the pieces that `StateMachine.chunks` yielded. Unusable after an error. */
export interface Restoration {
  /**
   * Takes the next piece. Keeps no reference to the bytes of `chunk`.
   * @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE`; `VERSION_UNSUPPORTED` if a newer build wrote the
   * piece
   */
  add(chunk: Uint8Array): void;
  /**
   * Completes the state. The caller then compares the digest of the state with the expected one, to detect missing
   * pieces.
   * @throws {ShardbearerError} `FRAME_MALFORMED` if the pieces do not form a state
   */
  finish(): StateMachine;
}

interface StateMachineOptions {
  /** The shards that the order serves from its creation. */
  readonly shards: readonly ShardRange[];
  /** The header of the configuration. Its generation is the first half of every versionstamp. */
  readonly header: ConfigurationHeader;
}

/** One kind of state machine. The cluster's configuration selects it by name. */
export interface StateMachineKind {
  readonly name: string;
  create(options: StateMachineOptions): StateMachine;
  /** Begins to rebuild a state. The pieces contain the options of `create`. */
  restoration(): Restoration;
}
