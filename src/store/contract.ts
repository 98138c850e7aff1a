/**
 * What every state machine offers to a radiant: the replicated state of one order. It is synchronous, without
 * I/O, clock or randomness: the same entries in the same order make the same state on every replica.
 */
import type { MachineEntry, Versionstamp } from '../wire/entries/command.ts';
import type { Configuration, ConfigurationHeader, ShardRange } from '../wire/configuration/configuration.ts';
import type { Question } from '../wire/frames/frame.ts';
import type { LogIndex, OrderId, Slot } from '../wire/identifiers.ts';

/** Why a state machine refuses. Decided by the state alone, so alike on every replica. */
export type StateRefusalCode =
  /** This state does not own the slot at that epoch. */
  | 'WRONG_SHARD'
  /** The client never opened a session here, or left it unused for too long, or it came after this shard. */
  | 'UNKNOWN_SESSION'
  /** The client has said that it finished this sequence number. */
  | 'STALE_REQUEST'
  /** The command cannot be meant: its key lies in another slot, or its sequence number was used for another slot. */
  | 'INVALID_ARGUMENT'
  /** The value that an append would make is too long. Remembered like an outcome. */
  | 'VALUE_TOO_LARGE'
  /** Too many sessions, or too many outcomes that one client has not finished. */
  | 'OVERLOADED'
  | 'CONFIGURATION_COMPACTED'
  | 'UNKNOWN_CONFIGURATION'
  /** The founding is not in the log yet: there is nothing to tell until it is. */
  | 'UNAVAILABLE';

export interface StateRefusal {
  readonly kind: 'refused';
  readonly code: StateRefusalCode;
  readonly message: string;
}

export interface WrittenResult {
  readonly kind: 'written';
  readonly versionstamp: Versionstamp;
  /** Whether the key existed before the command. */
  readonly existed: boolean;
}

/** What an applied entry did; for a command that was applied before, what it did then. */
export type ApplyResult =
  | WrittenResult
  | { readonly kind: 'session-opened' }
  /** The shards that this order serves, or the configuration, are others now. */
  | { readonly kind: 'changed' }
  /** An entry about shards, or a decision, that was applied before or has been overtaken. */
  | { readonly kind: 'unchanged' }
  | StateRefusal;

export type ReadResult =
  /** The bytes belong to the state: they are not to be changed. */
  | { readonly kind: 'value'; readonly value: Uint8Array; readonly versionstamp: Versionstamp }
  | { readonly kind: 'missing' }
  | { readonly kind: 'configuration'; readonly configuration: Configuration }
  | StateRefusal;

/** What a state can be asked. */
export type ReadQuestion = Extract<Question, { kind: 'read' | 'query' }>;

/** What one slot holds and has been asked for; placement moves slots by it. */
export interface SlotLoad {
  readonly slot: Slot;
  readonly keys: number;
  /** Of keys and values. */
  readonly bytes: number;
  /** Commands that took effect, ever. */
  readonly writes: number;
}

/** Of all that is held, also of shards that wait for their new owner or are not here whole yet. */
export interface StateMachineStatistics {
  readonly keys: number;
  readonly bytes: number;
  readonly sessions: number;
  /** Outcomes that are kept because their clients have not finished them. */
  readonly outcomes: number;
}

/** Where a shard stands in the state of one order. Only an active one is served. */
export type ShardState =
  | { readonly kind: 'active' }
  /** It stays as it is until the new owner has it; its epoch is that one's. */
  | { readonly kind: 'frozen'; readonly to: OrderId }
  /** So many pieces of it are here. */
  | { readonly kind: 'incoming'; readonly from: OrderId; readonly chunks: number };

export interface HeldShard extends ShardRange {
  readonly shardState: ShardState;
}

/** The side of a state that shards come to and go from (design, rule 10). */
export interface ShardKeeper {
  /** In the order of their slots; no slot lies in two. The same object as before while nothing has changed. */
  held(): readonly HeldShard[];
  /** Whether all slots of it are served, at its epoch: by one shard or by several. */
  serves(shard: ShardRange): boolean;
  /**
   * A frozen shard, whole, in pieces of about `LIMITS.snapshotChunkBytes`, at least one: its slots, and the sessions
   * whose commands they hold the outcomes of or may yet be sent. The same pieces on every replica and at any time
   * until it is discarded. Undefined: this very shard is not frozen here.
   */
  pieces(shard: ShardRange): Iterable<Uint8Array> | undefined;
  /**
   * Whether bytes can be a piece of a shard: ask before they are proposed. What only the pieces before it tell, shows
   * when they are applied: a shard that is not as it was sent is dropped then, and asked for from its first piece on.
   * @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE`; `VERSION_UNSUPPORTED` where a newer build wrote it
   */
  check(piece: Uint8Array): void;
}

export interface StateMachine {
  /**
   * Applies one committed entry. Indexes grow; those of entries that concern others are passed over.
   * Throws only on a bug: what is wrong with an entry is wrong on every replica, and refused.
   * @throws {ShardbearerError} `STORAGE_TOO_NEW` where a newer build wrote what is in it
   */
  apply(entry: MachineEntry, index: LogIndex): ApplyResult;
  /** Reads the state as it is now; ownership is checked on the very state that answers (design, rule 10). */
  read(question: ReadQuestion): ReadResult;
  /** Undefined: this state has no shards. */
  readonly shards: ShardKeeper | undefined;
  /** The latest, where this is the state of the bondsmith's order. */
  readonly configuration: Configuration | undefined;
  /** Of the latest entry applied; 0: none. */
  readonly appliedIndex: LogIndex;
  /** The time that the log agreed on: never goes back. */
  readonly logTimeMs: number;
  /** Text that is equal where the whole state is equal, by whatever way it came about. */
  digest(): string;
  /** Of the slots that are served and were ever written, in their order. */
  loads(): readonly SlotLoad[];
  statistics(): StateMachineStatistics;
  /** A copy that stays as it is while this one goes on, and the other way round. Cheap: shares what neither changes. */
  clone(): StateMachine;
  /**
   * The whole state, in pieces of about `LIMITS.snapshotChunkBytes` (a large value may make a larger one, never above
   * `LIMITS.snapshotPieceBytes`), at least one. Equal states make equal pieces. They are made one by one as they are
   * asked for: ask a clone, which nobody changes meanwhile.
   */
  chunks(): Iterable<Uint8Array>;
}

/** Makes a state out of the pieces of another one. After an error it is of no more use. */
export interface Restoration {
  /**
   * Takes the next piece. Keeps no view of it.
   * @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE`; `VERSION_UNSUPPORTED` where a newer build wrote it
   */
  add(chunk: Uint8Array): void;
  /**
   * All pieces were taken. That none was missing, the digest tells, which the caller compares.
   * @throws {ShardbearerError} `FRAME_MALFORMED` where they are no state
   */
  finish(): StateMachine;
}

export interface StateMachineOptions {
  /** The shards that the order serves from its birth. */
  readonly shards: readonly ShardRange[];
  /** Its generation is the first half of every versionstamp. */
  readonly header: ConfigurationHeader;
}

/** One kind of state machine, as the cluster's configuration names it. */
export interface StateMachineKind {
  readonly name: string;
  create(options: StateMachineOptions): StateMachine;
  /** The pieces say all that the options say, as of their own time. */
  restoration(): Restoration;
}
