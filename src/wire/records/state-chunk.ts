/** What a state machine's chunks hold, one after another; and the pieces of a shard on its way to another order. */
import type { Versionstamp } from '../entries/command.ts';
import type { ShardRange } from '../configuration/configuration.ts';
import type { ErrorCode } from '../errors.ts';
import type { ClientId, LogIndex, OrderId, SequenceNumber, Slot } from '../identifiers.ts';

export type StateItem =
  | StateHead
  | StateShard
  | StateOrigin
  | StateDeparted
  | StateSession
  | StateAdmission
  | SlotItem
  | StateFrozen
  | StateIncoming
  | KeptItem
  | ShardStart
  | ShardEnd;

/** A slot, and behind it what it holds. */
export type SlotItem = StateSlot | StateValue | StateWritten | StateRefused;

/** The sessions of a shard that is not served; its slots follow. */
export type KeptItem = StateKept | StateDropped;

/** Comes first, once. */
export interface StateHead {
  readonly kind: 'head';
  readonly generation: number;
  readonly appliedIndex: LogIndex;
  readonly logTimeMs: number;
  /** Of the latest entry that sent sessions away along with a shard; 0: none. */
  readonly latestFreeze: LogIndex;
}

/** A shard that is served. */
export interface StateShard {
  readonly kind: 'shard';
  readonly shard: ShardRange;
}

/** Slots of the shard before it that came with one entry. */
export interface StateOrigin {
  readonly kind: 'origin';
  readonly first: Slot;
  readonly last: Slot;
  /** Of that entry, 0: at the order's birth. */
  readonly since: LogIndex;
  /** Of the latest entry before that one which sent sessions away along with other slots; 0: none. */
  readonly closedThrough: LogIndex;
}

/** Slots that left at that epoch: nothing of an earlier one comes back. */
export interface StateDeparted {
  readonly kind: 'departed';
  readonly shard: ShardRange;
}

export interface StateSession {
  readonly kind: 'session';
  readonly client: ClientId;
  readonly lastUsedMs: number;
  readonly finishedThrough: SequenceNumber;
  /** Of the entry that opened it here; 0: it came along with a shard. */
  readonly openedAt: LogIndex;
}

/** The session before it was among those that came along with the shards of an entry, and may write into them. */
export interface StateAdmission {
  readonly kind: 'admission';
  readonly since: LogIndex;
}

/** Values and outcomes that follow are its own. */
export interface StateSlot {
  readonly kind: 'slot';
  readonly slot: Slot;
  readonly revision: number;
}

export interface StateValue {
  readonly kind: 'value';
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly versionstamp: Versionstamp;
}

/** The outcome of a command that its client has not finished. */
export interface StateWritten {
  readonly kind: 'written';
  /** Counts the sessions of the state, or of the shard that it lies in, from 0. */
  readonly session: number;
  readonly sequence: SequenceNumber;
  readonly versionstamp: Versionstamp;
  readonly existed: boolean;
}

/** The same, where the command was refused. */
export interface StateRefused {
  readonly kind: 'refused';
  readonly session: number;
  readonly sequence: SequenceNumber;
  readonly code: ErrorCode;
  readonly message: string;
}

/** A shard that waits for its new owner. What it holds follows. */
export interface StateFrozen {
  readonly kind: 'frozen';
  readonly shard: ShardRange;
  readonly to: OrderId;
}

/** A shard of which not all pieces are here yet. What it holds follows. */
export interface StateIncoming {
  readonly kind: 'incoming';
  readonly shard: ShardRange;
  readonly from: OrderId;
  readonly chunks: number;
}

/**
 * A session as it was when a shard was frozen. In a frozen shard of a state only where it was another, or was none,
 * in the frozen shard before it; in the first one, among the sessions of the state.
 */
export interface StateKept {
  readonly kind: 'kept';
  readonly client: ClientId;
  readonly finishedThrough: SequenceNumber;
}

/** A session that is there, but not in this frozen shard. */
export interface StateDropped {
  readonly kind: 'dropped';
  readonly client: ClientId;
}

/** Comes first in the pieces of a shard, once. */
export interface ShardStart {
  readonly kind: 'start';
  readonly generation: number;
  readonly shard: ShardRange;
}

/** Comes last in the pieces of a shard, once. */
export interface ShardEnd {
  readonly kind: 'end';
  /** Of all that came before: tells that no piece is missing. */
  readonly digest: string;
}
